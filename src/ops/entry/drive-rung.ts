import { type Driven, windowMissed } from '../../../machines/boot-entry.policy.ts';
import { matches } from '../../../machines/usb-watch.machine.ts';
import { BootctlError } from '../../errors.ts';
import { sleep } from '../../io/clock.ts';
import type { MethodName, Rung } from '../../lines/plan.ts';
import { pinsOf } from '../../lines/wiring.ts';
import { askApplication } from '../../methods/soft-jump/triggers.ts';
import type { Milliseconds } from '../../units.ts';
import { type LineDriver, measuredHold } from '../adapter/line-driver.ts';
import type { Job } from '../job.ts';
import { resetIntoApplication } from '../leave.ts';
import { manualEntry } from './ask-operator.ts';
import { familyOf } from './watch-for-dfu.ts';

/** Until a firmware listens to commands; ours, since no document can tell. */
const applicationStartUp: Milliseconds = 1_000;

/** A missed hold window is the host's fault and may pass: worth three more tries. */
export const windowRepeats = 3;

type Outcome = Omit<Driven, 'known' | 'troubleMark'> & {
  /** Instances of the application that has been started only to be asked. */
  readonly started?: readonly string[];
};
type Drive = (job: Job, rung: Rung, signal: AbortSignal) => Promise<Outcome>;

/** How each method gets a target to start its bootloader; whether it did is for the watch to see. */
const drives: Readonly<Record<MethodName, Drive>> = {
  lines: drivePlan,
  'rc-cap': drivePlan,
  'soft-jump': askFirmware,
  manual: askOperator,
};

/** Drives one rung. What is on the bus just before, the stranger's DFU device included, is not the newcomer. */
export async function driveRung(job: Job, rung: Rung, signal: AbortSignal): Promise<Driven> {
  await job.bench.usb.prepare?.();
  const known = (await job.bench.usb.list()).map(({ instance }) => instance);
  const before = await job.bench.usb.troubles?.();
  const mark = before ? { troubleMark: before.mark } : {};
  const { started = [], ...outcome } = await drives[rung.method](job, rung, signal);
  return { known: [...known, ...started], ...mark, ...outcome };
}

/**
 * Resets the target into its ROM once more, by a rung that has just worked.
 * @throws BootctlError `window-missed` after a few misses, those of moving lines; the signal's reason
 */
export async function driveAgain(job: Job, rung: Rung, signal: AbortSignal): Promise<void> {
  for (let missed = 0; ; missed++) {
    const error = windowMissed(rung, await drivePlan(job, rung, signal));
    if (!error) return;
    if (missed === windowRepeats) throw error;
  }
}

async function drivePlan({ adapter, report }: Job, { plan, method }: Rung, signal: AbortSignal): Promise<Outcome> {
  if (!plan) throw new BootctlError('method-unavailable', `The method ${method} has no timed sequence on this board`);
  const lines = await adapter.open();
  const held = measuredHold(plan, await lines.drive(plan, signal));
  if (held === undefined || !plan.window) return {};
  report({ event: 'window.measured', held, limit: plan.window.limit });
  return { held };
}

async function askFirmware(job: Job, { softJump }: Rung, signal: AbortSignal): Promise<Outcome> {
  if (!softJump) throw new BootctlError('method-unavailable', 'The profile does not say how to ask the application');
  const link = softJump.via === 'adapter' ? (await listenable(job, signal)).link : undefined;
  const { bench, profile } = job;
  const started = await runningApplication(job);
  const { usbPath } = await askApplication(softJump, { profile, bench, adapter: link, signal });
  return { started, ...(usbPath === undefined ? {} : { path: usbPath }) };
}

/** The application may take a moment to leave: seen then, it has not come back. */
async function runningApplication({ bench, profile: { application } }: Job): Promise<readonly string[]> {
  if (application.expect !== 'usb') return [];
  const devices = await bench.usb.list();
  return devices.filter((device) => matches(application, device)).map(({ instance }) => instance);
}

/**
 * The adapter with an application at its other end. Where opening the port resets the board, perhaps into its ROM, the
 * application is started again first: a byte sent to a ROM would lock it to its USART.
 */
async function listenable(job: Job, signal: AbortSignal): Promise<LineDriver> {
  const lines = await job.adapter.open();
  const { nrst } = pinsOf(job.profile.wiring, { rts: 'asserted', dtr: 'asserted' });
  if (nrst === 0) {
    await resetIntoApplication(job, signal);
    await sleep(job.bench.clock, applicationStartUp, signal);
  }
  return lines;
}

async function askOperator({ profile, report }: Job): Promise<Outcome> {
  report({ event: 'operator.asked', message: manualEntry(profile, familyOf(profile)) });
  return {};
}
