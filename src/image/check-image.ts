import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import { type FirmwareImage, originAt, type Segment, segmentAt } from './firmware-image.ts';
import {
  type AddressRange,
  type AliasRange,
  handlersAt,
  isStack,
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
  const { ramRanges = genericRamRanges, flashBase = 0x0800_0000, aliases = [] } = options;
  const segment = segmentAt(image, flashBase);
  if (!segment) return undefined;
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
    ...(isElsewhere ? { hint: `${wrongBaseHint} \`--force\` flashes it all the same.` } : {}),
  });
}

const outside = 'the reset vector points outside the image';
const wrongBaseHint = 'Link it for the address where it goes, or give that address with `--address`.';

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

/**
 * Refuses an image that starts with a vector table and has no byte in any of `regions`.
 * @throws BootctlError `image-wrong-base`
 */
export function checkBase(image: FirmwareImage, regions: readonly AddressRange[]): void {
  const [first] = image.segments;
  const [region] = regions;
  if (!first || !region || first.data.length < 8) return;
  const overlaps = ({ address, data }: Segment) =>
    regions.some(({ start, end }) => address < end && start < address + data.length);
  const { stackPointer, resetVector } = vectorTableAt(first, first.address);
  const startsApplication = isStack(stackPointer, genericRamRanges) && resetVector % 2 === 1;
  if (!startsApplication || image.segments.some(overlaps)) return;
  throw new BootctlError(
    'image-wrong-base',
    `${image.name} starts at ${address32(first.address)} (${first.origin}); the ${region.name} starts at ${address32(region.start)}`,
    { details: { address: first.address }, hint: wrongBaseHint },
  );
}

/**
 * Refuses an image that has a byte outside `regions`, which may touch each other, or in one that cannot be written.
 * @throws BootctlError `image-out-of-range`, `image-not-writable`, each naming the first such address
 */
export function checkFits(image: FirmwareImage, regions: readonly AddressRange[]): void {
  for (const segment of image.segments) {
    const end = segment.address + segment.data.length;
    let address = segment.address;
    while (address < end) {
      const here = regions.filter((candidate) => candidate.start <= address && address < candidate.end);
      const region = here.find(({ isReadOnly }) => !isReadOnly) ?? here[0];
      if (!region) throw outOfRange(image, segment, address, regions);
      if (region.isReadOnly) throw notWritable(image, segment, address, region);
      address = region.end;
    }
  }
}

function outOfRange(
  image: FirmwareImage,
  segment: Segment,
  address: number,
  regions: readonly AddressRange[],
): BootctlError {
  const known = regions.map((region) => `${region.name} ${address32(region.start)} to ${address32(region.end - 1)}`);
  const { address: start, data } = segment;
  const run = `${address32(start)} to ${address32(start + data.length - 1)} (from ${originAt(segment, address)})`;
  return new BootctlError(
    'image-out-of-range',
    `${image.name}: ${address32(address)}, in ${run}, is outside ${known.join(', ') || 'every region: there is none'}`,
    { details: { address } },
  );
}

const notWritable = ({ name }: FirmwareImage, segment: Segment, address: number, region: AddressRange): BootctlError =>
  new BootctlError(
    'image-not-writable',
    `${name}: ${address32(address)} (${originAt(segment, address)}) lies in the ${region.name}, which cannot be erased and written`,
    { details: { address } },
  );
