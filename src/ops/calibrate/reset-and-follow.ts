import type { Followed } from '../../../machines/calibration.policy.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { Timing } from '../../board/calibration/threshold.ts';
import type { LinePlan } from '../../board/circuit/plan.ts';
import { openUsart } from '../bootloader/open-usart.ts';
import { detectionTimeout, whyNoDfu } from '../entry/awaited.ts';
import type { Edge, LineDriver } from '../job/adapter/line-driver.ts';
import type { Job } from '../job/job.ts';
import { watchUsb } from '../job/watch-usb.ts';

/** What the resets of one calibration have shown beside their outcomes. */
export interface Observed {
  /** Of every move of the lines. */
  readonly latencies: Milliseconds[];
  /** From the release of NRST's line until the ROM has answered. */
  readonly startUps: Milliseconds[];
  /** USB path of the ROM, once it was there: a newcomer elsewhere is another board. */
  place?: string;
}

export interface Reset {
  readonly followed: Followed;
  readonly edges: readonly Edge[];
}

/** Two more resets than the slowest so far may take: what else the host enumerates. Our choice, as for the ROM that comes again. */
const patience = { factor: 1.5, more: 250 } as const;
/** The application has to have left the bus, or to have said what it says at its start. Our choice. */
const calm: Milliseconds = 50;

/** How long a ROM may take to answer: the timeout of the profile, until it has been seen to answer. */
const timeoutOf = (job: Job, { startUps }: Observed): Milliseconds =>
  startUps.length === 0 ? detectionTimeout(job) : Math.max(...startUps) * patience.factor + patience.more;

/**
 * Drives a reset, and looks whether the ROM answers after it: as a DFU device or, where none can come, on its USART.
 * @throws BootctlError those of moving lines and of the USB bus, `dfu-ambiguous`; the signal's reason
 */
export async function resetAndFollow(
  job: Job,
  plan: LinePlan,
  observed: Observed,
  signal: AbortSignal,
): Promise<Reset> {
  const { bench, profile, adapter } = job;
  const lines = await adapter.open(signal);
  const known = (await bench.usb.list()).map(({ instance }) => instance);
  const edges = await job.beside.inTurn(() => lines.drive(plan, signal), signal);
  observed.latencies.push(...edges.map(({ from, to }) => to - from));
  const followed =
    whyNoDfu(profile) === undefined
      ? await followOnUsb(job, observed, known, signal)
      : await followOnUsart(job, observed, lines, signal);
  const released = lines.nrstReleased();
  if (followed === 'rom' && released !== undefined) observed.startUps.push(bench.clock.now() - released);
  return { followed, edges };
}

async function followOnUsb(
  job: Job,
  observed: Observed,
  known: readonly string[],
  signal: AbortSignal,
): Promise<Followed> {
  const { usb, application } = job.profile;
  const path = observed.place ?? usb.path;
  const wanted = path === undefined ? usb : { ...usb, path };
  const unwanted = application.expect === 'usb' ? { unwanted: application } : {};
  const timeout = timeoutOf(job, observed);
  const output = await watchUsb(job, { known, wanted, timeout, ...unwanted }, signal);
  if (output.outcome === 'ambiguous') {
    const places = output.devices.map((device) => device.path).join(' and ');
    throw new BootctlError('dfu-ambiguous', `After one reset DFU devices came at ${places}`);
  }
  if (output.outcome !== 'seen') return 'no rom';
  observed.place ??= output.device.path;
  return 'rom';
}

async function followOnUsart(job: Job, observed: Observed, lines: LineDriver, signal: AbortSignal): Promise<Followed> {
  await sleep(job.bench.clock, calm, signal);
  const call = { isTold: true, ...(observed.startUps.length > 0 ? { patience: timeoutOf(job, observed) } : {}) };
  try {
    await using _ = await openUsart(job, lines, signal, { call });
    return 'rom';
  } catch (error) {
    if (isBootctlError(error, 'usart-no-sync')) return 'no rom';
    throw error;
  }
}

/** The time between two edges, each of which lies somewhere between the beginning and the end of its call. */
export const timeBetween = (first: Edge, second: Edge): Timing => ({
  earliest: Math.max(0, second.from - first.to),
  latest: second.to - first.from,
});
