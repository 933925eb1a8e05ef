import type { NetworkPort } from '../../bench/network-port.ts';
import type { CharacterFormat, SerialLink } from '../../bench/serial-link.ts';
import { openSocket } from './connection.ts';
import { Rfc2217Link } from './rfc2217-link.ts';
import { SocketLink } from './socket-link.ts';

/** @throws BootctlError those of `openSocket` and of `Rfc2217Link.open` */
export async function openNetworkPort(path: string, server: NetworkPort, format: CharacterFormat): Promise<SerialLink> {
  const opened = await openSocket(path, server);
  return server.scheme === 'socket' ? new SocketLink(path, opened) : Rfc2217Link.open(path, opened.socket, format);
}
