import { BootctlError } from '../../base/errors.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { findChip } from '../../chips/find-chip.ts';
import { checkBase, checkFits, checkVectorTable } from '../../image/check-image.ts';
import { checkAlignment, checkAlternates, checkSuffix, checkUf2Family } from '../../image/check-origin.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { uf2Families } from '../../image/formats/uf2-families.ts';
import type { OnProgress } from '../job/events.ts';
import { aliasesFor, imageTarget } from './image-target.ts';

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
  const chip = profile.target && findChip(profile.target.family);
  const target = imageTarget(chip);
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
    {
      run: () => checkVectorTable(image, { ramRanges: ram, flashBase, aliases: aliasesFor(image, chip) }),
      canForce: true,
    },
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

const stm32Families = Object.entries(uf2Families).flatMap(([name, id]) => (name.startsWith('STM32') ? [id] : []));

/** A refusal that was overridden, as a sentence. */
export const overrideText = (error: BootctlError): string => `--force overrides ${error.code}: ${error.message}`;

/** Reports each refusal that was overridden. */
export function noteOverridden(overridden: readonly BootctlError[], onProgress: OnProgress = () => {}): void {
  for (const error of overridden) onProgress({ event: 'note', message: overrideText(error) });
}
