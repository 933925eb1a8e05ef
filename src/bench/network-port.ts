import { BootctlError } from '../base/errors.ts';

/** What a port behind a network can do: `socket` carries bytes and nothing else, `rfc2217` the whole serial port. */
export const networkSchemes = ['socket', 'rfc2217'] as const;
export type NetworkScheme = (typeof networkSchemes)[number];

/** A serial port that a server of the network gives away. */
export interface NetworkPort {
  readonly scheme: NetworkScheme;
  readonly host: string;
  readonly port: number;
}

const isScheme = (text: string): text is NetworkScheme => (networkSchemes as readonly string[]).includes(text);

const hint = 'Write socket://HOST:PORT or rfc2217://HOST:PORT, such as rfc2217://10.0.0.2:4000.';

/**
 * The server that a name of a port means. Undefined where it is a port of this host.
 * @throws BootctlError `usage` if it is neither
 */
export function networkPort(path: string): NetworkPort | undefined {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path) ?? [];
  if (scheme === '') return undefined;
  const name = scheme.toLowerCase();
  if (!isScheme(name)) throw new BootctlError('usage', `${scheme}:// is no kind of port`, { hint });
  const [, host = '', port = ''] = /^[^:]+:\/\/(\[[0-9a-f:.%]+\]|[^\s:/?#@[\]]+):(\d{1,5})\/?$/i.exec(path) ?? [];
  if (Number(port) < 1 || Number(port) > 0xffff) {
    throw new BootctlError('usage', `${path} does not name a host and a TCP port`, { hint });
  }
  return { scheme: name, host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}
