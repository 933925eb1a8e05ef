import { firstDataBlock } from '../dfu/constants.ts';

/**
 * One transfer of a run. After block 2 of a pointer only full blocks may follow, because the ROM multiplies the block
 * number by the length of the request itself.
 */
export interface Block {
  readonly address: number;
  readonly length: number;
  /** Address to set before this block. Absent if the pointer of an earlier block still applies. */
  readonly pointer?: number;
  /** wBlockNum (AN3156 §4). */
  readonly number: number;
}

/** Splits `length` bytes at `address` into transfers of at most `transferSize`. */
export function blocksOf(address: number, length: number, transferSize: number): readonly Block[] {
  const full = Math.floor(length / transferSize);
  const blocks: Block[] = Array.from({ length: full }, (_, index) => ({
    address: address + index * transferSize,
    length: transferSize,
    number: firstDataBlock + index,
    ...(index === 0 ? { pointer: address } : {}),
  }));
  const rest = length - full * transferSize;
  const at = address + full * transferSize;
  return rest === 0 ? blocks : [...blocks, { address: at, length: rest, number: firstDataBlock, pointer: at }];
}

/** wBlockNum is 16 bits. */
const lastBlock = 0xffff;

/** State after the last request: the direction in which blocks may follow, and the pointer that they count from. */
export interface Stream {
  readonly direction: 'in' | 'out';
  readonly pointer: number;
}

/** Where a block goes, counted from `pointer`. If the pointer `isNew`, it has to be set first. */
export interface Place {
  readonly pointer: number;
  readonly number: number;
  readonly isNew: boolean;
}

/** A block with a pointer of its own. */
export const ownPlace = (address: number): Place => ({ pointer: address, number: firstDataBlock, isNew: true });

/**
 * Where a full block goes, by its block number: from the present pointer, or else from a new pointer to `start`.
 * Undefined if it has no block number from either.
 */
export function countedPlace(
  stream: Stream | undefined,
  direction: Stream['direction'],
  { start, address, length }: { readonly start: number | undefined; readonly address: number; readonly length: number },
): Place | undefined {
  const standing = stream?.direction === direction ? stream.pointer : undefined;
  for (const pointer of [standing, start]) {
    const number = firstDataBlock + (address - (pointer ?? Number.NaN)) / length;
    const isNumber = Number.isInteger(number) && number >= firstDataBlock && number <= lastBlock;
    if (isNumber) return { pointer: pointer!, number, isNew: pointer !== standing };
  }
  return undefined;
}
