import { restoreMachine } from '../../../machines/restore.machine.ts';
import { matches } from '../../../machines/usb-watch.machine.ts';
import type { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { canReset } from '../../board/circuit/application-reset.ts';
import type { Entry } from '../entry/enter-bootloader.ts';
import { isByLines } from '../entry/enter-same.ts';
import { applicationPlace } from '../job/application-place.ts';
import type { TargetState } from '../job/events.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { isApplication, resetAndSee } from './seen-reset.ts';

/** A ROM that leaves removes its pull-up at once. The host needs a moment to see that; our choice. */
const goneWithin: Milliseconds = 1_000;
const scanPeriod: Milliseconds = 50;

/** How a job came to its end. */
export interface End {
  readonly error: BootctlError | null;
  /** The last boot entry, where there was one. */
  readonly entry: Entry | undefined;
}

/**
 * Starts the application of a target whose flash is untouched, and resolves with what the target runs then; with null
 * where nothing could be done, or nothing had to be: a bootloader that was there before the job stays.
 */
export async function bringBack(job: Job, end: End, signal: AbortSignal): Promise<TargetState | null> {
  const { entry } = end;
  const { clock } = job.bench;
  const machine = restoreMachine.provide({
    actors: {
      settleAdapter: job.effects.actor(async () => (await job.adapter.settled()) !== undefined),
      resetByLines: job.effects.actor((signal) => resetByLines(job, end, signal)),
      leaveBootloader: job.effects.actor((signal) => leave(job, end, signal)),
      lookAround: job.effects.actor(async () => ({
        hasMoved: job.adapter.hasMoved,
        // A bus that cannot be listed shows nothing; what is known of the lines still counts.
        isGone: await hasGone(job.bench, entry).catch(() => false),
      })),
    },
  });
  const input = {
    canReset: canReset(job.profile),
    mayLeave: mayLeave(job, end),
    isStillThere: entry?.attempts.at(-1)?.error?.row.applicationRuns === true,
    wasAsked: job.asked.isDone,
    wasEntered: entry?.bootloader != null,
  };
  const { target } = await runMachine(machine, input, { clock, signal });
  return target;
}

/**
 * The reset counts where something has shown that it reached the board: a device has left the bus in it, or the same lines
 * have brought the target into its bootloader before. A bootloader that is there at once after the pulse has not been
 * reset: no ROM enumerates so soon. An application at the named place is there, whatever the reset did.
 */
async function resetByLines(job: Job, { entry }: End, signal: AbortSignal): Promise<boolean> {
  const { asked, bench, profile } = job;
  const hasLeft = await resetAndSee(job, signal);
  const devices = await bench.usb.list();
  const isStill = (device: UsbDeviceInfo) =>
    entry?.bootloader
      ? device.instance === entry.bootloader.usb?.instance
      : asked.isDone && matches(profile.usb, device);
  if (devices.some(isStill)) return false;
  const hasWorked = entry !== undefined && isByLines(entry);
  const place = applicationPlace(profile);
  const isThere = (device: UsbDeviceInfo) =>
    place !== undefined && device.path === place && isApplication(profile, device);
  return hasLeft || hasWorked || devices.some(isThere);
}

/** Its DFU device is no longer on the bus: it has reset itself, as after option bytes. */
async function hasGone({ usb }: Job['bench'], entry: Entry | undefined): Promise<boolean> {
  const instance = entry?.bootloader?.usb?.instance;
  return instance !== undefined && !(await usb.list()).some((device) => device.instance === instance);
}

/**
 * Nothing is sent to a device that is perhaps another board's, nor on the wires of a target that has perhaps been reset
 * into its application.
 */
function mayLeave({ profile }: Job, { error, entry }: End): boolean {
  const target = entry?.bootloader;
  if (!target || !entry.rung || error?.code === 'target-unexpected') return false;
  return target.kind !== 'usart' || !canReset(profile);
}

/** Resolves with whether it was seen to leave. */
async function leave({ bench, report }: Job, { entry }: End, signal: AbortSignal): Promise<boolean> {
  const target = entry!.bootloader!;
  await target.leave(target.layout.sectors[0]!.address, signal);
  const { usb } = target;
  const isThere = async () => (await bench.usb.list()).some(({ instance }) => instance === usb?.instance);
  for (let waited = 0; usb && (await isThere()); waited += scanPeriod) {
    if (waited > goneWithin) return false;
    await sleep(bench.clock, scanPeriod, signal);
  }
  report({ event: 'target.left', how: target.kind === 'dfu' ? 'dfu-leave' : 'go' });
  return true;
}
