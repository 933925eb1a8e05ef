import { BootctlError } from '../../base/errors.ts';
import type { RecoverResult } from '../../ops/job/events.ts';
import type { Database } from '../database.ts';
import type { BoardVerb, JobState } from './board-job.ts';
import { presenceColumns, presenceOf, type StoredPresence, type WorkerPresence } from './read-boards.ts';

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
  /** Of a job that is done. */
  readonly result: RecoverResult | null;
  /** Whether a trace was asked for, and is here. */
  readonly trace: 'not-asked' | 'here' | 'not-here';
}

/** @throws BootctlError `job-unknown` */
export async function readJob(database: Database, job: number): Promise<JobRow> {
  const [row] = await rowsOf(database, 'WHERE j.id = $1', job);
  if (!row) throw new BootctlError('job-unknown', `There is no job ${job}`);
  return row;
}

/** The last ones that were submitted, the newest first. */
export const lastJobs = (database: Database, most: number): Promise<readonly JobRow[]> =>
  rowsOf(database, 'ORDER BY j.id DESC LIMIT $1', most);

async function rowsOf(database: Database, which: string, value: number): Promise<readonly JobRow[]> {
  const rows = await database.query<Omit<JobRow, 'worker'> & StoredPresence>(
    `SELECT j.id AS job, j.board, j.verb, j.state, j.why, j.result, b.scenario,
        CASE WHEN coalesce((j.options ->> 'trace')::boolean, false) IS FALSE THEN 'not-asked' WHEN j.trace IS NULL THEN 'not-here' ELSE 'here' END AS trace, ${presenceColumns}
      FROM board_job j JOIN board b ON b.name = j.board LEFT JOIN worker w ON w.name = coalesce(j.worker, b.worker) ${which}`,
    value,
  );
  return rows.map(({ worker, there, silent, ...job }) => ({ ...job, worker: presenceOf({ worker, there, silent }) }));
}
