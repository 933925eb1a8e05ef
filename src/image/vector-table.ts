import { type FirmwareImage, type Segment, segmentAt } from './firmware-image.ts';

/** Addresses from `start` up to and not including `end`. */
export interface AddressRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The memory exists, but cannot be erased and written. */
  readonly isReadOnly?: boolean;
}

/** A range in which the core sees the flash at `of` a second time. */
export interface AliasRange extends AddressRange {
  readonly of: number;
}

/** First two words of a vector table (PM0214 §2.3.4): where the stack starts, and where execution does. */
export interface VectorTable {
  readonly stackPointer: number;
  readonly resetVector: number;
}

/** A vector table is no longer than 16 system words and 240 interrupts (Armv7-M ARM, B1.5.3 and B3.4.1). */
const mostWords = 256;

/** Both words; the segment must have 8 bytes from `address` on. */
export function vectorTableAt({ address: start, data }: Segment, address: number): VectorTable {
  const view = new DataView(data.buffer, data.byteOffset + address - start, 8);
  return { stackPointer: view.getUint32(0, true), resetVector: view.getUint32(4, true) };
}

/** Addresses in the words behind the stack pointer, reset first, as far as they have the Thumb bit. */
export function handlersAt({ address: start, data }: Segment, address: number, words = 16): readonly number[] {
  const from = address - start;
  const length = Math.min(4 * Math.min(words, mostWords), data.length - from);
  const view = new DataView(data.buffer, data.byteOffset + from, length);
  const found = Array.from({ length: Math.max(0, Math.floor(length / 4) - 1) }, (_, index) =>
    view.getUint32(4 + index * 4, true),
  );
  return found.filter((word) => word % 2 === 1).map((word) => word - 1);
}

/** The stack is full-descending (PM0214 §2.1.2): it may start just above the RAM, and not at its first address. */
export const isStack = (address: number, ramRanges: readonly AddressRange[]): boolean =>
  ramRanges.some(({ start, end }) => start < address && address <= end);

const isIn = (address: number, { start, end }: AddressRange): boolean => start <= address && address < end;

/** The same byte of the flash by its own address, where `address` lies in an alias of it. */
export function ownAddress(address: number, aliases: readonly AliasRange[]): number {
  const alias = aliases.find((one) => isIn(address, one));
  return alias ? alias.of + (address - alias.start) : address;
}

/** The segment with the byte that the core sees at `address`. */
export const segmentSeenAt = (
  image: Pick<FirmwareImage, 'segments'>,
  address: number,
  aliases: readonly AliasRange[],
): Segment | undefined => segmentAt(image, address) ?? segmentAt(image, ownAddress(address, aliases));

/**
 * Whether the bytes at `address` may be a vector table: a stack in RAM, on a word (PM0214 §2.1.2), and a reset vector with
 * the Thumb bit.
 */
export function looksLikeTable(segment: Segment, address: number, ramRanges: readonly AddressRange[]): boolean {
  if (segment.address + segment.data.length - address < 8) return false;
  const { stackPointer, resetVector } = vectorTableAt(segment, address);
  return stackPointer % 4 === 0 && resetVector % 2 === 1 && isStack(stackPointer, ramRanges);
}

/** Where the image has its vector table: at `flashBase`, or at the start of the first run that begins like one. */
export function tableIn(
  image: Pick<FirmwareImage, 'segments'>,
  flashBase: number,
  ramRanges: readonly AddressRange[],
): number | undefined {
  if (segmentAt(image, flashBase)) return flashBase;
  return image.segments.find((segment) => looksLikeTable(segment, segment.address, ramRanges))?.address;
}
