import { calibrationMachine } from '../../machines/calibration.machine.ts';
import type { CalibrationOutput, Found, Wanted } from '../../machines/calibration.policy.ts';
import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { sleep } from '../bench/clock.ts';
import { canTime, emptyAfter, planTimed, quantitiesOf, timesFor } from '../board/calibration/calibration-plan.ts';
import type { Measured } from '../board/calibration/measured.ts';
import type { Interval, Trial } from '../board/calibration/threshold.ts';
import { planApplicationReset, whyNoReset } from '../board/circuit/application-reset.ts';
import type { LinePlan } from '../board/circuit/plan.ts';
import { bootLadder } from '../board/ladder.ts';
import type { BoardProfile } from '../board/profile.ts';
import { type Observed, resetAndFollow, timeBetween } from './calibrate/reset-and-follow.ts';
import { whyNoDfu } from './entry/awaited.ts';
import type { Edge } from './job/adapter/line-driver.ts';
import { beginJob, claimPlace } from './job/begin-job.ts';
import type { RecoverResult, TargetState } from './job/events.ts';
import type { Job } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runMachine } from './job/run-machine.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { resetAndSee } from './leave/seen-reset.ts';
import { emptyResult, failedResult } from './result.ts';

export interface CalibrateSpec extends JobSpec {
  /** How often the target is reset at most. */
  readonly resets?: number | undefined;
  /** Day of the measurement, such as `2026-11-28`; that of this computer without it. */
  readonly today?: string | undefined;
}

export interface Calibration {
  readonly measured: Measured;
  /** What was found by changed timing, with every trial. */
  readonly found: readonly Found[];
  readonly resets: number;
}

export interface CalibrateResult extends RecoverResult {
  /** Null where the job has failed. */
  readonly calibration: Calibration | null;
}

export const usualResets = 48;
/** A proof of either side, and one more. */
export const fewestResets = 3;

/**
 * Measures the board by resets with changed timing. Nothing is erased or written; the board ends in its application, the
 * lines idle and the port closed.
 * @throws BootctlError `board-not-measurable`, and those of beginning a job
 */
export async function calibrate(spec: CalibrateSpec): Promise<CalibrateResult> {
  refuseUnmeasurable(spec.profile);
  const job = beginJob(spec);
  const watch = new Stopwatch(spec.bench.clock);
  const state = { target: 'untouched' as TargetState };
  const observed: Observed = { latencies: [], startUps: [] };
  try {
    const output = await watch.time('calibrate', () => run(job, spec, observed, state));
    const calibration = output.error ? null : calibrationOf(output, observed, spec);
    if (calibration) tell(job, calibration);
    const target = state.target === 'untouched' && job.adapter.hasMoved ? 'unknown' : state.target;
    const common = output.error ? failedResult(output.error) : emptyResult;
    return { ...common, target, durations: watch.read(), calibration };
  } finally {
    await job.effects.settled();
    await job.adapter[Symbol.asyncDispose]();
    job.beside.end();
  }
}

/** @throws BootctlError `board-not-measurable` where nothing can be told apart */
export function refuseUnmeasurable(profile: BoardProfile): void {
  const why = whyUnmeasurable(profile);
  if (why !== undefined) throw new BootctlError('board-not-measurable', why);
}

function whyUnmeasurable(profile: BoardProfile): string | undefined {
  const noReset = whyNoReset(profile);
  if (noReset !== undefined) return noReset.replace(/\.$/, '');
  const noDfu = whyNoDfu(profile);
  if (noDfu !== undefined && !profile.usart.connected) {
    return `Nobody can see whether the ROM runs: ${noDfu}, and the USART of the adapter is not connected`;
  }
  return sureEntry(profile) ? undefined : 'No method of the profile leads into the ROM by the lines of an adapter';
}

/** The reset that leads into the ROM most surely. */
function sureEntry(profile: BoardProfile): LinePlan | undefined {
  if (canTime(profile)) return planTimed(profile, timesFor(profile, 'hold', profile.nrst.pulse));
  return bootLadder(profile).find(({ plan }) => plan !== undefined)?.plan;
}

