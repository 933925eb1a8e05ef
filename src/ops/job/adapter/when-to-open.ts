import { matches } from '../../../../machines/usb-watch.machine.ts';
import type { UsbBus } from '../../../bench/usb-bus.ts';
import { canReset } from '../../../board/circuit/application-reset.ts';
import { isLineMethod } from '../../../board/circuit/planner.ts';
import { opensInReset } from '../../../board/circuit/wiring.ts';
import type { BoardProfile } from '../../../board/profile.ts';
import type { Job } from '../job.ts';

// Opening the port of an adapter moves its lines, which on many boards is a reset. It is opened where a reset is wanted.

/** The application is heard on the adapter at the end of this job. */
export const provesOnAdapter = ({ application }: BoardProfile, proves: boolean): boolean =>
  proves && application.expect === 'serial';

/**
 * Whether the adapter is opened before the first method: where that method uses it, and where the application is heard on
 * it. A request to the application on USB opens it by itself, because the application has to run again after that. A board
 * that is in its bootloader at the named place needs no method, and opening would only reset it.
 */
export async function opensAdapterFirst(profile: BoardProfile, proves: boolean, usb: UsbBus): Promise<boolean> {
  const [method] = profile.methods;
  if (method === 'soft-jump' && profile.softJump[0]?.via === 'target') return false;
  const isHeard = provesOnAdapter(profile, proves);
  const isUsed = method !== undefined && (isLineMethod(method) || method === 'soft-jump');
  if (!isHeard && !isUsed) return false;
  if (isHeard && !canLeaveByOpening(profile)) return true;
  return profile.usb.path === undefined || !(await usb.list()).some((device) => matches(profile.usb, device));
}

/** At the leave the adapter may still be opened: that does no harm, or the reset that it is ends with one into the application. */
const canLeaveByOpening = (profile: BoardProfile): boolean => !opensInReset(profile) || canReset(profile);

/** The adapter is closed, and opening it resets the board: only by a whole reset does the application start from there. */
export const leavesByOpening = ({ profile, adapter }: Pick<Job, 'profile' | 'adapter'>): boolean =>
  profile.application.expect === 'serial' &&
  adapter.current === undefined &&
  opensInReset(profile) &&
  canReset(profile);
