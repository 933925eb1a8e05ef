import { BootctlError } from '../../base/errors.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { findChip, layoutFor } from '../../chips/find-chip.ts';
import { chipMemory } from '../../chips/memories.ts';
import {
  type AddressRange,
  checkBase,
  checkFits,
  checkVectorTable,
  genericRamRanges,
} from '../../image/check-image.ts';
import { checkAlignment, checkAlternates, checkSuffix, checkUf2Family } from '../../image/check-origin.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { uf2Families } from '../../image/formats/uf2-families.ts';
import { parseMemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import type { OnProgress } from '../job/events.ts';

/** For an unknown chip: a word, the smallest unit of any flash (AN3156 §4). */
const smallestUnit = 4;

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

/**
 * Refuses an image that cannot be right for the profile's target, before anything moves. With `force`, refusals that
 * may be wrong are returned instead of thrown. The caller must show them to the person.
 * @throws BootctlError `image-alternate`, `image-wrong-device`, `image-wrong-family`, `image-wrong-base`,
 *   `image-out-of-range`, `image-not-writable`, `image-alignment`, `image-vector-table`
 */
export function checkImage(
  image: FirmwareImage,
  profile: Pick<BoardProfile, 'target' | 'usb'>,
  { force = false }: { force?: boolean | undefined },
): readonly BootctlError[] {
  const target = imageTarget(profile.target && findChip(profile.target.family));
  const { flash, ram, flashBase } = target;
  const usb = {
    vendorId: Number.parseInt(profile.usb.vendorId, 16),
    productId: Number.parseInt(profile.usb.productId, 16),
  };
  const families = target.uf2Families ?? stm32Families;
  const checks: readonly Check[] = [
    { run: () => checkAlternates(image), canForce: image.bytes > 0 },
    { run: () => checkSuffix(image, usb), canForce: true },
    { run: () => checkUf2Family(image, families, target.name), canForce: true },
    { run: () => checkBase(image, flash), canForce: false },
    { run: () => (flash.length > 0 ? checkFits(image, flash) : undefined), canForce: false },
    { run: () => checkAlignment(image, target.programUnit), canForce: true },
    { run: () => checkVectorTable(image, { ramRanges: ram, flashBase }), canForce: true },
  ];
  return checks.flatMap((check) => refusals(check, force));
}

/**
 * Refuses bytes that lie in no flash of the profile's target.
 * @throws BootctlError `image-out-of-range`, `image-not-writable`
 */
export function checkPlace(image: FirmwareImage, profile: Pick<BoardProfile, 'target'>): void {
  const { flash } = imageTarget(profile.target && findChip(profile.target.family));
  if (flash.length > 0) checkFits(image, flash);
}

interface Check {
  readonly run: () => unknown;
  /** The check judges by usual properties of images, and can be wrong. */
  readonly canForce: boolean;
}

function refusals({ run, canForce }: Check, force: boolean): readonly BootctlError[] {
  try {
    run();
    return [];
  } catch (error) {
    if (force && canForce && error instanceof BootctlError) return [error];
    throw error;
  }
}

/** Facts of the chip for the checks. Without a chip, facts that hold for every STM32. */
export function imageTarget(chip: Chip | undefined): ImageTarget {
  const memory = chip && chipMemory(chip.key);
  return {
    name: chip?.name ?? 'an STM32',
    flashBase: chip?.flashBase ?? 0x0800_0000,
    flash: chip ? flashRegions(chip) : [],
    ram: memory?.ram.map(({ name, start, bytes }) => ({ name, start, end: start + bytes })) ?? genericRamRanges,
    programUnit: memory?.programUnit ?? smallestUnit,
    uf2Families:
      memory && memory.uf2Families.length > 0 ? memory.uf2Families.map((name) => uf2Families[name]!) : undefined,
  };
}

const stm32Families = Object.entries(uf2Families).flatMap(([name, id]) => (name.startsWith('STM32') ? [id] : []));

/** A refusal that was overridden, as a sentence. */
export const overrideText = (error: BootctlError): string => `--force overrides ${error.code}: ${error.message}`;

/** Reports each refusal that was overridden. */
export function noteOverridden(overridden: readonly BootctlError[], onProgress: OnProgress = () => {}): void {
  for (const error of overridden) onProgress({ event: 'note', message: overrideText(error) });
}

/** Every flash that is known of the chip, as one range for each contiguous run of sectors of a kind. */
function flashRegions(chip: Chip): readonly AddressRange[] {
  const largest = chip.largestFlash === undefined ? undefined : layoutFor(chip, chip.largestFlash);
  const layouts = [...chip.layouts.map(({ string }) => string), ...(largest === undefined ? [] : [largest])];
  return layouts.flatMap((layout) => regionsOf(chip.name, layout));
}

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
