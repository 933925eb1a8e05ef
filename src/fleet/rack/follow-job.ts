import { gunzipSync } from 'node:zlib';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { Database } from '../database.ts';
import { BeatWatch, type WorkerBeat } from './beat-watch.ts';
import type { BoardVerb, JobState } from './board-job.ts';
import { pause, reconnectPause } from './patient-database.ts';
import { cancelJob, unknownJob, type WorkerPresence } from './submit.ts';

/** A job as its row has it. */
export interface JobRow {
  readonly job: number;
  readonly board: string;
  readonly verb: BoardVerb;
  readonly state: JobState;
  /** Of the board now, while the job is queued; else the one that has taken it. */
  readonly worker: WorkerPresence | undefined;
  /** Scenario of a simulated board. */
  readonly scenario: string | null;
  /** Why it was lost or cancelled. */
  readonly why: string | null;
}

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
  /** The database is away; it is looked for until it is back. */
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
  for (;;) {
    spec.signal.throwIfAborted();
    try {
      await using database = await spec.connect();
      return await follower.follow(database);
    } catch (error) {
      if (!isBootctlError(error, 'fleet-unreachable')) throw error;
      spec.onAway(error);
    }
    await pause(spec.clock, reconnectPause, spec.signal);
  }
}

/** What was heard stays heard over a lost connection. */
class Follower {
  readonly #spec: FollowSpec;
  readonly #watch: BeatWatch;
  readonly #began: Milliseconds;
  #heard = 0;
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
      await this.#hearEvents(database);
      this.#show(row);
      if (row.state === 'done') return readEnd(database, job);
      if (row.state === 'lost') throw lost(row);
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
      this.#spec.onEvent({ at, event });
    }
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

interface Row {
  readonly board: string;
  readonly verb: BoardVerb;
  readonly state: JobState;
  readonly why: string | null;
  readonly scenario: string | null;
  readonly worker: string | null;
  readonly there: boolean | null;
  readonly silent: number | null;
}

/** @throws BootctlError `job-unknown` */
export async function readJob(database: Database, job: number): Promise<JobRow> {
  const [row] = await database.query<Row>(
    `SELECT j.board, j.verb, j.state, j.why, b.scenario, w.name AS worker, w.is_there AS there,
        extract(epoch FROM clock_timestamp() - w.beat_at)::float8 AS silent
      FROM board_job j JOIN board b ON b.name = j.board LEFT JOIN worker w ON w.name = coalesce(j.worker, b.worker)
      WHERE j.id = $1`,
    job,
  );
  if (!row) throw unknownJob(job);
  const { worker, there, silent, ...rest } = row;
  const presence =
    worker === null ? undefined : { name: worker, isThere: there === true, silentSeconds: silent ?? undefined };
  return { job, ...rest, worker: presence };
}

async function readEnd(database: Database, job: number): Promise<JobEnd> {
  const [row] = await database.query<{ result: RecoverResult; trace: Uint8Array | null }>(
    'SELECT result, trace FROM board_job WHERE id = $1',
    job,
  );
  const { result, trace } = row!;
  return { result, trace: trace === null ? undefined : gunzipSync(trace) };
}

const lost = ({ job, board, why }: JobRow): BootctlError =>
  new BootctlError('job-lost', `Job ${job} on board ${board} is lost: ${why}`);
