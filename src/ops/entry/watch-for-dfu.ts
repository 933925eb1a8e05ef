import type { Driven } from '../../../machines/boot-entry.policy.ts';
import { matches } from '../../../machines/usb-watch.machine.ts';
import { BootctlError } from '../../errors.ts';
import type { UsbDeviceInfo } from '../../io/usb-bus.ts';
import type { Rung } from '../../lines/plan.ts';
import type { BoardProfile, UsbFilter } from '../../profiles/profile.ts';
import type { Target } from '../../targets/target.ts';
import { enumerationTimeout, findTarget } from '../../targets/targets.ts';
import type { Milliseconds } from '../../units.ts';
import type { Bootloader } from '../bootloader/bootloader.ts';
import { openDfu } from '../bootloader/open-dfu.ts';
import type { Job } from '../job.ts';
import { watchUsb } from '../watch-usb.ts';
import { refuseOther } from './other-target.ts';
import { seenInstead, textOf } from './seen-instead.ts';

/** A person needs time to find two buttons. */
const manualTimeout: Milliseconds = 120_000;

const restartedItself =
  'The application only restarted when it was asked: it has another softJump trigger, or none; then use the lines.';

/**
 * With the board's USB path known, a DFU device that is already there is the board: no reset is needed, unless it was lost
 * there. Where it was, and no line can reset it, only the ROM itself can come back: it is waited for.
 */
export async function findPresent(job: Job, signal: AbortSignal): Promise<UsbDeviceInfo | null> {
  const { profile, bench, begun } = job;
  if (profile.usb.path === undefined) return null;
  const present = (await bench.usb.list()).find((device) => matches(profile.usb, device));
  if (present) return present.instance === begun?.instance ? null : present;
  if (!begun || profile.methods.some((method) => method === 'lines' || method === 'rc-cap')) return null;
  const wait = { known: [begun.instance], wanted: profile.usb, timeout: detectionTimeout(job) };
  const output = await watchUsb(job, wait, signal);
  return output.outcome === 'seen' ? output.device : null;
}

/**
 * Waits for the board's DFU device. Nothing is ever sent on the adapter here: the ROM locks to the first interface
 * that moves (AN2606 §4).
 * @throws BootctlError `dfu-not-seen`, `application-came-back`, `dfu-ambiguous`
 */
export async function watchForDfu(job: Job, rung: Rung, driven: Driven, signal: AbortSignal): Promise<UsbDeviceInfo> {
  const { profile, report } = job;
  const wanted = wantedBy(job, driven);
  const family = familyOf(profile);
  if (family && !family.hasDfu) {
    const details = { unawaited: 'no USB DFU in the ROM' };
    throw new BootctlError('dfu-not-seen', `The ROM of ${family.name} has no USB DFU`, { details });
  }
  const timeout = rung.method === 'manual' ? (job.timeout ?? manualTimeout) : detectionTimeout(job);
  report({ event: 'waiting', what: `DFU device ${textOf(wanted)}`, timeout });
  const application = profile.application.expect === 'usb' ? { unwanted: profile.application } : {};
  const output = await watchUsb(job, { known: driven.known, wanted, timeout, ...application }, signal);
  if (output.outcome === 'seen') return output.device;
  if (output.outcome === 'ambiguous') throw ambiguous(output.devices);
  if (output.outcome === 'unwanted') {
    throw new BootctlError(
      'application-came-back',
      `The application (${textOf(output.device)}) came back instead of the bootloader`,
      rung.method === 'soft-jump' ? { hint: restartedItself } : {},
    );
  }
  const details = { ...(await seenInstead(job, wanted, driven)) };
  if (details.stayed && rung.softJump) throw silent(details.stayed, rung.softJump.trigger);
  throw new BootctlError(
    'dfu-not-seen',
    `No new DFU device ${textOf(wanted)} within ${(timeout / 1000).toFixed(1)} s of the reset`,
    { details },
  );
}

/** Opens the newcomer, then looks a second time: a second newcomer that was a little slower makes the first a guess. */
export async function greet(
  job: Job,
  device: UsbDeviceInfo,
  driven: Driven | null,
  signal: AbortSignal,
): Promise<Bootloader> {
  refuseOther(job, device);
  const target = await openDfu(job.bench, device, signal, job.profile.target?.family);
  try {
    signal.throwIfAborted();
    const wanted = wantedBy(job, driven);
    const newcomers = (await job.bench.usb.list()).filter(
      (other) => !driven?.known.includes(other.instance) && matches(wanted, other),
    );
    if (wanted.path === undefined && newcomers.length > 1) throw ambiguous(newcomers);
    return target;
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the person, the profile or the target's own start-up figures say, in this order. */
const detectionTimeout = ({ timeout, profile }: Pick<Job, 'timeout' | 'profile'>): Milliseconds =>
  timeout ?? profile.usb.enumerationTimeout ?? enumerationTimeout(familyOf(profile));

/** The facts of the profile's target, where it names one. */
export const familyOf = ({ target }: BoardProfile): Target | undefined => target && findTarget(target.family);

/** The profile's DFU device, at the path of the profile or where the application was that has been asked. */
const wantedBy = ({ profile }: Job, driven: Driven | null): UsbFilter =>
  profile.usb.path === undefined && driven?.path !== undefined ? { ...profile.usb, path: driven.path } : profile.usb;

/** A bootloader that is there is not taken for this board's without being told: perhaps it only wants to be named. */
export async function hintAtPresent({ profile, bench }: Pick<Job, 'profile' | 'bench'>): Promise<string> {
  if (profile.usb.path !== undefined) return '';
  const there = (await bench.usb.list()).filter((device) => matches(profile.usb, device));
  const [only] = there;
  if (!only || there.length > 1) return '';
  return `A DFU device is at ${only.path}: if it is this board, add \`--usb-path ${only.path}\`. `;
}

const silent = (application: string, trigger: string): BootctlError =>
  new BootctlError('application-silent', `The application (${application}) stays where it is after ${trigger}`);

const ambiguous = (devices: readonly UsbDeviceInfo[]): BootctlError =>
  new BootctlError(
    'dfu-ambiguous',
    `${devices.length} DFU devices appeared after the reset, at ${devices.map(({ path }) => path).join(' and ')}`,
  );
