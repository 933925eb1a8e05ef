import type { An3155Client } from '../../protocol/an3155/client.ts';
import { an3155BlockSize } from '../../protocol/an3155/constants.ts';
import { readIfAllowed } from './read-if-allowed.ts';
import { partOf, windowsAround } from './windows.ts';

interface Options {
  /** A narrower window that is tried as well, bytes. */
  readonly block?: number;
  readonly isGood?: (bytes: Uint8Array) => boolean;
}

/** Bytes of system memory, by the first window in which the ROM allows them and they are good. */
export async function readAround(
  rom: An3155Client,
  address: number,
  length: number,
  { block = an3155BlockSize, isGood = () => true }: Options = {},
): Promise<Uint8Array | undefined> {
  const sizes = [...new Set([an3155BlockSize, block])];
  for (const window of windowsAround(address, length, sizes)) {
    const part = partOf(await readIfAllowed(rom, window.address, window.length), window, address, length);
    if (part && isGood(part)) return part;
  }
  return undefined;
}
