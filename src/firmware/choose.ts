import { BootctlError } from '../base/errors.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Chip } from '../chips/chip.ts';
import type { ChipFirmware } from '../chips/firmware/chip-firmware.ts';
import { type Answers, answersOf, isSelfCharge, suggestedEntry } from './answers.ts';
import { type JumpWay, type JumpWish, jumpWay } from './jump.ts';
import { notesOf } from './notes.ts';
import { type SelfChargeWay, selfChargeWay } from './self-charge.ts';

/** What the firmware of a board is to do when it is asked, and why. */
export interface FirmwarePlan {
  readonly profile: string;
  readonly chip: Chip;
  readonly facts: ChipFirmware;
  readonly answers: Answers;
  readonly way: JumpWay | SelfChargeWay;
  /** What a person should know of it, as sentences. */
  readonly notes: readonly string[];
}

/**
 * The way into the ROM for a board: by its line, and by the first command of `softJump`. All commands go that way. Pure.
 * @throws BootctlError `firmware-target-unnamed`, `firmware-target-unknown`, `firmware-refused`, `firmware-request-missing`,
 *   `firmware-command-unusable`, `firmware-pin-unusable`, `firmware-circuit-unusable`, `firmware-ram-unusable`
 */
export function chooseWay(profile: BoardProfile, chip: Chip | undefined, wish: JumpWish = {}): FirmwarePlan {
  if (!chip) throw new BootctlError('firmware-target-unnamed', `The profile ${profile.id} names no target`);
  const facts = chip.firmware;
  if (!facts) {
    throw new BootctlError(
      'firmware-target-unknown',
      `Nobody has written down how firmware starts the ROM of ${chip.name}`,
    );
  }
  if (facts.verdict === 'refused') throw refused(chip, facts);
  const answers = answersOf(profile, chip);
  const way = wayOf(profile, chip, facts, answers, wish);
  return { profile: profile.id, chip, facts, answers, way, notes: notesOf(profile, chip, answers, way) };
}

function wayOf(
  profile: BoardProfile,
  chip: Chip,
  facts: ChipFirmware,
  answers: Answers,
  wish: JumpWish,
): FirmwarePlan['way'] {
  const [first] = answers.entries;
  if (first && isSelfCharge(first)) return selfChargeWay(profile, chip, answers);
  if (facts.jump) return jumpWay(chip, facts.jump, wish);
  throw new BootctlError('firmware-refused', `${chip.name} takes no jump: ${facts.rule} (${facts.sources.verdict})`, {
    hint: `Let the firmware charge a capacitor on BOOT0: \`softJump: [${suggestedEntry(profile, chip)}]\`, with the pin that your board wires to it.`,
  });
}

const refused = ({ name }: Chip, { rule, sources }: ChipFirmware): BootctlError =>
  new BootctlError('firmware-refused', `${name}: ${rule} (${sources.verdict})`);
