import { matches, placesOf } from '../../../machines/usb-watch.machine.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { isLineMethod } from '../../board/circuit/planner.ts';
import type { Job } from '../job/job.ts';
import { type Entry, enterBootloader } from './enter-bootloader.ts';
import { otherTarget } from './other-target.ts';

/** In this entry the adapter's lines alone have brought the target into its ROM. */
export const isByLines = ({ bootloader, rung }: Entry): boolean =>
  bootloader != null && rung != null && isLineMethod(rung.method);

/**
 * The boot entry of a job that may have had one: it goes on with the same target or not at all. A USB device has to come
 * back where it was, with its serial number; alone that number proves nothing, as many targets share one
 * (hardware/QUIRKS.md Q43).
 * Where another one has come the error is `target-unexpected`, and nothing was sent to it.
 */
export async function enterSame(job: Job, earlier: readonly Entry[], signal: AbortSignal): Promise<Entry> {
  const tried = earlier.flatMap(({ reports }) => reports).length;
  const begun = earlier.findLast(({ bootloader }) => bootloader?.usb)?.bootloader?.usb;
  if (!begun) return enterBootloader(job, signal, tried);
  const { usb } = job.profile;
  const known = (await job.bench.usb.list()).map(({ instance }) => instance);
  const profile = { ...job.profile, usb: { ...usb, path: begun.path } };
  const entry = await enterBootloader({ ...job, profile, begun, isPathOwn: usb.path === undefined }, signal, tried);
  if (entry.bootloader || entry.error?.kind !== 'entry') return entry;
  const isElsewhere = ({ instance, path }: UsbDeviceInfo) => !known.includes(instance) && path !== begun.path;
  const others = (await job.bench.usb.list()).filter((one) => isElsewhere(one) && matches(usb, one));
  if (others.length === 0) return entry;
  const error = otherTarget(
    `The target was lost at ${begun.path}, and a DFU device came at ${placesOf(others)}, not there`,
  );
  return { ...entry, error };
}

/**
 * Over another interface than before: only the adapter's lines tell that it is the same board, where both were theirs.
 * @throws BootctlError `target-unexpected`
 */
export function refuseOtherInterface(entries: readonly Entry[]): void {
  const reached = entries.filter(({ bootloader }) => bootloader);
  const [first, last] = [reached.at(-2), reached.at(-1)];
  if (!first || !last || first.bootloader?.kind === last.bootloader?.kind) return;
  if (isByLines(first) && isByLines(last)) return;
  throw otherTarget(
    `The target was lost at ${first.bootloader?.place}, and a bootloader answers on ${last.bootloader?.place}`,
  );
}
