import { firstDataBlock } from '../dfu/constants.ts';

/** One transfer of a run. Only full blocks may follow block 2 of a pointer, because the ROM takes the request's own length as stride. */
export interface Block {
  readonly address: number;
  readonly length: number;
  /** Address to set before this block, absent where the pointer of an earlier block still serves. */
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

/** wBlockNum of the full block at `address` counted from `pointer`, or undefined where it has none. */
export function blockAt(pointer: number, address: number, transferSize: number): number | undefined {
  const number = firstDataBlock + (address - pointer) / transferSize;
  return Number.isInteger(number) && number >= firstDataBlock && number <= lastBlock ? number : undefined;
}
