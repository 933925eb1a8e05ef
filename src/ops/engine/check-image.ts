import { BootctlError } from '../../base/errors.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import { otherMemoryAt } from '../../chips/other-memories.ts';
import { checkApplicationStart } from '../../image/check-application-start.ts';
import { checkBase, checkFits, checkRunVectors, checkVectorTable, type NameOf } from '../../image/check-image.ts';
import { checkAlignment, checkAlternates, checkSuffix, checkUf2Family } from '../../image/check-origin.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { foreignFirmware } from '../../image/foreign-firmware.ts';
import { uf2Families } from '../../image/formats/uf2-families.ts';
import type { OnProgress } from '../job/events.ts';
import { aliasesFor, type ImageTarget, imageTarget, placesOf } from './image-target.ts';

/** What the checks need to know of a board. */
export type ImageBoard = Pick<BoardProfile, 'target' | 'usb' | 'applicationStart'> &
  Partial<Pick<BoardProfile, 'methods' | 'softJump'>>;

/**
 * Refuses an image that cannot be right for the profile's target, before anything moves. With `force`, refusals that
 * may be wrong are returned instead of thrown. The caller must show them to the person.
 * @throws BootctlError `image-alternate`, `image-wrong-device`, `image-wrong-family`, `image-wrong-base`,
 *   `image-out-of-range`, `image-not-writable`, `image-alignment`, `image-vector-table`
 */
export function checkImage(
  image: FirmwareImage,
  profile: ImageBoard,
  { force = false }: { force?: boolean | undefined },
): readonly BootctlError[] {
  const chip = profile.target && findChip(profile.target.family);
  const target = imageTarget(chip);
  const usb = {
    vendorId: Number.parseInt(profile.usb.vendorId, 16),
    productId: Number.parseInt(profile.usb.productId, 16),
  };
  const families = target.uf2Families ?? stm32Families;
  const nameOf = memoryNames(chip);
  const places = placesOf(target, chip);
  const checks: readonly Check[] = [
    { run: () => checkAlternates(image), canForce: image.bytes > 0 },
    { run: () => checkSuffix(image, usb), canForce: true },
    { run: () => checkUf2Family(image, families, target.name), canForce: true },
    { run: () => checkBase(image, places, nameOf), canForce: false },
    { run: () => checkFits(image, places, nameOf), canForce: false },
    { run: () => checkAlignment(image, target.programUnit), canForce: true },
    ...vectorChecks(image, profile, target, chip),
  ];
  return checks.flatMap((check) => refusals(check, force));
}

/** Whether the image starts something, where it goes and where the profile says that applications start. */
function vectorChecks(
  image: FirmwareImage,
  { applicationStart }: Pick<BoardProfile, 'applicationStart'>,
  { ram: ramRanges, flashBase }: ImageTarget,
  chip: Chip | undefined,
): readonly Check[] {
  const start = applicationStart ?? flashBase;
  const tables = { ramRanges, flashBase, aliases: aliasesFor(image, chip) };
  const places = new Set([flashBase, start]);
  return [
    { run: () => checkApplicationStart(image, { ...tables, start }), canForce: true },
    ...[...places].map((place) => ({
      run: () => checkVectorTable(image, { ...tables, flashBase: place }),
      canForce: true,
    })),
    { run: () => checkRunVectors(image, tables, [...places]), canForce: true },
  ];
}

/** What lies at an address that is not in the flash, and what firmware begins like this. */
const memoryNames =
  (chip: Chip | undefined): NameOf =>
  (segment, address) => {
    const foreign = foreignFirmware(segment, chip !== undefined);
    return foreign === undefined ? otherMemoryAt(address, chip) : { name: foreign, hint: foreignHint };
  };
const foreignHint = 'This is not firmware for an STM32: check that it is the right file.';

/**
 * Refuses bytes that lie in no flash of the profile's target.
 * @throws BootctlError `image-out-of-range`, `image-not-writable`
 */
export function checkPlace(image: FirmwareImage, profile: Pick<BoardProfile, 'target'>): void {
  const chip = profile.target && findChip(profile.target.family);
  checkFits(image, placesOf(imageTarget(chip), chip), memoryNames(chip));
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

const stm32Families = Object.entries(uf2Families).flatMap(([name, id]) => (name.startsWith('STM32') ? [id] : []));

/** A refusal that was overridden, as a sentence. */
export const overrideText = (error: BootctlError): string => `--force overrides ${error.code}: ${error.message}`;

/** Reports each refusal that was overridden. */
export function noteOverridden(overridden: readonly BootctlError[], onProgress: OnProgress = () => {}): void {
  for (const error of overridden) onProgress({ event: 'note', message: overrideText(error) });
}
