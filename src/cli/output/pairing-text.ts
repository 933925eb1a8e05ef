import type { Unpaired, WhyUnpaired } from '../../../machines/pairing.policy.ts';
import { count } from '../../base/text.ts';
import type { AskedPort, UnmovedTarget } from '../../jig/pairing/pair.ts';

/** What is agreed to before a line moves. */
export const pairingPlan = (ports: readonly AskedPort[]): readonly string[] => [
  `${count(ports.length, 'adapter')} will be asked, one after the other, and in the opposite order again:`,
  ...ports.map(({ path, place }) => `  ${path} at ${place}`),
  'Each moves its lines and resets its board into the bootloader and back into the application. Nothing is erased or written.',
];

const reasons: Readonly<Record<WhyUnpaired, (one: Unpaired) => string>> = {
  silent: ({ error }) => `brings no bootloader: ${error?.message ?? 'nothing came on USB'}`,
  several: ({ targets }) =>
    `brings ${targets.length} bootloaders, at ${targets.join(' and ')}: two boards are on its lines`,
  disagree: ({ targets }) => `brings a bootloader at ${targets.join(' and at ')}, but not in both rounds`,
  shared: ({ targets }) => `brings the bootloader at ${targets.join(', ')}, and so does another adapter`,
  taken: ({ targets }) =>
    `brings the bootloader at ${targets.join(', ')}, which is the target of a slot that is described`,
  stayed: ({ targets }) => `brings the bootloader at ${targets.join(', ')}, and does not start its application again`,
};

const advices: Readonly<Record<WhyUnpaired, string>> = {
  silent: 'Is there a board in the slot, with power and its USB plugged in?',
  several: 'Give each board an adapter of its own.',
  disagree: 'Look at its contacts and its power, and pair once more.',
  shared: 'Their lines are joined: look at the wiring between the two slots.',
  taken: 'Correct that slot in the file, or find all anew with `--force`.',
  stayed: 'BOOT0 stays high: look at its pull-down, and whether `wiring` of the profile is that of this board.',
};

/** What may be a target of this station, and belongs to no adapter. */
export const unmovedLine = ({ target, runs }: UnmovedTarget): string =>
  runs === 'bootloader'
    ? `${target}  was in its bootloader before, and no adapter has moved it`
    : `${target}  shows the application of the profile, and no adapter has reset it`;

/** Why an adapter has no target, and what to do. */
export const unpairedLines = (one: Unpaired): readonly string[] => [
  `${one.adapter}  ${reasons[one.why](one)}`,
  `    ${one.why === 'silent' ? (one.error?.hint ?? advices.silent) : advices[one.why]}`,
];
