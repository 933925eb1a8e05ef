import { gunzipSync } from 'node:zlib';
import { reconnectPause, type WorkerBeat } from '../../../machines/rack-worker.policy.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { amount } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import { eventText } from '../../trace/event-text.ts';
import type { Database } from '../database.ts';
import { BeatWatch } from './beat-watch.ts';
import { pause } from './patient-database.ts';
import { type JobRow, readJob } from './read-jobs.ts';
import { cancelJob } from './submit.ts';

/** One event of a job, as `onProgress` had it where it ran. */
export interface JobEvent {
  /** From the beginning of the job, by the clock of its bench. */
  readonly at: Milliseconds;
  readonly event: ProgressEvent;
}

/** How a job that was done has ended. */
export interface JobEnd {
  readonly result: RecoverResult;
  /** The trace as a file has it; undefined where none came back. */
  readonly trace: Uint8Array | undefined;
}

export interface FollowSpec {
  readonly job: number;
  readonly connect: () => Promise<Database>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A job that has not begun after so long is cancelled. */
  readonly within?: Milliseconds | undefined;
  readonly onState: (row: JobRow) => void;
  readonly onEvent: (event: JobEvent) => void;
  /** The database is away: once, and it is looked for until it is back. */
  readonly onAway: (error: BootctlError) => void;
  /** Of the beats of workers. */
  readonly deadLimit?: Milliseconds;
}

/** Where no notification comes. */
const lookPause: Milliseconds = 1_000;

/**
 * Follows a job to its end, and gives up its worker where that stands still.
 * @throws BootctlError `job-unknown`, `job-lost`, `job-cancelled`, `job-not-begun`, and the reason of `signal`
 */
export async function followJob(spec: FollowSpec): Promise<JobEnd> {
  const follower = new Follower(spec);
  let heard = -1;
  for (;;) {
    spec.signal.throwIfAborted();
    try {
      await using database = await spec.connect();
      return await follower.follow(database);
    } catch (error) {
      if (!isBootctlError(error, 'fleet-unreachable')) throw error;
      if (heard !== follower.looks) spec.onAway(error);
      heard = follower.looks;
    }
    await pause(spec.clock, reconnectPause, spec.signal);
  }
}

/** What was heard stays heard over a lost connection. */
class Follower {
  readonly #spec: FollowSpec;
  readonly #watch: BeatWatch;
  readonly #began: Milliseconds;
  /** So often the database has answered. */
  looks = 0;
  #heard = 0;
  #last: ProgressEvent | undefined;
  #hasBegunFlash = false;
  #shown = '';

  constructor(spec: FollowSpec) {
    this.#spec = spec;
    this.#began = spec.clock.now();
    this.#watch = new BeatWatch(() => spec.clock.now(), spec.deadLimit);
  }

  async follow(database: Database): Promise<JobEnd> {
    const { job, clock, signal } = this.#spec;
    let note = new AbortController();
    const wake = () => note.abort();
    await database.listen('bootctl_job', (payload) => payload === String(job) && wake());
    await database.listen('bootctl_worker', wake);
    for (;;) {
      note = new AbortController();
      const row = await readJob(database, job);
      this.looks++;
      await this.#hearEvents(database);
      this.#show(row);
      if (row.result) return { result: row.result, trace: await readTrace(database, job) };
      if (row.state === 'lost') throw this.#lost(row);
      if (row.state === 'cancelled') throw new BootctlError('job-cancelled', `Job ${job} was cancelled: ${row.why}`);
      await this.#giveUpDead(database, row);
      await this.#cancelLate(database, row);
      await pause(clock, lookPause, note.signal, signal, database.lost);
      signal.throwIfAborted();
      database.lost.throwIfAborted();
    }
  }

  #show(row: JobRow): void {
    const text = JSON.stringify([row.state, row.worker?.name, row.worker?.isThere]);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#spec.onState(row);
  }

  async #hearEvents(database: Database): Promise<void> {
    const rows = await database.query<{ seq: number; at: number; event: ProgressEvent }>(
      'SELECT seq, at_ms AS at, event FROM board_job_event WHERE job = $1 AND seq > $2 ORDER BY seq',
      ...[this.#spec.job, this.#heard],
    );
    for (const { seq, at, event } of rows) {
      this.#heard = seq;
      this.#last = event;
      this.#hasBegunFlash ||= event.event === 'phase.started' && event.phase !== 'compare';
      this.#spec.onEvent({ at, event });
    }
  }

  /** What is known of the board. */
  #lost({ job, board, why }: JobRow): BootctlError {
    const last = this.#last ? `the last that was heard of it: ${wordsOf(this.#last)}` : 'nothing was heard of it';
    const flash = this.#hasBegunFlash
      ? 'The flash may be half written'
      : 'As far as it was heard the flash was not begun';
    return new BootctlError('job-lost', `Job ${job} on board ${board} is lost: ${why}; ${last}`, {
      hint: `${flash}, and the board may be in its bootloader or held in reset. The job is not repeated by itself: submit \`recover\` for this board once its worker is back.`,
    });
  }

  async #giveUpDead(database: Database, { worker }: JobRow): Promise<void> {
    const workers = await database.query<WorkerBeat>('SELECT name, life, beats FROM workers_there()');
    const dead = this.#watch.look(workers).find(({ name }) => name === worker?.name);
    if (dead) await database.query('SELECT give_up_worker($1, $2, $3)', dead.name, dead.life, dead.beats);
  }

  async #cancelLate(database: Database, { job, state, board }: JobRow): Promise<void> {
    const { within, clock } = this.#spec;
    if (state !== 'queued' || within === undefined || clock.now() - this.#began < within) return;
    const seconds = `${within / 1000} s`;
    try {
      await cancelJob(database, job, `nobody has begun it within ${seconds}`);
    } catch (error) {
      if (isBootctlError(error, 'job-not-queued')) return; // it has begun just now
      throw error;
    }
    throw new BootctlError('job-not-begun', `No worker has begun job ${job} for board ${board} within ${seconds}`);
  }
}

async function readTrace(database: Database, job: number): Promise<Uint8Array | undefined> {
  const [row] = await database.query<{ trace: Uint8Array | null }>('SELECT trace FROM board_job WHERE id = $1', job);
  return row?.trace ? gunzipSync(row.trace) : undefined;
}

function wordsOf(event: ProgressEvent): string {
  if (event.event === 'phase.finished') return `${event.phase}, done`;
  if (event.event === 'phase.started') return `${event.phase}, ${amount(event.total, event.unit)}`;
  if (event.event === 'phase.progress') return `${event.phase}, ${event.done} of ${amount(event.total, event.unit)}`;
  return eventText(event, true)?.trim() ?? event.event;
}
