import { type Driven, type Proof, windowMissed } from '../../../machines/boot-entry.policy.ts';
import { matches, placesOf } from '../../../machines/usb-watch.machine.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { Rung } from '../../board/circuit/plan.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { measuredHold } from '../job/adapter/line-driver.ts';
import { tooSlow } from '../job/adapter/network-adapter.ts';
import { isApart } from '../job/application-place.ts';
import type { Job } from '../job/job.ts';
import { thoseThatLeave } from '../job/watch-usb.ts';
import { resetIntoApplication } from '../reset-into-application.ts';
import { askApplication } from '../soft-jump/triggers.ts';
import { manualEntry } from './ask-operator.ts';
import { familyOf, whyNoDfu } from './awaited.ts';
import { beginHalf } from './half-by-hand.ts';
import { isOfOpening, openBeforeAsking } from './open-before-asking.ts';
import { onlyAt, untilStarted } from './own-application.ts';

/** A missed hold window is the host's fault and may pass: worth three more tries. */
export const windowRepeats = 3;

type Outcome = Pick<Driven, 'held' | 'path' | 'withoutAdapter'> & {
  /** Instances of the application that has been started only to be asked. */
  readonly started?: readonly string[];
};

/** The methods `rc-cap` and `lines`: drives the timed sequence of the rung. */
export const moveLines = (job: Job, rung: Rung, signal: AbortSignal): Promise<Driven> =>
  seeingWhoLeaves(job, () => drivePlan(job, rung, signal));

/** The method `soft-jump`. `application`: USB path of the only application that may be asked; null where any that fits. */
export const askFirmware = (job: Job, rung: Rung, application: string | null, signal: AbortSignal): Promise<Driven> =>
  seeingWhoLeaves(job, () => askForBootloader(job, rung, application, signal));

/**
 * The method `manual`: says which buttons to press, and does not wait. An adapter whose USART is going to be called is
 * opened before: that moves its lines. Where a DFU device can come as well, the person needs no adapter.
 */
export const askPerson = (job: Job, signal: AbortSignal): Promise<Driven> =>
  seeingWhoLeaves(job, async () => {
    const { profile, report } = job;
    const trouble = profile.usart.connected ? await troubleWithAdapter(job, signal) : undefined;
    const withoutAdapter = trouble !== undefined;
    if (trouble) report({ event: 'note', message: `the USART is not called: ${trouble.message}` });
    await beginHalf(job, signal);
    report({ event: 'operator.asked', message: manualEntry(profile, familyOf(profile)) });
    return { withoutAdapter };
  });

/** @throws BootctlError that of opening, where no DFU device can come instead */
const troubleWithAdapter = (job: Job, signal: AbortSignal): Promise<BootctlError | undefined> =>
  job.adapter.open(signal).then(
    () => undefined,
    (error) => {
      if (isOfOpening(error) && whyNoDfu(job.profile) === undefined) return error;
      throw error;
    },
  );

/**
 * Does what resets the target, and sees which USB devices leave the bus in it. What was on the bus just before and stays
 * there, a stranger's DFU device included, is not a newcomer; whether the target is in its ROM is for the watch to see.
 */
async function seeingWhoLeaves(
  { bench: { usb }, adapter, profile }: Job,
  drive: () => Promise<Outcome>,
): Promise<Driven> {
  await usb.prepare?.();
  const opening = adapter.takeSeenBeforeOpening();
  const before = await usb.list();
  const log = await usb.troubles?.();
  const { started = [], ...outcome } = await drive();
  const after = new Set((await usb.list()).map(({ instance }) => instance));
  const present = before.filter(({ instance }) => after.has(instance));
  const earlier = [...opening.filter((one) => before.every(({ instance }) => instance !== one.instance)), ...before];
  return {
    known: [...present.map(({ instance }) => instance), ...started],
    before: earlier,
    left: earlier.filter((device) => !after.has(device.instance) && couldBeThis(profile, device)),
    ...(log ? { troubleMark: log.mark } : {}),
    ...outcome,
  };
}

/** This board's bootloader or its application; any device where the profile does not describe the application. */
const couldBeThis = ({ application, usb }: BoardProfile, device: UsbDeviceInfo): boolean => {
  if (application.expect !== 'usb') return true;
  return [application, usb].some((ids) => ids.vendorId === device.vendorId && ids.productId === device.productId);
};

