import { networkPort } from '../../bench/network-port.ts';
import type { SerialPorts } from '../../bench/serial-link.ts';

/** The ports of this host, and those of any server that a name asks for: nobody can list these. */
export const withNetworkPorts = (local: SerialPorts): SerialPorts => ({
  ...local,
  open: async (path, format) => {
    const server = networkPort(path);
    if (!server) return local.open(path, format);
    const { openNetworkPort } = await import('./open-network-port.ts');
    return openNetworkPort(path, server, format);
  },
});
