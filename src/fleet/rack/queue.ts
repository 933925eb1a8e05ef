import { EventEmitter } from 'node:events';
import { Logger, runMigrations, runTaskList, type TaskList, type WorkerEvents } from 'graphile-worker';
import { type Database, type DatabaseOptions, databasePool } from '../database.ts';

/** What it says stands in the tables: whether a job has run is not its to know. */
const silent = new Logger(() => () => {});

/**
 * What a worker needs of the tables of graphile-worker, as its queries are written (its src/sql/*.ts): row security leaves it the
 * jobs of its own boards. `add_job` and all else stays with the owner, who speaks through the functions of the schema `bootctl`.
 */
const grants: readonly string[] = [
  'GRANT USAGE ON SCHEMA graphile_worker TO bootctl_worker',
  'GRANT SELECT, INSERT ON graphile_worker._private_tasks TO bootctl_worker',
  'GRANT SELECT, UPDATE ON graphile_worker._private_job_queues TO bootctl_worker',
  'GRANT SELECT, UPDATE, DELETE ON graphile_worker._private_jobs TO bootctl_worker',
  'DROP POLICY IF EXISTS bootctl_worker ON graphile_worker._private_tasks',
  'DROP POLICY IF EXISTS bootctl_worker ON graphile_worker._private_job_queues',
  'DROP POLICY IF EXISTS bootctl_worker ON graphile_worker._private_jobs',
  `CREATE POLICY bootctl_worker ON graphile_worker._private_tasks TO bootctl_worker USING (bootctl.is_own_board(identifier))`,
  `CREATE POLICY bootctl_worker ON graphile_worker._private_job_queues TO bootctl_worker USING (bootctl.is_own_board(queue_name))`,
  `CREATE POLICY bootctl_worker ON graphile_worker._private_jobs TO bootctl_worker
    USING (task_id IN (SELECT id FROM graphile_worker._private_tasks))`,
];

/** Makes the schema of graphile-worker, or brings it up to date, with the rights of workers. Comes after `migrate`. */
export async function makeQueue(database: Database, address: string, options: DatabaseOptions): Promise<void> {
  const pgPool = databasePool(address, { ...options, most: 1 });
  try {
    await runMigrations({ pgPool, logger: silent });
  } finally {
    await pgPool.end();
  }
  await database.transaction(async () => {
    for (const statement of grants) await database.query(statement);
  });
}

/** The jobs of some boards, one after the other on each board. */
export interface Queue {
  /** Takes nothing more; resolves when what is under way has ended. */
  stop(): Promise<void>;
  /** It has stopped by itself: a job was done, and the database could not be told. */
  readonly broken: AbortSignal;
}

export interface QueueSpec {
  readonly address: string;
  readonly options: DatabaseOptions;
  readonly boards: readonly string[];
  /** Never rejects: what goes wrong with a job is said in its own row. */
  readonly run: (board: string, job: number) => Promise<void>;
}

/** Takes jobs as they come, until it is stopped. It finds a database that was away by itself. */
export function takeJobs({ address, options, boards, run }: QueueSpec): Queue {
  // A connection that listens, and one for each board and its answer.
  const pgPool = databasePool(address, { ...options, most: boards.length + 2 });
  // Lost connections; the next query makes a new one, and an answer under way fails by itself.
  pgPool.on('error', () => {});
  pgPool.on('connect', (client) => client.on('error', () => {}));
  const events = new EventEmitter() as WorkerEvents;
  const broken = new AbortController();
  events.on('worker:fatalError', () => broken.abort());
  const tasks: TaskList = Object.fromEntries(
    boards.map((board) => [`board:${board}`, (payload: unknown) => run(board, (payload as { job: number }).job)]),
  );
  const pool = runTaskList(
    { noHandleSignals: true, logger: silent, events, concurrency: boards.length, noPreparedStatements: true },
    tasks,
    pgPool,
  );
  return {
    broken: broken.signal,
    stop: async () => {
      await pool.gracefulShutdown().catch(() => {}); // it cannot say goodbye where the database is away
      await pgPool.end();
    },
  };
}