/**
 * Drives the reset of a rung once more, or where it has none a reset into the application, and sees which of the
 * newcomers leave the bus in it: those hang on the lines of this adapter, the others do not.
 */
export async function resetAgain(
  job: Job,
  rung: Rung,
  candidates: readonly UsbDeviceInfo[],
  signal: AbortSignal,
): Promise<Proof> {
  const { bench, report } = job;
  report({
    event: 'note',
    message: `a DFU device has come at ${placesOf(candidates)}: a second reset shows whose it is${saving(job)}`,
  });
  const wereThere = await bench.usb.list();
  const driven = await seeingWhoLeaves(job, async () => {
    if (rung.plan) return drivePlan(job, rung, signal);
    await resetIntoApplication(job, signal);
    return {};
  });
  const present = candidates.filter(({ instance }) => wereThere.some((device) => device.instance === instance));
  const left = await thoseThatLeave(bench, present, signal);
  for (const { path } of present.filter((device) => !left.includes(device))) {
    const message = `the DFU device at ${path} stayed on the bus: it is not behind this adapter, and is left alone`;
    report({ event: 'note', message });
  }
  if (rung.softJump?.via === 'target') {
    const known = wereThere.map(({ instance }) => instance);
    await untilStarted(job, rung.softJump, known, signal);
  }
  const gone = new Set(left.map(({ instance }) => instance));
  return { left, driven: { ...driven, known: driven.known.filter((instance) => !gone.has(instance)) } };
}

const saving = ({ begun }: Job): string => (begun ? '' : '; `--usb-path` with the path of this board saves that');

/**
 * Resets the target into its ROM once more, by a rung that has just worked.
 * @throws BootctlError `window-missed`, those of moving lines; the signal's reason
 */
export async function driveAgain(job: Job, rung: Rung, signal: AbortSignal): Promise<void> {
  const error = windowMissed(rung, await drivePlan(job, rung, signal));
  if (error) throw error;
}

async function drivePlan(job: Job, { plan, method }: Rung, signal: AbortSignal): Promise<Outcome> {
  if (!plan) throw new BootctlError('method-unavailable', `The method ${method} has no timed sequence on this board`);
  const { adapter, beside, report } = job;
  const drive = async () => {
    const lines = await adapter.open(signal);
    const refused = tooSlow(plan.window, lines.delay);
    if (refused) throw refused;
    return lines.drive(plan, signal);
  };
  const held = measuredHold(plan, await beside.inTurn(drive, signal));
  if (held === undefined || !plan.window) return {};
  report({ event: 'window.measured', held, limit: plan.window.limit });
  return { held };
}

async function askForBootloader(
  job: Job,
  { softJump }: Rung,
  application: string | null,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!softJump) throw new BootctlError('method-unavailable', 'The profile does not say how to ask the application');
  const opened = await openBeforeAsking(job, softJump, signal);
  const link = softJump.via === 'adapter' ? opened?.link : undefined;
  const { bench } = job;
  const profile = await onlyAt(application, job, softJump);
  const asked = await runningApplication({ bench, profile });
  // Whoever brings the target back has to know whether it was asked.
  signal.throwIfAborted();
  const wasAsked = job.asked.isDone;
  job.asked.isDone = true;
  const { usbPath } = await askApplication(softJump, { profile, bench, adapter: link, signal }).catch((error) => {
    // Without its port nothing was asked of it.
    if (isBootctlError(error) && error.code.startsWith('application-port')) job.asked.isDone = wasAsked;
    throw error;
  });
  const path = isApart(profile) ? undefined : (usbPath ?? (link ? undefined : onlyPlaceOf(asked)));
  return { started: asked.map(({ instance }) => instance), ...(path === undefined ? {} : { path }) };
}

/** Where a host does not say which USB device a serial port is: the place of the only device that is like it. */
const onlyPlaceOf = (asked: readonly UsbDeviceInfo[]): string | undefined =>
  asked.length === 1 ? asked[0]?.path : undefined;

/** The application may take a moment to leave: seen then, it has not come back. */
async function runningApplication({
  bench,
  profile: { application },
}: Pick<Job, 'bench' | 'profile'>): Promise<readonly UsbDeviceInfo[]> {
  if (application.expect !== 'usb') return [];
  const devices = await bench.usb.list();
  return devices.filter((device) => matches(application, device));
}
