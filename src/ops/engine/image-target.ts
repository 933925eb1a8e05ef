import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { chipKeys, findChip, layoutsOf } from '../../chips/find-chip.ts';
import { type FlashAlias, flashAliases, stackRegions } from '../../chips/flash-aliases.ts';
import { knownFlashBytes } from '../../chips/flash-extent.ts';
import { chipMemory } from '../../chips/memories.ts';
import { checkVectorTable, genericRamRanges } from '../../image/check-image.ts';
import { type FirmwareImage, segmentAt } from '../../image/firmware-image.ts';
import { uf2Families } from '../../image/formats/uf2-families.ts';
import { usualFlash } from '../../image/usual-flash.ts';
import {
  type AddressRange,
  type AliasRange,
  isStack,
  looksLikeTable,
  ownAddress,
  tableIn,
  type VectorTable,
  vectorTableAt,
} from '../../image/vector-table.ts';
import { parseMemoryLayout } from '../../protocol/dfuse/memory-layout.ts';

/** For an unknown chip: a word, the smallest unit of any flash (AN3156 §4). */
const smallestUnit = 4;
const mostFlash = usualFlash.end - usualFlash.start;

/** Facts about a target before it is opened. */
export interface ImageTarget {
  /** In messages: the chip's name. */
  readonly name: string;
  readonly flashBase: number;
  /** Empty if no layout of the chip is known. */
  readonly flash: readonly AddressRange[];
  readonly ram: readonly AddressRange[];
  readonly programUnit: number;
  /** Undefined if no source names a family. */
  readonly uf2Families: readonly number[] | undefined;
}

/** Facts of the chip for the checks. Without a chip, facts that hold for every STM32. */
export function imageTarget(chip: Chip | undefined): ImageTarget {
  const memory = chip && chipMemory(chip.key);
  return {
    name: chip?.name ?? 'an STM32',
    flashBase: chip?.flashBase ?? usualFlash.start,
    flash: chip ? flashRegions(chip) : [],
    ram: ramOf(chip),
    programUnit: memory?.programUnit ?? smallestUnit,
    uf2Families:
      memory && memory.uf2Families.length > 0 ? memory.uf2Families.map((name) => uf2Families[name]!) : undefined,
  };
}

function ramOf(chip: Chip | undefined): readonly AddressRange[] {
  const regions = chip ? stackRegions(chip.key) : [];
  if (regions.length === 0) return genericRamRanges;
  return regions.map(({ name, start, bytes }) => ({ name, start, end: start + bytes }));
}

/** Every row of hardware/targets has its flash in one of these, and no line has more of it. */
export const anyFlash: readonly AddressRange[] = [
  { name: 'flash of an STM32', ...usualFlash },
  { name: 'flash of an STM32WB0', start: 0x1004_0000, end: 0x1004_0000 + 512 * 1024 }, // RM0530 table 19; twice the 256 KB of a WB07, our margin
];

/** Where an image may lie: in the flash that is known of the chip, else in any. */
export function placesOf({ flash, name, flashBase }: ImageTarget, chip: Chip | undefined): readonly AddressRange[] {
  if (flash.length > 0) return flash;
  return chip ? [{ name: `flash of ${name}`, start: flashBase, end: flashBase + flashBytes(chip) }] : anyFlash;
}

/** Every flash that is known of the chip, as one range for each contiguous run of sectors of a kind, each once. */
function flashRegions(chip: Chip): readonly AddressRange[] {
  const found = layoutsOf(chip).flatMap((layout) => regionsOf(chip.name, layout));
  // The largest first: the flash of a smaller part is a piece of it, and would only repeat its name.
  const bySize = found.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  return bySize.filter((one, index) => !bySize.slice(0, index).some((other) => isPartOf(one, other)));
}

const isPartOf = (one: AddressRange, other: AddressRange): boolean =>
  one.isReadOnly === other.isReadOnly && other.start <= one.start && one.end <= other.end;

function regionsOf(name: string, layoutText: string): readonly AddressRange[] {
  const regions: AddressRange[] = [];
  for (const { address, size, writable, erasable } of parseMemoryLayout(layoutText).sectors) {
    const isReadOnly = !(writable && erasable);
    const last = regions.at(-1);
    if (last?.end === address && last.isReadOnly === isReadOnly)
      regions[regions.length - 1] = { ...last, end: address + size };
    else regions.push({ name: `flash of ${name}`, start: address, end: address + size, isReadOnly });
  }
  return regions;
}

/** No line has more flash than the largest one, where it is not known. */
const flashBytes = (chip: Chip): number => knownFlashBytes(chip) || mostFlash;

/** An alias of a line's flash, with the kind that says when the core starts there. */
export interface KnownAlias extends AliasRange {
  readonly kind: FlashAlias['kind'];
}

const aliasRanges = (chip: Chip): readonly KnownAlias[] =>
  flashAliases(chip.key).map(({ kind, name, address }) => ({
    kind,
    name,
    start: address,
    end: address + flashBytes(chip),
    of: chip.flashBase,
  }));

/**
 * Where the core sees the flash a second time. Without a chip: the aliases of each line that the image fits, if the
 * reset vector of one of its tables lies in them.
 */
export function aliasesFor(image: FirmwareImage, chip: Chip | undefined): readonly KnownAlias[] {
  if (chip) return aliasRanges(chip);
  const tables = tablesOf(image).filter(({ resetVector }) => !segmentAt(image, resetVector - 1));
  if (tables.length === 0) return [];
  const last = image.segments.at(-1)!;
  return chipKeys().flatMap((key) => {
    const line = findChip(key)!;
    const aliases = aliasRanges(line);
    const fits =
      last.address + last.data.length <= line.flashBase + flashBytes(line) &&
      tables.some(
        ({ stackPointer, resetVector }) =>
          isStack(stackPointer, ramOf(line)) && segmentAt(image, ownAddress(resetVector - 1, aliases)),
      );
    return fits ? aliases : [];
  });
}

/**
 * The vector table of an image: at the start of the flash, or of the first run that begins like one. Undefined where it
 * has no byte there. @throws BootctlError those of `checkVectorTable`
 */
export function vectorsOf(image: FirmwareImage, chip: Chip | undefined): VectorTable | undefined {
  const { ram, flashBase } = imageTarget(chip);
  const table = tableIn(image, flashBase, ram) ?? flashBase;
  return checkVectorTable(image, { ramRanges: ram, flashBase: table, aliases: aliasesFor(image, chip) });
}

/** Whatever may be a vector table: at the start of the flash, and of each run. */
function tablesOf(image: FirmwareImage): readonly VectorTable[] {
  const atBase = segmentAt(image, usualFlash.start);
  const starts = image.segments.map((segment) => ({ segment, address: segment.address }));
  return [...(atBase ? [{ segment: atBase, address: usualFlash.start }] : []), ...starts].flatMap(
    ({ segment, address }) =>
      looksLikeTable(segment, address, genericRamRanges) ? [vectorTableAt(segment, address)] : [],
  );
}

/**
 * What a profile says to the reader of a file: its target chooses the part of a UF2 file that serves several chips, and a
 * raw binary without an address is told where applications start.
 */
export function knownOf({ target, applicationStart }: Pick<BoardProfile, 'target' | 'applicationStart'>): {
  readonly uf2Families?: readonly number[];
  readonly applicationStart?: number;
} {
  const { uf2Families: families } = imageTarget(target && findChip(target.family));
  return {
    ...(families ? { uf2Families: families } : {}),
    ...(applicationStart === undefined ? {} : { applicationStart }),
  };
}
