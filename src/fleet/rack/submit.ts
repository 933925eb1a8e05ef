import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Database } from '../database.ts';
import type { BoardVerb, JobOptions, JobState } from './board-job.ts';
import type { JobImageFile } from './job-images.ts';

/** A board as its worker has described it. */
export interface KnownBoard {
  readonly name: string;
  readonly profile: BoardProfile;
  /** Scenario of a simulated board. */
  readonly scenario: string | null;
  /** Undefined where no worker has it now. */
  readonly worker: WorkerPresence | undefined;
}

/** Whether a worker is there, by the clock of the database: for people, it decides nothing. */
export interface WorkerPresence {
  readonly name: string;
  readonly isThere: boolean;
  /** Since its last beat; undefined before the first. */
  readonly silentSeconds: number | undefined;
}

interface BoardRow {
  readonly profile: BoardProfile;
  readonly scenario: string | null;
  readonly worker: string | null;
  readonly there: boolean | null;
  readonly silent: number | null;
}

/** @throws BootctlError `board-unknown` */
export async function knownBoard(database: Database, name: string): Promise<KnownBoard> {
  const [row] = await database.query<BoardRow>(
    `SELECT b.profile, b.scenario, w.name AS worker, w.is_there AS there,
        extract(epoch FROM clock_timestamp() - w.beat_at)::float8 AS silent
      FROM board b LEFT JOIN worker w ON w.name = b.worker WHERE b.name = $1`,
    name,
  );
  if (!row) throw await unknownBoard(database, name);
  const { profile, scenario, worker, there, silent } = row;
  const presence =
    worker === null ? undefined : { name: worker, isThere: there === true, silentSeconds: silent ?? undefined };
  return { name, profile, scenario, worker: presence };
}

async function unknownBoard(database: Database, name: string): Promise<BootctlError> {
  const rows = await database.query<{ name: string }>('SELECT name FROM board ORDER BY name');
  const names = rows.map((row) => row.name);
  const there = names.length === 0 ? 'no worker has had any' : `there are: ${names.join(', ')}`;
  return new BootctlError(
    'board-unknown',
    `No board is named ${JSON.stringify(name)}${didYouMean(name, names)}; ${there}`,
  );
}

/** A job as it is asked for. */
export interface Submission {
  /** Own id of the submitter: the same again is the same job. */
  readonly request: string;
  readonly board: string;
  readonly verb: BoardVerb;
  readonly files: readonly JobImageFile[];
  readonly options: JobOptions;
}

/** Stores the files, each once, and queues the job; may be repeated. Returns its number. @throws BootctlError `board-unknown` */
export async function submitJob(
  database: Database,
  { request, board, verb, files, options }: Submission,
): Promise<number> {
  for (const { sha256, name, content } of files) {
    const known = await database.query('SELECT 1 FROM image WHERE sha256 = $1', sha256);
    if (known.length === 0) await database.query('SELECT submit_image($1, $2, $3)', sha256, name, content);
  }
  const images = files.map(({ content: _, ...image }) => image);
  const [row] = await database.query<{ job: number }>(
    'SELECT submit_job($1, $2, $3, $4, $5) AS job',
    ...[request, board, verb, JSON.stringify(images), JSON.stringify(options)],
  );
  return row!.job;
}

/** @throws BootctlError `job-unknown`, `job-not-queued` where it has begun or ended */
export async function cancelJob(database: Database, job: number, reason: string): Promise<void> {
  const [row] = await database.query<{ done: boolean }>('SELECT cancel_job($1, $2) AS done', job, reason);
  if (row!.done) return;
  const state = await stateOf(database, job);
  throw new BootctlError('job-not-queued', `Job ${job} is ${state}: it cannot be cancelled any more`);
}

async function stateOf(database: Database, job: number): Promise<JobState> {
  const [row] = await database.query<{ state: JobState }>('SELECT state FROM board_job WHERE id = $1', job);
  if (!row) throw unknownJob(job);
  return row.state;
}

export const unknownJob = (job: number): BootctlError => new BootctlError('job-unknown', `There is no job ${job}`);
