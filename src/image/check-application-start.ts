import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import { checkVectorTable, forceHint, type VectorTableOptions } from './check-image.ts';
import { type FirmwareImage, segmentAt } from './firmware-image.ts';
import { wrongBaseHint } from './linked-base.ts';
import { tableIn } from './vector-table.ts';

/** Where a board's applications start, behind a bootloader of its own. */
export interface ApplicationRule extends Required<VectorTableOptions> {
  readonly start: number;
}

/**
 * Refuses an image that has a byte below the start of applications, where the board keeps a bootloader, or whose vector
 * table is not at that start. An image that is whole may have both: a bootloader and an application that start.
 * @throws BootctlError `image-wrong-base`
 */
export function checkApplicationStart(image: FirmwareImage, rule: ApplicationRule): void {
  const { start, flashBase, ramRanges } = rule;
  if (start === flashBase) return;
  const [first] = image.segments;
  if (!first || isWhole(image, rule)) return;
  const below = first.address < start;
  const table = below ? first.address : tableIn(image, start, ramRanges);
  if (!below && (table === undefined || table === start)) return;
  const where = below
    ? `starts at ${address32(first.address)} (${first.origin})`
    : `has its vectors at ${address32(table!)}`;
  const why = below ? ', behind a bootloader of the board that it would overwrite' : '';
  throw new BootctlError(
    'image-wrong-base',
    `${image.name} ${where}; the profile says that applications start at ${address32(start)}${why}`,
    { details: { address: table!, applicationStart: start }, hint: `${wrongBaseHint(image, start)} ${forceHint}` },
  );
}

/** It has a vector table that starts something at both places: what it overwrites, it replaces. */
export function isWhole(image: FirmwareImage, { start, ...options }: ApplicationRule): boolean {
  const starts = (flashBase: number): boolean => {
    try {
      return checkVectorTable(image, { ...options, flashBase }) !== undefined;
    } catch {
      return false;
    }
  };
  return segmentAt(image, options.flashBase) !== undefined && starts(options.flashBase) && starts(start);
}
