import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import { type FirmwareImage, originAt, type Segment, type SignedImage, segmentAt } from './firmware-image.ts';
import { linkedBase, wrongBaseHint } from './linked-base.ts';
import { usualFlash } from './usual-flash.ts';
import {
  type AddressRange,
  type AliasRange,
  handlersAt,
  isStack,
  looksLikeTable,
  segmentSeenAt,
  type VectorTable,
  vectorTableAt,
} from './vector-table.ts';

/** Where a stack may be if the family is unknown. Wide on purpose: only an image that cannot start is refused. */
export const genericRamRanges: readonly AddressRange[] = [
  { name: 'SRAM or DTCM', start: 0x2000_0000, end: 0x202f_0000 }, // RM0456 §2.3, the largest: STM32U5F/U5G up to SRAM6
  { name: 'CCM or SRAM2', start: 0x1000_0000, end: 0x1001_0000 }, // RM0090 §2.3.1; RM0351 §2.2, SRAM2 of STM32L4
  { name: 'AXI SRAM', start: 0x2400_0000, end: 0x2410_0000 }, // RM0455 §2.3, the largest: STM32H7A3
  { name: 'SRAM of domain 2, or secure SRAM', start: 0x3000_0000, end: 0x302f_0000 }, // RM0433 §2.3; RM0456 §2.3
  { name: 'SRAM4', start: 0x3800_0000, end: 0x3801_0000 }, // RM0433 §2.3.2
];

export interface VectorTableOptions {
  /** Where a stack may be. Default: `genericRamRanges`. */
  readonly ramRanges?: readonly AddressRange[];
  /** Where the target looks for the vector table after a reset. */
  readonly flashBase?: number;
  /** Where the core sees the flash a second time. */
  readonly aliases?: readonly AliasRange[];
}

/**
 * Refuses an image that could not start. Returns undefined for an image without bytes at `flashBase`, such as one with
 * configuration data only.
 * @throws BootctlError `image-vector-table` or, if the handlers lie in another memory, `image-wrong-base`; both name
 *   both words
 */
export function checkVectorTable(image: FirmwareImage, options: VectorTableOptions = {}): VectorTable | undefined {
  const { ramRanges = genericRamRanges, flashBase = usualFlash.start, aliases = [] } = options;
  const segment = segmentAt(image, flashBase);
  if (!segment) return undefined;
  const signed = image.signed?.find(({ address }) => address === flashBase);
  if (signed) throw signedAtBase(image, signed);
  const offset = flashBase - segment.address;
  if (segment.data.length - offset < 8) {
    throw new BootctlError(
      'image-vector-table',
      `${image.name} has only ${segment.data.length - offset} bytes at ${address32(flashBase)}; a vector table starts with 8`,
    );
  }
  const table = vectorTableAt(segment, flashBase);
  const fault = findFault(image, table, ramRanges, aliases);
  if (!fault) return table;
  const words = `${address32(table.stackPointer)} ${address32(table.resetVector)}`;
  const isElsewhere = fault === outside && isLinkedElsewhere(image, segment, flashBase, aliases);
  const more = isElsewhere ? '; it was linked for another address' : '';
  const code = isElsewhere ? 'image-wrong-base' : 'image-vector-table';
  throw new BootctlError(code, `${image.name} at ${address32(flashBase)}: ${words}: ${fault}${more}`, {
    details: { ...table },
    ...(isElsewhere ? { hint: `${baseHint(image, segment, flashBase)} ${forceHint}` } : {}),
  });
}

/** The core would take the header for its stack pointer and reset vector. */
function signedAtBase({ name }: FirmwareImage, { kind, address, version, headerBytes }: SignedImage): BootctlError {
  const vectors = address32(address + headerBytes);
  return new BootctlError(
    'image-vector-table',
    `${name} at ${address32(address)}: a signed image for ${kind}, version ${version}; a header is where the target starts, and the vector table is at ${vectors}`,
    {
      details: { address, headerBytes },
      hint: `${kind} itself goes there, and starts this image from its slot: give the address of the slot with \`--address\`, or link the image for it. ${forceHint}`,
    },
  );
}

const outside = 'the reset vector points outside the image';
export const forceHint = '`--force` flashes it all the same.';

const baseHint = (image: FirmwareImage, segment: Segment, at: number): string =>
  wrongBaseHint(image, linkedBase(segment, at)?.elsewhere);

/**
 * Refuses an image with a run that starts with a vector table for another address: neither its reset vector nor a
 * handler lies in the image. `except` are addresses where `checkVectorTable` looks.
 * @throws BootctlError `image-wrong-base`
 */
