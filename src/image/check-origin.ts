import { BootctlError } from '../base/errors.ts';
import { address32, count } from '../base/text.ts';
import type { FirmwareImage, Segment } from './firmware-image.ts';
import { familyText } from './formats/uf2-families.ts';

/** Ids of a USB device, as numbers. */
export interface UsbIds {
  readonly vendorId: number;
  readonly productId: number;
}

const id = (value: number | undefined): string => (value === undefined ? '*' : value.toString(16).padStart(4, '0'));

/**
 * Refuses a file whose DFU suffix names another USB device; 0xFFFF names any.
 * @throws BootctlError `image-wrong-device`
 */
export function checkSuffix({ name, dfuSuffix }: FirmwareImage, { vendorId, productId }: UsbIds): void {
  if (!dfuSuffix) return;
  const isVendor = dfuSuffix.vendorId === undefined || dfuSuffix.vendorId === vendorId;
  const isProduct = dfuSuffix.productId === undefined || dfuSuffix.productId === productId;
  if (isVendor && isProduct) return;
  const made = `${id(dfuSuffix.vendorId)}:${id(dfuSuffix.productId)}`;
  throw new BootctlError(
    'image-wrong-device',
    `${name} was made for the USB device ${made}, and the bootloader is ${id(vendorId)}:${id(productId)}`,
    { details: { vendorId: dfuSuffix.vendorId ?? 0xffff, productId: dfuSuffix.productId ?? 0xffff } },
  );
}

/**
 * Refuses a UF2 file of a family that is none of `families`.
 * @throws BootctlError `image-wrong-family`
 */
export function checkUf2Family(image: FirmwareImage, families: readonly number[], target: string): void {
  const { name, uf2Family } = image;
  if (uf2Family === undefined || families.includes(uf2Family)) return;
  throw new BootctlError(
    'image-wrong-family',
    `${name} was made for ${familyText(uf2Family)}, and the target is ${target}`,
    {
      details: { family: uf2Family },
    },
  );
}

/**
 * Refuses a DfuSe file that writes more than the internal flash, such as option bytes.
 * @throws BootctlError `image-alternate`
 */
export function checkAlternates({ name, bytes, otherAlternates = [] }: FirmwareImage): void {
  if (otherAlternates.length === 0) return;
  const parts = otherAlternates.map(({ alternate, name: title, segments }) => {
    const size = segments.reduce((sum, { data }) => sum + data.length, 0);
    return `${count(size, 'byte')} for alternate setting ${alternate}${title ? ` "${title}"` : ''}`;
  });
  const hint =
    bytes === 0
      ? { hint: 'bootctl writes alternate setting 0, the internal flash; this file has nothing for it.' }
      : {};
  throw new BootctlError('image-alternate', `${name} has ${parts.join(', ')}`, {
    details: { alternate: otherAlternates[0]!.alternate },
    ...hint,
  });
}

/** No flash programs less than a half-word (PM0075 §2.3.3, F1). */
const smallestWrite = 2;

/**
 * Refuses a run that starts at an odd address after a gap of a unit or more: no flash can program it alone, and no linker
 * places one there. A run that starts inside a unit otherwise is filled up, like one that ends there (`filledStarts`).
 * @throws BootctlError `image-alignment`
 */
export function checkAlignment(image: FirmwareImage, programUnit: number): void {
  for (const { address, origin } of startsInside(image, programUnit)) {
    if (address % smallestWrite === 0) continue;
    throw new BootctlError(
      'image-alignment',
      `${image.name}: the run at ${address32(address)} (${origin}) does not start at a multiple of ${programUnit}, what the flash programs at once`,
      { details: { address, programUnit } },
    );
  }
}

/** A linker leaves gaps smaller than a unit between two sections. They are filled with the runs beside them. */
function startsInside({ segments }: FirmwareImage, programUnit: number): readonly Segment[] {
  let end = Number.NEGATIVE_INFINITY;
  return segments.filter(({ address, data }) => {
    const gap = address - end;
    end = address + data.length;
    return address % programUnit !== 0 && gap >= programUnit;
  });
}

/** What is filled up in front of runs that start inside a program unit, as sentences. */
export function filledStarts(image: FirmwareImage, programUnit: number): readonly string[] {
  const inside = startsInside(image, programUnit);
  const [first] = inside;
  if (!first) return [];
  const { address } = first;
  const filled = `${address32(address - (address % programUnit))} to ${address32(address - 1)}`;
  const more = inside.length > 1 ? `, and so do ${count(inside.length - 1, 'more run')}` : '';
  return [
    `the run at ${address32(address)} starts inside a program unit of ${programUnit} bytes${more}: ${filled} is filled with 0xFF, or with \`--keep\` by what the flash holds`,
  ];
}
