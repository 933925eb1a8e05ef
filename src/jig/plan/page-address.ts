import { BlockList, isIP } from 'node:net';

export const usualPage = '127.0.0.1:8470';

export interface PageAddress {
  readonly host: string;
  readonly port: number;
  /** Only this computer itself reaches it. */
  readonly isLoopback: boolean;
}

/** Reads `127.0.0.1:8470` or `[::1]:8470`; undefined where it is no address. */
export function pageAddress(text: string): PageAddress | undefined {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === '' || port > 0xffff || (bracketed !== undefined && isIP(bracketed) !== 6)) return undefined;
  return { host, port, isLoopback: isLoopback(host) };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** A name may lead anywhere, but for the one that may not (RFC 6761 §6.3). */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || (isIP(host) > 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
