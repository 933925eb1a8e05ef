import type { Watched } from '../../../machines/boot-entry.machine.ts';
import type { Driven } from '../../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../../machines/bootloader.ts';
import { unidentified } from '../../../machines/entry-refusals.policy.ts';
import { matches, textOf } from '../../../machines/usb-watch.machine.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { movesLines } from '../../board/ladder.ts';
import type { UsbFilter } from '../../board/profile.ts';
import { openDfu } from '../bootloader/open-dfu.ts';
import { applicationPlace, isApart } from '../job/application-place.ts';
import type { Job } from '../job/job.ts';
import { answerOf, resetUnnoticed } from '../job/unnoticed-reset.ts';
import { watchUsb } from '../job/watch-usb.ts';
import { detectionTimeout, manualWait, whyNoDfu } from './awaited.ts';
import { endHalf, isResetInTurns, resetForPerson } from './half-by-hand.ts';
import { refuseOther } from './other-target.ts';
import { bootloaderBefore, seenInstead } from './seen-instead.ts';
import { takePresent } from './take-present.ts';

/**
 * From one enumerated device to the next on the same hub: Linux enumerates one port at a time, with 100 ms of debounce
 * (USB 2.0 §7.1.7.3), two resets of up to 60 ms and their recovery (drivers/usb/core/hub.c).
 */
const twinTime: Milliseconds = 300;

const restartedItself =
  'The application only restarted when it was asked: it has another softJump trigger, or none; then use the lines.';

/**
 * With the board's USB path known, a DFU device that is already there is the board: no reset is needed, unless it was lost
 * there. Where it was, and no line can reset it, only the ROM itself can come back: it is waited for.
 */
export async function findPresent(job: Job, signal: AbortSignal): Promise<UsbDeviceInfo | null> {
  const { profile, bench, begun, isPathOwn } = job;
  if (job.presentOnly) return takePresent(job, signal);
  if (profile.usb.path === undefined || profile.usb.connected === false) return null;
  const isByLines = movesLines(profile);
  // Where only this job says where the target is, its lines have to show that it still is there.
  if (isPathOwn && isByLines) return null;
  const present = (await bench.usb.list()).find((device) => matches(profile.usb, device));
  if (present) return present.instance === begun?.instance ? null : present;
  if (!begun || isByLines) return null;
  const wait = { known: [begun.instance], wanted: profile.usb, timeout: detectionTimeout(job) };
  const output = await watchUsb(job, wait, signal);
  return output.outcome === 'seen' ? output.device : null;
}

/**
 * Waits for new DFU devices; whose they are is not known yet. Nothing is ever sent on the adapter here: the ROM locks to
 * the first interface that moves (AN2606 §4).
 * @throws BootctlError `dfu-not-seen`, `application-came-back`, `application-silent`
 */
export async function watchForDfu(job: Job, watched: Watched, signal: AbortSignal): Promise<readonly UsbDeviceInfo[]> {
  if (watched.rung.method === 'manual') await resetForPerson(job, signal);
  const whyNot = whyNoDfu(job.profile);
  if (whyNot !== undefined) {
    throw new BootctlError('dfu-not-seen', `No DFU device is awaited: ${whyNot}`, { details: { unawaited: whyNot } });
  }
  try {
    return await watchOnce(job, watched, signal);
  } catch (error) {
    const shown = await shownAnew(job, error);
    if (!shown) throw error;
    const known = watched.driven.known.filter((instance) => !shown.includes(instance));
    return watchOnce(job, { ...watched, driven: { ...watched.driven, known } }, signal);
  }
}

/**
 * The host has not noticed the reset, and is made to look again. Resolves with the devices that are the same after that:
 * the host keeps them, and they count as newcomers. Undefined where nothing went unnoticed.
 */
async function shownAnew(job: Job, error: unknown): Promise<readonly string[] | undefined> {
  if (!isBootctlError(error, 'dfu-not-seen')) return undefined;
  const { stayed, stayedAnswer } = error.details;
  const isMeant = (device: UsbDeviceInfo) => stayedAnswer === 'silent' && textOf(device) === stayed;
  const listed = await job.bench.usb.list();
  job.unnoticed.at ??= listed.find(isMeant)?.path;
  const reset = await resetUnnoticed(job, listed);
  if (reset.length === 0) return undefined;
  const answers = await Promise.all(reset.map((device) => answerOf(job, device)));
  return reset.filter((_, index) => answers[index] === 'answers').map(({ instance }) => instance);
}

const cameBack = (device: UsbDeviceInfo): BootctlError =>
  new BootctlError('application-came-back', `The application (${textOf(device)}) came back instead of the bootloader`);

