import { randomUUID } from 'node:crypto';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { failedResult } from '../../ops/result.ts';
import type { Database } from '../database.ts';
import type { BoardVerb, JobImage, JobOptions } from './board-job.ts';
import { jobImage } from './job-images.ts';
import type { PatientDatabase } from './patient-database.ts';
import { type ProcessDoors, type ProcessResult, runInProcess } from './process-of-job.ts';
import { ProgressSender } from './progress-sender.ts';
import type { RackBoard } from './rack-file.ts';

/** A job that this worker may run, and nobody else: its row says so. */
interface TakenJob {
  readonly verb: BoardVerb;
  readonly images: readonly JobImage[];
  readonly options: JobOptions;
}

export interface BoardJobSpec {
  readonly job: number;
  readonly board: RackBoard;
  readonly database: PatientDatabase;
  /** Of this process of the worker. */
  readonly life: string;
  readonly doors: ProcessDoors;
  /** Aborted: nothing is begun any more, and what runs ends in order. */
  readonly stopping: AbortSignal;
  /** Aborted: the database is not waited for any more. */
  readonly leaving: AbortSignal;
  readonly onTaken: (verb: BoardVerb) => void;
}

/** How a job ended: as its row has it, or that its row had somebody else's name. */
export type BoardJobEnd = ProcessResult | { readonly lost: string } | 'not-taken';

/**
 * Runs a job at most once. Its row is taken by one UPDATE before anything moves; what is asked of the database may be asked twice, and
 * counts once. @throws BootctlError those of the database but `fleet-unreachable`, and the reason of `leaving`
 */
export async function runBoardJob(spec: BoardJobSpec): Promise<BoardJobEnd> {
  const { job, database, life, stopping, leaving } = spec;
  const take = randomUUID();
  if (stopping.aborted) return 'not-taken';
  const ask = <Answer>(work: (open: Database) => Promise<Answer>) => database.ask(work, leaving);
  const [taken] = await ask((open) =>
    open.query<TakenJob>('SELECT verb, images, options FROM worker_take($1, $2, $3)', life, job, take),
  );
  if (!taken) return 'not-taken';
  spec.onTaken(taken.verb);
  const progress = new ProgressSender(database, take);
  const end = await doJob(spec, taken, take, progress);
  await progress.end();
  if ('lost' in end) await ask((open) => open.query('SELECT worker_lost($1, $2)', take, end.lost));
  else {
    const { result, trace } = end;
    await ask((open) => open.query('SELECT worker_done($1, $2, $3)', take, JSON.stringify(result), trace ?? null));
  }
  return end;
}

async function doJob(
  { board: { profile }, database, doors, stopping, leaving }: BoardJobSpec,
  { verb, images, options }: TakenJob,
  take: string,
  progress: ProgressSender,
): Promise<ProcessResult | { readonly lost: string }> {
  try {
    const files = await Promise.all(
      images.map(async (image) => {
        const [row] = await database.ask(
          (open) => open.query<{ content: Uint8Array }>('SELECT worker_image($1, $2) AS content', take, image.sha256),
          leaving,
        );
        return { ...image, content: row!.content };
      }),
    );
    const image = jobImage(files, profile);
    const onProgress: Parameters<typeof runInProcess>[0]['onProgress'] = (at, event) => progress.add(at, event);
    return await runInProcess({ profile, image, verb, options, signal: stopping, onProgress }, doors);
  } catch (error) {
    if (isBootctlError(error, 'slot-lost')) return { lost: error.message };
    if (error instanceof BootctlError) return { result: failedResult(error), trace: undefined };
    return { lost: `bootctl itself failed: ${error instanceof Error ? error.message : error}` };
  }
}
