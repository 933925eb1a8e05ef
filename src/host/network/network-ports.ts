import { networkPort } from '../../bench/network-port.ts';
import type { SerialPorts } from '../../bench/serial-link.ts';
import { openSocket } from './connection.ts';
import { Rfc2217Link } from './rfc2217-link.ts';
import { SocketLink } from './socket-link.ts';

/** The ports of this host, and those of any server that a name asks for: nobody can list these. */
export const withNetworkPorts = (local: SerialPorts): SerialPorts => ({
  list: () => local.list(),
  open: async (path, format) => {
    const server = networkPort(path);
    if (!server) return local.open(path, format);
    const socket = await openSocket(path, server);
    return server.scheme === 'socket' ? new SocketLink(path, socket) : Rfc2217Link.open(path, socket, format);
  },
});
