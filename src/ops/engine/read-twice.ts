import type { Bootloader, OnBytes } from '../../../machines/bootloader.ts';
import { BootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import { FlashReader, nothingRead } from './flash-reader.ts';
import { blocksIn } from './runs.ts';

/**
 * Reads flash twice, because a single read cannot be compared with anything. A ROM that ignores wBlockNum answers every
 * block with the same bytes, twice. If all blocks are equal, the second read therefore sets a pointer for each block.
 * This costs one more transfer a block, and six if all blocks are equal.
 * @throws BootctlError `read-differs` if the two reads differ
 */
export async function readTwice(
  bootloader: Bootloader,
  address: number,
  length: number,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<Uint8Array> {
  await bootloader.probe(signal);
  let first = await readOnce(bootloader, address, length, onBytes, signal);
  const blocks = blocksIn({ address, data: first }, bootloader.readSize);
  const areAlike = blocks.length > 1 && blocks.every(({ data }) => startsAlike(data, blocks[0]!.data));
  if (areAlike) await bootloader.becomeCautious(signal);
  let second = await readOnce(bootloader, address, length, onBytes, signal);
  if (areAlike && Buffer.compare(first, second) !== 0) {
    first = second; // the first one was of a single block
    second = await readOnce(bootloader, address, length, () => {}, signal);
  }
  if (Buffer.compare(first, second) === 0) return second;
  throw differing(address, first, second);
}

function differing(address: number, first: Uint8Array, second: Uint8Array): BootctlError {
  const at = first.findIndex((byte, index) => byte !== second[index]);
  const different = first.reduce((sum, byte, index) => sum + (byte === second[index] ? 0 : 1), 0);
  return new BootctlError(
    'read-differs',
    `The flash was read twice, and ${count(different, 'byte')} differ; the first at ${address32(address + at)}`,
    { details: { address: address + at, count: different } },
  );
}

/** The last block may be shorter. */
const startsAlike = (data: Uint8Array, first: Uint8Array): boolean =>
  Buffer.compare(data, first.subarray(0, data.length)) === 0;

async function readOnce(
  bootloader: Bootloader,
  address: number,
  length: number,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const reader = new FlashReader(bootloader, signal);
  const data = new Uint8Array(length);
  for await (const piece of reader.pieces(address, address + length)) {
    if (piece.data.length === 0) throw nothingRead(piece.address);
    data.set(piece.data, piece.address - address);
    onBytes(piece.data.length);
  }
  return data;
}
