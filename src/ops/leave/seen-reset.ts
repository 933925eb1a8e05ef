import { matches } from '../../../machines/usb-watch.machine.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Job } from '../job/job.ts';
import { thoseThatLeave } from '../job/watch-usb.ts';
import { resetIntoApplication } from '../reset-into-application.ts';

/**
 * Resets the target with BOOT0 low. Resolves with whether the bus has shown that the pulse reached a board: a device that
 * may be this board's has left meanwhile, or when the opening of the adapter moved the lines. A line that reaches nothing
 * looks like one that resets a board without USB: both resolve with false.
 */
export const resetAndSee = (job: Job, signal?: AbortSignal): Promise<boolean> =>
  job.beside.inTurn(() => resetSeen(job, signal), signal);

async function resetSeen(job: Job, signal?: AbortSignal): Promise<boolean> {
  const { bench, profile, adapter } = job;
  const seen = new Map(adapter.takeSeenBeforeOpening().map((device) => [device.instance, device]));
  const look = async () => {
    for (const device of await bench.usb.list()) seen.set(device.instance, device);
  };
  await look();
  const unsubscribe = bench.usb.onChange(() => void look().catch(() => {}));
  try {
    await resetIntoApplication(job, signal);
  } finally {
    unsubscribe();
  }
  const own = [...seen.values()].filter((device) => mayBeOwn(profile, device));
  return (await thoseThatLeave(bench, own, signal)).length > 0;
}

/** At the named place; without one a DFU device or an application with this profile's ids. */
export function mayBeOwn({ usb, application }: BoardProfile, device: UsbDeviceInfo): boolean {
  const hasOwnPlace = application.expect === 'usb' && (application.path ?? application.isAnywhere) !== undefined;
  if (usb.path === undefined || hasOwnPlace) return matches(usb, device) || isApplication({ application }, device);
  return device.path === usb.path;
}

export const isApplication = ({ application }: Pick<BoardProfile, 'application'>, device: UsbDeviceInfo): boolean =>
  application.expect === 'usb' && matches(application, device);
