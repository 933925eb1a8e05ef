import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../../../base/errors.ts';
import type { Milliseconds } from '../../../base/units.ts';
import type { Clock } from '../../../bench/clock.ts';
import type { Database } from '../../../fleet/database.ts';
import type { BoardVerb, JobState } from '../../../fleet/rack/board-job.ts';
import { followJob } from '../../../fleet/rack/follow-job.ts';
import type { WorkerPresence } from '../../../fleet/rack/read-boards.ts';
import type { JobRow } from '../../../fleet/rack/read-jobs.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import type { FirmwareImage } from '../../../image/firmware-image.ts';
import { commonResult } from '../../../ops/result.ts';
import { createTrace } from '../../../trace/trace-writer.ts';
import type { CliContext } from '../../context.ts';
import type { FleetOptions } from '../../given/database.ts';
import type { CliOptions } from '../../given/options.ts';
import { openReport } from '../../output/report.ts';
import { writeLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { resetDone } from '../reset.ts';

export interface FollowOptions extends CliOptions, FleetOptions {
  readonly within?: Milliseconds;
}

export interface Following {
  readonly context: CliContext;
  readonly options: FollowOptions;
  readonly connect: () => Promise<Database>;
  readonly job: number;
  readonly verb: BoardVerb;
  /** Where it is known here. */
  readonly image: FirmwareImage | undefined;
  /** Of a simulated board. */
  readonly scenario: string | undefined;
}

/**
 * Shows a job as if it ran here, and returns its exit status. Whoever goes away leaves the job as it is.
 * @throws BootctlError `job-lost`, `job-cancelled`, `job-not-begun`, `aborted`, `trace-unwritable`
 */
export async function followToEnd(following: Following): Promise<number> {
  const { context, options, job, verb, connect, image, scenario } = following;
  const { signal } = context;
  const clock = new ReplayClock();
  const report = await openReport({ options, context, clock, scenario, image });
  const told = new ToldState(following, () => clock.now());
  try {
    const { result, trace } = await followJob({
      ...{ job, connect, clock: systemClock, signal, within: options.within },
      onState: (row) => told.state(row),
      onEvent: ({ at, event }) => {
        clock.time = at;
        report.progress(event);
      },
      onAway: ({ message }) => told.say(`the database is away, and looked for: ${message}`),
    });
    if (options.trace !== undefined && trace) await writeFile(resolve(context.cwd, options.trace), trace);
    report.result(commonResult(result), result.ok && verb === 'reset' ? resetDone : undefined);
    return result.exitCode;
  } catch (error) {
    throw signal.aborted ? told.leftBehind(signal.reason) : error;
  }
}

/** A file for a trace, before anything is queued: it replaces no other file. @throws BootctlError `trace-unwritable` */
export async function reserveTrace({ cwd }: CliContext, { trace }: CliOptions): Promise<void> {
  if (trace !== undefined) await (await createTrace(resolve(cwd, trace), trace, () => {}))[Symbol.asyncDispose]();
}

/** What is said of a job beside its events. */
class ToldState {
  readonly #following: Following;
  readonly #now: () => Milliseconds;
  #state: JobState = 'queued';

  constructor(following: Following, now: () => Milliseconds) {
    this.#following = following;
    this.#now = now;
  }

  state(row: JobRow): void {
    this.#state = row.state;
    const { context, options } = this.#following;
    if (options.json) writeJob(context, this.#now(), row);
    else if (row.state === 'queued' || row.state === 'running') this.say(stateText(row));
  }

  say(line: string): void {
    const { context, options } = this.#following;
    if (!options.json && !options.quiet) writeLines(context.stderr, [line]);
  }

  /** The job goes on without whoever has followed it. */
  leftBehind(reason: unknown): unknown {
    if (!(reason instanceof BootctlError)) return reason;
    const { job } = this.#following;
    const isQueued = this.#state === 'queued';
    const cancel = isQueued ? `; \`bootctl fleet job ${job} --cancel\` takes it back` : '';
    return reason.with({
      message: `${reason.message}: job ${job} ${isQueued ? 'stays queued' : 'goes on'}`,
      hint: `\`bootctl fleet job ${job} --wait\` follows it${cancel}.`,
    });
  }
}

export function writeJob(
  { stdout }: CliContext,
  t: Milliseconds,
  { job, board, verb, state, worker, why }: Omit<JobRow, 'scenario' | 'result' | 'trace'>,
): void {
  const values = { job, board, verb, state, ...workerValues(worker), why };
  writeLine(stdout, 'job', t, values);
}

export const workerValues = (worker: WorkerPresence | undefined) => ({
  worker: worker?.name ?? null,
  isThere: worker?.isThere === true,
});

/** One line for a job. */
export function stateText({ job, board, verb, state, worker, why, result }: JobRow): string {
  const what = `job ${job}, ${verb} on board ${board}`;
  if (state === 'queued') return `${what}: queued; ${presenceText(worker)}`;
  if (state === 'running') return `${what}: runs at worker ${worker?.name}`;
  if (!result) return `${what}: ${state}${why === null ? '' : `: ${why}`}`;
  const { ok, exitCode, error } = result;
  return `${what}: ${ok ? 'done' : `failed with exit status ${exitCode}: ${error?.message} [${error?.code}]`}`;
}

/** Whether somebody will do it. */
export function presenceText(worker: WorkerPresence | undefined): string {
  if (!worker) return 'no worker has this board now';
  if (worker.isThere) return `worker ${worker.name} has it`;
  const { silentSeconds } = worker;
  const since = silentSeconds === undefined ? '' : `, last heard ${durationText(silentSeconds)} ago`;
  return `worker ${worker.name} is away${since}`;
}

/** `40 s`, `3 min`, `5 h`. */
function durationText(time: number): string {
  if (time < 120) return `${Math.round(time)} s`;
  return time < 7_200 ? `${Math.round(time / 60)} min` : `${Math.round(time / 3_600)} h`;
}

/** The time of a job that runs somewhere else: that of the last event that came from there. */
class ReplayClock implements Clock {
  time: Milliseconds = 0;

  now(): Milliseconds {
    return this.time;
  }
  setTimeout(): never {
    throw new Error('the time of a job elsewhere cannot be waited for');
  }
  clearTimeout(): void {}
}
