import { BootctlError } from '../../base/errors.ts';
import { an3155BlockSize, an3155ErasePages, globalErase, specialErase } from './constants.ts';

/** The answer to Get (AN3155 §3.1). */
export interface GetReply {
  /** Version of the USART protocol, a nibble each: 0x31 is 3.1. */
  readonly version: number;
  /** Command codes that this ROM supports. */
  readonly commands: readonly number[];
}

/** The answer to Get Version (AN3155 §3.2); the option bytes are 0x00 on nearly all ROMs and are not used. */
export interface VersionReply {
  readonly version: number;
  readonly optionBytes: readonly [number, number];
}

/** XOR of all bytes: the checksum of every frame (AN3155 §3). */
export const xor = (bytes: Iterable<number>): number => [...bytes].reduce((sum, byte) => sum ^ byte, 0);

const withChecksum = (...bytes: readonly number[]): Uint8Array => Uint8Array.of(...bytes, xor(bytes));

/** `code, code XOR 0xFF` (AN3155 §3). @throws RangeError */
export function commandFrame(code: number): Uint8Array {
  requireInteger('command code', code, 0, 0xff);
  return Uint8Array.of(code, code ^ 0xff);
}

/** Four address bytes, most significant first, and their XOR (AN3155 §3.4). @throws RangeError */
export function addressFrame(address: number): Uint8Array {
  requireInteger('address', address, 0, 0xffff_ffff);
  return withChecksum(address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff);
}

/** `length - 1` and its complement (AN3155 §3.4); 1 to 256 bytes. @throws RangeError */
export function readLengthFrame(length: number): Uint8Array {
  requireInteger('length of Read Memory', length, 1, an3155BlockSize);
  return commandFrame(length - 1);
}

/**
 * `N-1`, N data bytes, XOR of all (AN3155 §3.6); 1 to 256 bytes, padded with 0xFF to a multiple of 4.
 * @throws RangeError
 */
export function writeMemoryFrame(data: Uint8Array): Uint8Array {
  requireInteger('length of Write Memory', data.length, 1, an3155BlockSize);
  const padded = new Uint8Array(Math.ceil(data.length / 4) * 4).fill(0xff);
  padded.set(data);
  return withChecksum(padded.length - 1, ...padded);
}

/** `N-1`, N page numbers of one byte, XOR of all (AN3155 §3.7); 1 to 255 pages. @throws RangeError */
export function eraseFrame(pages: readonly number[]): Uint8Array {
  requireInteger('number of pages of Erase', pages.length, 1, an3155ErasePages.standard);
  for (const page of pages) requireInteger('page number of Erase', page, 0, 0xff);
  return withChecksum(pages.length - 1, ...pages);
}

/** All pages (AN3155 §3.7): `FF 00`, which unlike the other frames ends in a complement. */
export const globalEraseFrame = (): Uint8Array => commandFrame(globalErase);

/**
 * `N-1` and N page numbers, two bytes each with the most significant first, XOR of all (AN3155 §3.8).
 * @throws RangeError
 */
export function extendedEraseFrame(pages: readonly number[]): Uint8Array {
  requireInteger('number of pages of Extended Erase', pages.length, 1, specialErase.firstReserved);
  for (const page of pages) requireInteger('page number of Extended Erase', page, 0, 0xffff);
  return withChecksum(...[pages.length - 1, ...pages].flatMap((value) => [value >> 8, value & 0xff]));
}

export type SpecialErase = 'mass' | 'bank1' | 'bank2';

/**
 * Two bytes that stand for the whole flash or a bank, and their XOR (AN3155 §3.8): `FF FF 00`, `FF FE 01`, `FF FD 02`.
 */
export const specialEraseFrame = (what: SpecialErase): Uint8Array =>
  withChecksum(specialErase[what] >> 8, specialErase[what] & 0xff);

/** `N, version, N command codes`, between the two ACKs (AN3155 §3.1). @throws BootctlError `usart-malformed` */
export function parseGet(bytes: Uint8Array): GetReply {
  const [count = 0, version = 0, ...commands] = bytes;
  if (count === 0 || commands.length !== count) throw malformed('Get', bytes);
  return { version, commands };
}

/**
 * `version, option byte 1, option byte 2`, between the two ACKs (AN3155 §3.2).
 * @throws BootctlError `usart-malformed`
 */
export function parseVersion(bytes: Uint8Array): VersionReply {
  if (bytes.length !== 3) throw malformed('Get Version', bytes);
  const [version = 0, first = 0, second = 0] = bytes;
  return { version, optionBytes: [first, second] };
}

/** `N - 1, product id`, most significant byte first (AN3155 §3.3). @throws BootctlError `usart-malformed` */
export function parseId(bytes: Uint8Array): number {
  const [last = 0, high = 0, low] = bytes;
  if (low === undefined || bytes.length !== last + 2) throw malformed('Get ID', bytes);
  return (high << 8) | low;
}

/** A product id as the documents write it: `0x413`. */
export const productIdText = (id: number): string => `0x${id.toString(16).toUpperCase().padStart(3, '0')}`;

/** `79 1F`, or `nothing`. */
export const hexBytes = (bytes: Iterable<number>): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ') || 'nothing';

const malformed = (what: string, bytes: Uint8Array): BootctlError =>
  new BootctlError('usart-malformed', `${what} answered ${hexBytes(bytes)}`);

function requireInteger(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${what}: ${value} is not a whole number from ${least} to ${most}`);
}
