import { matches, placesOf } from '../../../machines/usb-watch.machine.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { canReset } from '../../board/circuit/application-reset.ts';
import type { Rung } from '../../board/circuit/plan.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { SoftJump } from '../../board/soft-jump.ts';
import { withApplicationAt } from '../job/application-place.ts';
import type { Job } from '../job/job.ts';
import { thoseThatLeave, watchUsb } from '../job/watch-usb.ts';
import { resetIntoApplication } from '../reset-into-application.ts';
import {
  applicationFilter,
  describeFilter,
  findApplications,
  fits,
  hintFor,
  type OwnIds,
} from '../soft-jump/application-port.ts';

/** Until a firmware listens to commands and its port is there. No document says how long; our choice. */
export const applicationStartUp: Milliseconds = 1_000;

/** An application's own start-up, where the profile does not say how to see it (ours). */
const usualStartUp: Milliseconds = 5_000;

/**
 * Resets the target into its application, and resolves with the USB path of the one that leaves the bus in it and comes
 * back: it hangs on the lines of this adapter. Others with the same ids are never asked. Where no line resets the target,
 * it is the only one on the bus that could be the board, its bootloader included.
 * @throws BootctlError `application-port-missing` where none is on the bus, and nothing was reset then;
 * `application-port-ambiguous`, `application-unproven`, `dfu-ambiguous`, those of opening the adapter; the signal's reason
 */
export async function proveApplication(job: Job, { softJump }: Rung, signal: AbortSignal): Promise<string> {
  const filter = applicationFilter(idsOf(softJump), job.profile);
  const alike = await findApplications(idsOf(softJump), job);
  if (alike.length === 0) {
    throw new BootctlError('application-port-missing', `No USB device ${describeFilter(filter)}`, hintFor(filter));
  }
  if (!canReset(job.profile)) return onlyCandidate(job, alike);
  job.report({
    event: 'note',
    message: `an application is at ${placesOf(alike)}: a reset shows whether it is this board's; \`--usb-path\` saves that`,
  });
  await resetIntoApplication(job, signal).catch(withoutAdapter);
  const left = await thoseThatLeave(job.bench, alike, signal);
  if (left.length > 1) {
    const message = `${left.length} applications hang on the lines of this adapter, at ${placesOf(left)}; none was asked`;
    throw new BootctlError('dfu-ambiguous', message);
  }
  const [own] = left;
  if (!own) {
    const message = `The application at ${placesOf(alike)} stayed on the bus through a reset by the adapter; it was not asked`;
    throw new BootctlError('application-unproven', message);
  }
  return comingBack(job, own, alike, signal);
}

async function onlyCandidate({ bench, profile }: Job, alike: readonly UsbDeviceInfo[]): Promise<string> {
  const bootloaders = (await bench.usb.list()).filter((device) => matches(profile.usb, device));
  const [only, ...others] = [...alike, ...bootloaders];
  if (only && others.length === 0) return only.path;
  const what = `${count(alike.length, 'application')} and ${count(bootloaders.length, 'DFU device')}`;
  const message = `${what} could be this board, at ${placesOf([...alike, ...bootloaders])}; none of them was asked`;
  throw new BootctlError('application-port-ambiguous', message);
}

/** Waits until the application that a reset has just started can be asked again; a request that finds none says so. */
export async function untilStarted(
  job: Job,
  softJump: SoftJump,
  known: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { vendorId, productId, path } = applicationFilter(softJump, job.profile);
  if (vendorId === undefined || productId === undefined) return sleep(job.bench.clock, applicationStartUp, signal);
  const wanted = { vendorId, productId, ...(path === undefined ? {} : { path }) };
  await watchUsb(job, { known, wanted, timeout: startUpOf(job.profile), stay: applicationStartUp }, signal);
}

const startUpOf = ({ application }: BoardProfile): Milliseconds =>
  application.expect === 'none' ? usualStartUp : application.timeout;

/** Waits for an application that has left the bus in a reset. @throws BootctlError `application-port-missing`; the signal's reason */
export async function comingBack(job: Job, own: UsbDeviceInfo, alike: readonly UsbDeviceInfo[], signal: AbortSignal) {
  const { vendorId, productId, path } = own;
  const timeout = startUpOf(job.profile);
  // What has left is known no longer, even if the host gives its name again.
  const known = alike.filter((one) => one !== own).map(({ instance }) => instance);
  const output = await watchUsb(
    job,
    { known, wanted: { vendorId, productId, path }, timeout, stay: applicationStartUp },
    signal,
  );
  if (output.outcome === 'seen') return path;
  const message = `The application at ${path} left the bus in the reset, and did not come back within ${timeout / 1000} s`;
  throw new BootctlError('application-port-missing', message);
}

/** Without an adapter nothing can be proven. Where the person names the place, no proof is needed. */
function withoutAdapter(error: unknown): never {
  if (!isBootctlError(error, 'adapter-missing')) throw error;
  throw error.withHint(
    `${error.hint} Or name the board's USB path with \`--usb-path\`: then its application is asked without a reset.`,
  );
}

/** The profile for asking only the application at this path; where the host does not say which port is where, only one can be meant. */
export async function onlyAt(path: string | null, job: Job, softJump: SoftJump): Promise<BoardProfile> {
  const { profile, bench } = job;
  if (path === null) return profile;
  const filter = applicationFilter(idsOf(softJump), profile);
  const ports = (await bench.serial.list()).filter((port) => fits(filter, port));
  if (softJump.trigger !== 'dfu-detach' && ports.every(({ usbPath }) => usbPath === undefined)) {
    if (ports.length > 1) {
      const message = `${ports.length} serial ports fit the application, and this host does not say which is at ${path}`;
      throw new BootctlError('application-port-ambiguous', message);
    }
    return profile;
  }
  return withApplicationAt(profile, path);
}

const idsOf = (softJump: SoftJump | undefined): OwnIds => softJump ?? {};