async function run(
  job: Job,
  { signal, resets = usualResets }: CalibrateSpec,
  observed: Observed,
  state: { target: TargetState },
): Promise<CalibrationOutput> {
  const {
    profile,
    effects,
    bench: { clock },
    report,
  } = job;
  const progress = progressOf(job, resets);
  const follow = async (plan: LinePlan, signal: AbortSignal) => {
    const reset = await resetAndFollow(job, plan, observed, signal);
    progress();
    return reset;
  };
  const low = () => planApplicationReset(profile.wiring, profile.nrst, profile.boot0);
  const machine = calibrationMachine.provide({
    actors: {
      resetLow: effects.actor(async (signal) => {
        signal.throwIfAborted();
        claimPlace(job);
        // Opening a port charges BOOT0 on Linux, and the real capacitor may be larger than that of the profile.
        await job.adapter.open(signal);
        await emptied(job, signal);
        return (await follow(low(), signal)).followed;
      }),
      resetHigh: effects.actor(async (signal) => (await follow(sureEntry(profile)!, signal)).followed),
      resetTimed: effects.actor(async (signal, wanted: Wanted) => {
        if (wanted.name === 'charge') await emptied(job, signal);
        const { edges, followed } = await follow(
          planTimed(profile, timesFor(profile, wanted.name, wanted.time)),
          signal,
        );
        return trialOf(wanted, edges, followed === 'rom');
      }),
      restart: effects.actor<void>(async () => {
        if (!job.adapter.hasMoved) return;
        await restart(job, state).finally(() => job.adapter.release());
      }),
    },
  });
  report({
    event: 'note',
    message: `the target is reset ${resets} times at most, and once more at the end; nothing is erased or written`,
  });
  const input = { resets, quantities: quantitiesOf(profile) };
  return runMachine(machine, input, { clock, signal, trace: job.trace, inspect: job.inspect });
}

/** Tells how far the job is, and how long the rest takes at most by the resets so far. */
function progressOf({ bench: { clock }, report }: Job, total: number): () => void {
  const started = clock.now();
  let done = 0;
  return () => {
    done += 1;
    const remaining = ((clock.now() - started) / done) * (total - done);
    report({ event: 'calibration.progress', done, total, remaining });
  };
}

async function restart(job: Job, state: { target: TargetState }): Promise<void> {
  state.target = 'unknown';
  await emptied(job);
  if (await resetAndSee(job)) state.target = 'application';
  job.report({ event: 'target.left', how: 'reset' });
}

/** A charge from 0 V begins with an empty capacitor, and so does a reset with BOOT0 low: also where it is larger than in the profile. */
async function emptied({ adapter, bench: { clock }, profile }: Job, signal?: AbortSignal): Promise<void> {
  const released = adapter.current?.boot0Released() ?? clock.now();
  const left = released + emptyAfter(profile) - clock.now();
  if (left > 0) await sleep(clock, left, signal);
}

/** The first two edges bound the charge, the second and the third the window. */
function trialOf({ name }: Wanted, [charge, reset, release]: readonly Edge[], isHigh: boolean): Trial {
  return { ...(name === 'charge' ? timeBetween(charge!, reset!) : timeBetween(reset!, release!)), isHigh };
}

function calibrationOf({ found, resets }: CalibrationOutput, observed: Observed, spec: CalibrateSpec): Calibration {
  const intervals = found.map(({ name, interval, trials }) => [name, { ...interval, resets: trials.length }]);
  const measured: Measured = {
    at: spec.today ?? new Date().toISOString().slice(0, 10),
    ...Object.fromEntries(intervals),
    ...spanned('adapterLatency', observed.latencies),
    ...spanned('enumeration', observed.startUps),
  };
  return { measured, found, resets };
}

/** From the least to the most that was seen. */
const spanned = (
  name: 'adapterLatency' | 'enumeration',
  times: readonly Milliseconds[],
): Partial<Record<typeof name, Interval>> =>
  times.length === 0 ? {} : { [name]: { low: Math.min(...times), high: Math.max(...times) } };

const quantities = ['hold', 'charge', 'adapterLatency', 'enumeration'] as const;

function tell({ report }: Job, { measured }: Calibration): void {
  for (const quantity of quantities) {
    const interval = measured[quantity];
    if (interval) report({ event: 'calibration.measured', quantity, ...interval });
  }
}