export function checkRunVectors(
  image: FirmwareImage,
  { ramRanges = genericRamRanges, aliases = [] }: Omit<VectorTableOptions, 'flashBase'>,
  except: readonly number[],
): void {
  for (const segment of image.segments) {
    const { address, origin } = segment;
    if (except.includes(address) || !looksLikeTable(segment, address, ramRanges)) continue;
    if (!isLinkedElsewhere(image, segment, address, aliases)) continue;
    const { stackPointer, resetVector } = vectorTableAt(segment, address);
    const words = `${address32(stackPointer)} ${address32(resetVector)}`;
    throw new BootctlError(
      'image-wrong-base',
      `${image.name} at ${address32(address)} (${origin}): ${words}: the vector table was linked for another address: no handler lies in the image`,
      { details: { stackPointer, resetVector, address }, hint: `${baseHint(image, segment, address)} ${forceHint}` },
    );
  }
}

/** Neither the reset vector nor any handler lies in the image. */
const isLinkedElsewhere = (
  image: FirmwareImage,
  segment: Segment,
  address: number,
  aliases: readonly AliasRange[],
): boolean => handlersAt(segment, address).every((handler) => !segmentSeenAt(image, handler, aliases));

function findFault(
  image: FirmwareImage,
  table: VectorTable,
  ramRanges: readonly AddressRange[],
  aliases: readonly AliasRange[],
): string | undefined {
  const { stackPointer, resetVector } = table;
  if (stackPointer === 0xffff_ffff && resetVector === 0xffff_ffff) return 'the vector table is erased flash';
  if (!isStack(stackPointer, ramRanges)) return 'the initial stack pointer is not in RAM';
  if (stackPointer % 4 !== 0) return 'the initial stack pointer is not aligned to 4 bytes';
  if (resetVector % 2 === 0) return 'the reset vector lacks the Thumb bit';
  return segmentSeenAt(image, resetVector - 1, aliases) ? undefined : outside;
}

/** The memory at an address of a run that is not flash, in words, and what to do with an image for it. */
export type NameOf = (
  segment: Segment,
  address: number,
) => { readonly name: string; readonly hint?: string } | undefined;

/**
 * Refuses an image that starts with a vector table and has no byte in any of `regions`.
 * @throws BootctlError `image-wrong-base`
 */
export function checkBase(
  image: FirmwareImage,
  regions: readonly AddressRange[],
  nameOf: NameOf = () => undefined,
): void {
  const [first] = image.segments;
  const [region] = regions;
  if (!first || !region) return;
  const overlaps = ({ address, data }: Segment) =>
    regions.some(({ start, end }) => address < end && start < address + data.length);
  const startsApplication = looksLikeTable(first, first.address, genericRamRanges);
  if (!startsApplication || image.segments.some(overlaps)) return;
  const found = nameOf(first, first.address);
  const what = found ? `, ${found.name}` : '';
  throw new BootctlError(
    'image-wrong-base',
    `${image.name} starts at ${address32(first.address)} (${first.origin})${what}; the ${region.name} starts at ${address32(region.start)}`,
    { details: { address: first.address }, hint: found?.hint ?? wrongBaseHint(image) },
  );
}

/**
 * Refuses an image that has a byte outside `regions`, which may touch each other, or in one that cannot be written.
 * @throws BootctlError `image-out-of-range`, `image-not-writable`, each naming the first such address
 */
export function checkFits(
  image: FirmwareImage,
  regions: readonly AddressRange[],
  nameOf: NameOf = () => undefined,
): void {
  for (const segment of image.segments) {
    const end = segment.address + segment.data.length;
    let address = segment.address;
    while (address < end) {
      const here = regions.filter((candidate) => candidate.start <= address && address < candidate.end);
      const region = here.find(({ isReadOnly }) => !isReadOnly) ?? here[0];
      if (!region) throw outOfRange(image, { segment, address, regions, found: nameOf(segment, address) });
      if (region.isReadOnly) throw notWritable(image, segment, address, region);
      address = region.end;
    }
  }
}

interface Outside {
  readonly segment: Segment;
  readonly address: number;
  readonly regions: readonly AddressRange[];
  readonly found: ReturnType<NameOf>;
}

function outOfRange(image: FirmwareImage, { segment, address, regions, found }: Outside): BootctlError {
  const known = regions.map((region) => `${region.name} ${address32(region.start)} to ${address32(region.end - 1)}`);
  const { address: start, data } = segment;
  const run = `${address32(start)} to ${address32(start + data.length - 1)} (from ${originAt(segment, address)})`;
  const what = found ? `; it is ${found.name}` : '';
  const check = image.format === 'binary' ? '`--address`' : 'the linker script';
  return new BootctlError(
    'image-out-of-range',
    `${image.name}: ${address32(address)}, in ${run}, is outside ${known.join(', ') || 'every region: there is none'}${what}`,
    { details: { address }, hint: found?.hint ?? `Check ${check} and the target in the profile.` },
  );
}

const notWritable = ({ name }: FirmwareImage, segment: Segment, address: number, region: AddressRange): BootctlError =>
  new BootctlError(
    'image-not-writable',
    `${name}: ${address32(address)} (${originAt(segment, address)}) lies in the ${region.name}, which cannot be erased and written`,
    { details: { address } },
  );
