import type { Chip } from '../chips/chip.ts';
import { findChip } from '../chips/find-chip.ts';
import { type FlashAlias, flashAliases, stackEnds } from '../chips/flash-aliases.ts';
import { knownFlashBytes } from '../chips/flash-extent.ts';
import { chipMemory, chipsWithMemory } from '../chips/memories.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { uf2Families } from '../image/formats/uf2-families.ts';
import { seenThrough } from './engine/image-notes.ts';
import { vectorsOf } from './engine/image-target.ts';

/**
 * Keys of the lines that an image looks made for: those of its UF2 family and those of which a part has the end of a
 * RAM where its stack starts, the address of the flash that its vectors use, and flash up to its last byte. Empty where
 * the image gives no evidence, and where a line is named and only lines of other series fit: then the stack stands
 * elsewhere than usual, and says nothing.
 */
export function likelyLines(image: FirmwareImage, chip?: Chip): readonly string[] {
  const stack = stackOf(image);
  const { uf2Family } = image;
  if (stack === undefined && uf2Family === undefined) return [];
  const last = image.segments.at(-1);
  const end = last ? last.address + last.data.length : 0;
  const kind = seenThrough(image, undefined)?.alias.kind;
  const lines = chipsWithMemory().filter((key) => {
    const { uf2Families: names } = chipMemory(key)!;
    const ofFamily = uf2Family === undefined || names.some((name) => uf2Families[name] === uf2Family);
    const ofStack =
      stack === undefined || (stackEnds(key).includes(stack) && (kind === undefined || hasAlias(key, kind)));
    return ofFamily && ofStack && hasFlashUpTo(key, end);
  });
  return chip && !lines.some((key) => seriesOf(key) === chip.series) ? [] : lines;
}

/** `F4`, of a line's key. */
export const seriesOf = (key: string): string | undefined => findChip(key)?.series;

const hasAlias = (key: string, kind: FlashAlias['kind']): boolean =>
  flashAliases(key).some((alias) => alias.kind === kind);

function stackOf(image: FirmwareImage): number | undefined {
  try {
    return vectorsOf(image, undefined)?.stackPointer;
  } catch {
    return undefined; // no vector table to tell anything
  }
}

function hasFlashUpTo(key: string, end: number): boolean {
  const chip = findChip(key);
  const bytes = chip ? knownFlashBytes(chip) : 0;
  return bytes === 0 || end <= (chip?.flashBase ?? 0) + bytes;
}
