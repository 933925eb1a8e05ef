import type { Milliseconds } from '../../base/units.ts';
import { handOf } from '../../board/circuit/wiring.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { enumerationTimeout, findChip } from '../../chips/find-chip.ts';
import type { Job } from '../job/job.ts';

/** The facts of the profile's target, where it names one. */
export const familyOf = ({ target }: BoardProfile): Chip | undefined => target && findChip(target.family);

/** What the person, the profile or the target's own start-up figures say, in this order. */
export const detectionTimeout = ({ timeout, profile }: Pick<Job, 'timeout' | 'profile'>): Milliseconds =>
  timeout ?? profile.usb.enumerationTimeout ?? enumerationTimeout(familyOf(profile));

/** A person needs time to find two buttons. */
const manualTimeout: Milliseconds = 120_000;
/** A ROM that runs answers at once; it is called four times. */
const callInTurn: Milliseconds = 300;

/** From one reset to the next call of the USART of a ROM that a person may have let start: no document; our choice. */
const callAfterReset: Milliseconds = 2_000;

/** How the time of a person is spent: the bus is watched, and the ROM's USART called, in turn where both are possible. */
export interface ManualWait {
  readonly total: Milliseconds;
  readonly turns: number;
  readonly scan: Milliseconds;
  readonly call: Milliseconds;
}

/**
 * A turn watches the bus for as long as an enumeration takes: a ROM that is called before that listens to its USART from
 * then on, which is slower, but as good.
 */
export function manualWait({ timeout: total = manualTimeout, profile }: Pick<Job, 'timeout' | 'profile'>): ManualWait {
  const turnsOf = (each: Milliseconds) => Math.max(1, Math.ceil(total / each));
  const isReset = handOf(profile.wiring) === 'boot0';
  if (whyNoDfu(profile) !== undefined) {
    return isReset
      ? { total, turns: turnsOf(callAfterReset), scan: 0, call: callAfterReset }
      : { total, turns: 1, scan: 0, call: total };
  }
  const scan = Math.min(total, detectionTimeout({ profile, timeout: undefined }));
  if (profile.usart.connected) return { total, turns: turnsOf(scan + callInTurn), scan, call: callInTurn };
  return isReset ? { total, turns: turnsOf(scan), scan, call: 0 } : { total, turns: 1, scan: total, call: 0 };
}

/** Why no DFU device can come from this board, in words; undefined where one can. */
export function whyNoDfu(profile: BoardProfile): string | undefined {
  if (profile.usb.connected === false) return 'the profile says that the USB of the target goes nowhere';
  const family = familyOf(profile);
  return family && !family.hasDfu ? `the ROM of ${family.name} has no USB DFU` : undefined;
}
