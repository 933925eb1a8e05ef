import { address32 } from '../../base/text.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import { type AskingBoard, disagreement } from '../../firmware/agree.ts';
import { kitsIn } from '../../firmware/signature.ts';
import { isWhole } from '../../image/check-application-start.ts';
import { filledStarts } from '../../image/check-origin.ts';
import { type FirmwareImage, segmentAt } from '../../image/firmware-image.ts';
import { linkedBase } from '../../image/linked-base.ts';
import { looksLikeTable, ownAddress, tableIn, vectorTableAt } from '../../image/vector-table.ts';
import { aliasesFor, type ImageTarget, imageTarget, type KnownAlias } from './image-target.ts';

/** The alias of the flash that the reset vector points into, and the flash's own address there. */
export interface SeenThrough {
  readonly alias: KnownAlias;
  readonly address: number;
}

/** Undefined where the reset vector needs no alias, or none has it. */
export function seenThrough(image: FirmwareImage, chip: Chip | undefined): SeenThrough | undefined {
  const { flashBase, ram } = imageTarget(chip);
  const table = tableIn(image, flashBase, ram) ?? flashBase;
  const segment = segmentAt(image, table);
  if (!segment || segment.address + segment.data.length - table < 8) return undefined;
  const handler = vectorTableAt(segment, table).resetVector - 1;
  if (segmentAt(image, handler)) return undefined;
  const alias = aliasesFor(image, chip).find((one) => segmentAt(image, ownAddress(handler, [one])));
  return alias && { alias, address: ownAddress(handler, [alias]) };
}

/** When the core starts through an alias. Through the ITCM bus of an F7 it does so from the factory. */
const startsOnly: Readonly<Record<KnownAlias['kind'], string | undefined>> = {
  itcm: undefined,
  secure: 'it starts only with TrustZone enabled (TZEN = 1)',
  boot: 'it starts only by a reset with BOOT0 = 0, not by a jump of the ROM',
};

/** What of a profile the notes speak about. */
export type NotedBoard = Pick<BoardProfile, 'target' | 'applicationStart'> & AskingBoard;

/** What a person should know of an image that is not refused, as sentences. */
export function imageNotes(image: FirmwareImage, board: NotedBoard): readonly string[] {
  const { target, applicationStart } = board;
  const asked = disagreement(kitsIn(image.segments), board);
  const chip = target && findChip(target.family);
  const known = imageTarget(chip);
  return [
    ...aliasNotes(image, chip),
    ...baseNotes(image, known),
    ...replacedNotes(image, chip, applicationStart),
    ...filledStarts(image, known.programUnit),
    ...(asked === undefined ? [] : [asked]),
  ];
}

/** The same for a report about several things: with the notes of its file, each with its name. */
export const namedNotes = (image: FirmwareImage, board: NotedBoard): readonly string[] =>
  [...(image.notes ?? []), ...imageNotes(image, board)].map((note) => `${image.name}: ${note}`);

function aliasNotes(image: FirmwareImage, chip: Chip | undefined): readonly string[] {
  const through = seenThrough(image, chip);
  const rule = through && startsOnly[through.alias.kind];
  if (rule === undefined) return [];
  const { name, start } = through!.alias;
  return [`its vectors point into the ${name} at ${address32(start)}: ${rule}`];
}

/** Signs that it was linked for another address than the one where it goes. They prove nothing, so that it is a note. */
function baseNotes(image: FirmwareImage, { flashBase, ram }: ImageTarget): readonly string[] {
  return image.segments.flatMap((segment) => {
    const { address } = segment;
    if (!looksLikeTable(segment, address, ram)) return [];
    const seen = linkedBase(segment, address);
    if (seen?.elsewhere === undefined) return [];
    const overwrites =
      address === flashBase && seen.elsewhere > flashBase ? ' It would overwrite a bootloader there.' : '';
    return [
      `at ${address32(address)} it may not start: its vectors seem made for ${address32(seen.elsewhere)}; the handler that ${seen.shared} of them share is an endless loop if it stands there.${overwrites}`,
    ];
  });
}

/** A whole image has a bootloader of its own in front of the application. */
function replacedNotes(
  image: FirmwareImage,
  chip: Chip | undefined,
  applicationStart: number | undefined,
): readonly string[] {
  const { flashBase, ram: ramRanges } = imageTarget(chip);
  if (applicationStart === undefined || applicationStart === flashBase) return [];
  const rule = { start: applicationStart, flashBase, ramRanges, aliases: aliasesFor(image, chip) };
  return isWhole(image, rule)
    ? [`it brings a bootloader of its own: the one of the board, below ${address32(applicationStart)}, is overwritten`]
    : [];
}
