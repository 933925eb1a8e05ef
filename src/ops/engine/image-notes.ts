import { address32 } from '../../base/text.ts';
import type { Chip } from '../../chips/chip.ts';
import { type FirmwareImage, segmentAt } from '../../image/firmware-image.ts';
import { ownAddress, vectorTableAt } from '../../image/vector-table.ts';
import { aliasesFor, imageTarget, type KnownAlias } from './image-target.ts';

/** The alias of the flash that the reset vector points into, and the flash's own address there. */
export interface SeenThrough {
  readonly alias: KnownAlias;
  readonly address: number;
}

/** Undefined where the reset vector needs no alias, or none has it. */
export function seenThrough(image: FirmwareImage, chip: Chip | undefined): SeenThrough | undefined {
  const { flashBase } = imageTarget(chip);
  const segment = segmentAt(image, flashBase);
  if (!segment || segment.address + segment.data.length - flashBase < 8) return undefined;
  const handler = vectorTableAt(segment, flashBase).resetVector - 1;
  if (segmentAt(image, handler)) return undefined;
  const alias = aliasesFor(image, chip).find(({ start, end }) => start <= handler && handler < end);
  if (!alias) return undefined;
  const address = ownAddress(handler, [alias]);
  return segmentAt(image, address) ? { alias, address } : undefined;
}

/** When the core starts through an alias. Through the ITCM bus of an F7 it does so from the factory. */
const startsOnly: Readonly<Record<KnownAlias['kind'], string | undefined>> = {
  itcm: undefined,
  secure: 'it starts only with TrustZone enabled (TZEN = 1)',
  boot: 'it starts only by a reset with BOOT0 = 0, not by a jump of the ROM',
};

/** What a person should know of an image that is not refused, as sentences. */
export function imageNotes(image: FirmwareImage, chip: Chip | undefined): readonly string[] {
  const through = seenThrough(image, chip);
  const rule = through && startsOnly[through.alias.kind];
  return rule === undefined
    ? []
    : [`its vectors point into the ${through!.alias.name} at ${address32(through!.alias.start)}: ${rule}`];
}
