import type { Milliseconds } from '../../base/units.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';
import { enumerationTimeout, findChip } from '../../chips/find-chip.ts';
import type { Job } from '../job/job.ts';

/** The facts of the profile's target, where it names one. */
export const familyOf = ({ target }: BoardProfile): Chip | undefined => target && findChip(target.family);

/** What the person, the profile or the target's own start-up figures say, in this order. */
export const detectionTimeout = ({ timeout, profile }: Pick<Job, 'timeout' | 'profile'>): Milliseconds =>
  timeout ?? profile.usb.enumerationTimeout ?? enumerationTimeout(familyOf(profile));

/** Why no DFU device can come from this board, in words; undefined where one can. */
export function whyNoDfu(profile: BoardProfile): string | undefined {
  const family = familyOf(profile);
  return family && !family.hasDfu ? `the ROM of ${family.name} has no USB DFU` : undefined;
}