async function watchOnce(
  job: Job,
  { rung, driven, place, shown, strangers, turn }: Watched,
  signal: AbortSignal,
): Promise<readonly UsbDeviceInfo[]> {
  const { profile, report } = job;
  const wanted = at(place, profile.usb);
  const byHand = rung.method === 'manual' ? manualWait(job) : undefined;
  const timeout = byHand?.scan ?? detectionTimeout(job);
  const total = byHand?.total ?? timeout;
  const orUsart =
    byHand && byHand.turns > 1 && profile.usart.connected
      ? `, or the USART of the ROM at ${profile.usart.baudRate} baud`
      : '';
  if (turn === 0) report({ event: 'waiting', what: `DFU device ${textOf(wanted)}${orUsart}`, timeout: total });
  const input = {
    known: driven.known,
    wanted,
    timeout,
    ...(rung.method === 'manual' && isResetInTurns(job) ? {} : unwantedBy(job, place ?? shown, driven)),
  };
  const output = await watchUsb(job, input, signal);
  if (output.outcome === 'seen') {
    noteStartUp(job);
    return [output.device];
  }
  if (output.outcome === 'ambiguous') return output.devices;
  if (output.outcome === 'unwanted') {
    const details = { ...bootloaderBefore(output.came) };
    throw cameBack(output.device).with(rung.method === 'soft-jump' ? { details, hint: restartedItself } : { details });
  }
  const came = output.outcome === 'silent' ? output.came : [];
  const details = { ...(await seenInstead(job, wanted, driven, came)), ...strangersOf(strangers) };
  if (details.stayed && details.stayedAnswer !== 'silent' && rung.softJump)
    throw silent(details.stayed, rung.softJump.trigger);
  throw new BootctlError(
    'dfu-not-seen',
    `No new DFU device ${textOf(wanted)} within ${(total / 1000).toFixed(1)} s of the reset`,
    { details },
  );
}

function noteStartUp({ adapter, bench: { clock }, romStartUp }: Job): void {
  const released = adapter.current?.nrstReleased();
  if (released !== undefined) romStartUp.took = clock.now() - released;
}

/**
 * The application that comes back ends the wait: at the board's own place, as far as that is known. Elsewhere it may be
 * that of a job beside this one, which had reset its board and then failed.
 */
function unwantedBy({ profile, beside }: Job, place: string | null | undefined, { left }: Driven) {
  const { application } = profile;
  if (application.expect !== 'usb') return {};
  const own = left.filter((device) => matches(application, device));
  const placeLeft = own.length === 1 ? own[0]!.path : undefined;
  const known = isApart(profile) ? (applicationPlace(profile) ?? placeLeft) : (place ?? placeLeft);
  return known === undefined && beside.hasUnplacedBeside ? {} : { unwanted: at(known, application) };
}

const strangersOf = (strangers: readonly UsbDeviceInfo[]) =>
  strangers.length > 0 ? { stranger: [...new Set(strangers.map(({ path }) => path))].join(' and ') } : {};

/**
 * Waits for another board on the same lines, and resolves with all new DFU devices. Its ROM starts in the time that the
 * first one's took, give or take its oscillator; but a host may enumerate them one after the other.
 */
export async function lookForTwin(
  { bench: { usb, clock }, profile, begun }: Job,
  device: UsbDeviceInfo,
  driven: Driven,
  signal: AbortSignal,
): Promise<readonly UsbDeviceInfo[]> {
  // The job has looked for one when it began, and its target has to come where it was.
  if (begun) return [device];
  await sleep(clock, twinTime, signal);
  return (await usb.list()).filter(
    ({ instance, ...other }) => !driven.known.includes(instance) && matches(profile.usb, { ...other, instance }),
  );
}

/** Asks the person who has started the ROM by hand. @throws BootctlError `dfu-unproven` where no person can answer */
export async function confirmPlace(job: Job, device: UsbDeviceInfo, signal: AbortSignal): Promise<boolean> {
  if (!job.confirm) throw unidentified([device]);
  return job.confirm(`A DFU device has come at USB path ${device.path}. Is it this board?`, signal);
}

/** Opens the board's DFU device. @throws BootctlError `target-unexpected`, and those of `openDfu` */
export async function greet(job: Job, device: UsbDeviceInfo, signal: AbortSignal): Promise<Bootloader> {
  refuseOther(job, device);
  job.beside.claim(device.path);
  await endHalf(job);
  return openDfu(job.bench, device, signal, job.profile.target?.family);
}

/** The same device, at one place only where that is known. */
const at = <Filter extends UsbFilter>(place: string | undefined, filter: Filter): Filter =>
  place === undefined ? filter : { ...filter, path: place };

/**
 * A bootloader that is there is not taken for this board's without being told: perhaps it only wants to be named. One at
 * the named place that did not answer hangs: a ROM that reads torn flash does.
 */
export async function hintAtPresent({ profile, bench }: Pick<Job, 'profile' | 'bench'>): Promise<string> {
  if (whyNoDfu(profile) !== undefined) return '';
  const there = (await bench.usb.list()).filter((device) => matches(profile.usb, device));
  const [only] = there;
  if (!only || there.length > 1) return '';
  if (profile.usb.path !== undefined) {
    return `The DFU device at ${only.path} is there, and has not answered: switch the board's power off and on. `;
  }
  return `A DFU device is at ${only.path}: if it is this board, add \`--usb-path ${only.path}\`. `;
}

const silent = (application: string, trigger: string): BootctlError =>
  new BootctlError('application-silent', `The application (${application}) stays where it is after ${trigger}`);
