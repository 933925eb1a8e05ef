import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Database } from '../database.ts';
import type { BoardVerb, JobOptions } from './board-job.ts';
import type { JobImageFile } from './job-images.ts';
import { readJob } from './read-jobs.ts';

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
    const [row] = await database.query<{ known: boolean }>('SELECT submit_known_image($1) AS known', sha256);
    if (!row!.known) await database.query('SELECT submit_image($1, $2, $3)', sha256, name, content);
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
  const { state } = await readJob(database, job);
  throw new BootctlError('job-not-queued', `Job ${job} is ${state}: it cannot be cancelled any more`);
}

/** What was forgotten. */
export interface Forgotten {
  readonly jobs: number;
  readonly images: number;
}

/** Events and traces of jobs that ended longer ago than `age`, and images that nothing else has. Their results stay. */
export async function forgetJobs(database: Database, age: Milliseconds): Promise<Forgotten> {
  const [row] = await database.query<Forgotten>('SELECT jobs, images FROM forget_jobs($1)', age / 1000);
  return row!;
}
