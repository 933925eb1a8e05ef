import { findChip } from '../chips/find-chip.ts';
import { chipMemory, chipsWithMemory, type RamRegion } from '../chips/memories.ts';
import { checkVectorTable, genericRamRanges } from '../image/check-image.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { uf2Families } from '../image/formats/uf2-families.ts';

/**
 * Keys of the lines that an image looks made for: those of its UF2 family and those that have the end of a RAM where
 * its stack starts, and flash up to its last byte. Empty where the image gives no evidence.
 */
export function likelyLines(image: FirmwareImage): readonly string[] {
  const stack = stackOf(image);
  const { uf2Family } = image;
  if (stack === undefined && uf2Family === undefined) return [];
  const last = image.segments.at(-1);
  const end = last ? last.address + last.data.length : 0;
  return chipsWithMemory().filter((key) => {
    const { ram, uf2Families: names } = chipMemory(key)!;
    const ofFamily = uf2Family === undefined || names.some((name) => uf2Families[name] === uf2Family);
    const ofStack = stack === undefined || ramEnds(ram).includes(stack);
    return ofFamily && ofStack && hasFlashUpTo(key, end);
  });
}

function stackOf(image: FirmwareImage): number | undefined {
  try {
    return checkVectorTable(image, { ramRanges: genericRamRanges })?.stackPointer;
  } catch {
    return undefined; // no vector table to tell anything
  }
}

/** Ends of RAM that linker scripts put a stack at: of each region. */
const ramEnds = (ram: readonly RamRegion[]): readonly number[] => ram.map(({ start, bytes }) => start + bytes);

function hasFlashUpTo(key: string, end: number): boolean {
  const chip = findChip(key);
  const bytes = Math.max(chip?.largestFlash ?? 0, ...(chip?.layouts ?? []).map((layout) => layout.bytes));
  return bytes === 0 || end <= (chip?.flashBase ?? 0) + bytes;
}
