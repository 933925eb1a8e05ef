import { randomUUID } from 'node:crypto';
import { type Actor, createActor, fromPromise, toPromise } from 'xstate';
import { type RackWorkerEvent, rackWorkerMachine, type WorkerNews } from '../../../machines/rack-worker.machine.ts';
import type { OwnedBoard, WorkerBeat, WorkersSeen } from '../../../machines/rack-worker.policy.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { version } from '../../base/version.ts';
import type { Database, Parameter } from '../database.ts';
import { BeatWatch } from './beat-watch.ts';
import { type BoardVerb, transferPatience } from './board-job.ts';
import { PatientDatabase } from './patient-database.ts';
import type { ProcessDoors } from './process-of-job.ts';
import type { Queue } from './queue.ts';
import type { Rack } from './rack-file.ts';
import { type BoardJobEnd, runBoardJob } from './run-board-job.ts';

/** What a worker says while it works. */
export type RackNews =
  | WorkerNews
  | { readonly news: 'ready'; readonly boards: readonly string[] }
  | { readonly news: 'begun'; readonly job: number; readonly board: string; readonly verb: BoardVerb }
  | { readonly news: 'ended'; readonly job: number; readonly board: string; readonly end: BoardJobEnd };

export interface RackWorkerSpec {
  readonly rack: Rack;
  /** `patience`: so long an answer is waited for; the usual one without it. */
  readonly connect: (patience?: Milliseconds) => Promise<Database>;
  readonly takeJobs: (boards: readonly string[], run: (board: string, job: number) => Promise<void>) => Queue;
  readonly doors: ProcessDoors;
  readonly tell: (news: RackNews) => void;
  /** Of the beats of other workers. */
  readonly deadLimit?: Milliseconds;
}

/** A job that was aborted has ended by then, and the database has been told, if it is there. */
const leaveLimit: Milliseconds = 40_000;

/** The worker of a host: what machines/rack-worker.machine.ts decides, done with a database, a queue and processes. */
export class RackWorker {
  readonly #spec: RackWorkerSpec;
  readonly #life = randomUUID();
  readonly #watch: BeatWatch;
  readonly #actor: Actor<typeof rackWorkerMachine>;
  /** The connection that beats. */
  #link: Database | undefined;
  /** For the jobs, beside it. */
  readonly #database: PatientDatabase;
  /** Nothing is taken any more, and what runs ends in order. */
  readonly #stopping = new AbortController();
  /** The database is not waited for any more. */
  readonly #leaving = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  #queue: { readonly queue: Queue; readonly boards: string } | undefined;
  #ending: Promise<void> | undefined;

  constructor(spec: RackWorkerSpec) {
    this.#spec = spec;
    const { rack, doors, tell } = spec;
    this.#watch = new BeatWatch(() => doors.clock.now(), spec.deadLimit);
    this.#database = new PatientDatabase(() => spec.connect(transferPatience), doors.clock);
    const input = { worker: rack.worker, life: this.#life };
    this.#actor = createActor(this.#machine(), { input, clock: doors.clock });
    this.#actor.on('worker.news', ({ news }) => tell(news));
    this.#actor.on('boards.given', ({ boards }) => this.#openQueue(boards));
  }

  /**
   * Works until it is told to stop.
   * @throws BootctlError `worker-taken-over`, `board-taken` where no board is left to it, `fleet-refused` and others of the database
   */
  async run(stopping: AbortSignal): Promise<void> {
    const stop = () => void this.#stop(stopping.reason);
    stopping.addEventListener('abort', stop, { once: true });
    const ended = toPromise(this.#actor);
    this.#actor.start();
    if (stopping.aborted) stop();
    try {
      const { failure } = await ended;
      if (failure) throw failure;
    } finally {
      stopping.removeEventListener('abort', stop);
      await this.#stop(stopping.reason);
      await this.#link?.[Symbol.asyncDispose]();
      await this.#database[Symbol.asyncDispose]();
    }
  }

  #machine() {
    return rackWorkerMachine.provide({
      actors: {
        connect: fromPromise(() => this.#connect()),
        greet: fromPromise(() => this.#greet()),
        look: fromPromise(() => this.#look()),
        beat: fromPromise(async () => {
          const [row] = await this.#query<{ there: boolean }>('SELECT worker_beat($1) AS there', this.#life);
          return { isKnown: row!.there, ...(await this.#look()) };
        }),
        giveUp: fromPromise<{ isGone: boolean }, WorkerBeat>(async ({ input: { name, life, beats } }) => {
          const ask = 'SELECT give_up_worker($1, $2, $3) AS gone';
          const [row] = await this.#query<{ gone: boolean }>(ask, name, life, beats);
          return { isGone: row!.gone };
        }),
        leave: fromPromise(async () => {
          await this.#query('SELECT worker_leave($1)', this.#life);
        }),
      },
    });
  }

  async #connect(): Promise<void> {
    const before = this.#link;
    this.#link = undefined;
    await before?.[Symbol.asyncDispose]();
    const link = await this.#spec.connect();
    if (this.#actor.getSnapshot().status !== 'active') return link[Symbol.asyncDispose]();
    this.#link = link;
    link.lost.addEventListener('abort', () => {
      if (link === this.#link) this.#send({ type: 'connection.lost', error: link.lost.reason });
    });
  }

  #greet(): Promise<readonly OwnedBoard[]> {
    const { rack, doors } = this.#spec;
    const scenario = doors.simulated?.scenario ?? null;
    const given = JSON.stringify(rack.boards.map(({ name, profile }) => ({ name, profile, scenario })));
    return this.#query<OwnedBoard>(
      'SELECT board, owner FROM worker_hello($1, $2, $3)',
      ...[this.#life, version(), given],
    );
  }

  async #look(): Promise<WorkersSeen> {
    const workers = await this.#query<WorkerBeat>('SELECT name, life, beats FROM workers_there()');
    return { workers, still: this.#watch.look(workers) };
  }

  #query<Row>(sql: string, ...values: readonly Parameter[]): Promise<readonly Row[]> {
    return this.#link!.query<Row>(sql, ...values);
  }

  #send(event: RackWorkerEvent): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
  }

  /** What runs is aborted, and ends in order: once, however often it is asked for. */
  #stop(reason: unknown): Promise<void> {
    this.#send({ type: 'worker.stopping' });
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: unknown): Promise<void> {
    this.#stopping.abort(reason);
    const { clock } = this.#spec.doors;
    const timer = clock.setTimeout(() => this.#leaving.abort(notTold()), leaveLimit);
    await this.#queue?.queue.stop();
    await Promise.all(this.#busy.values()); // of a queue that was replaced
    clock.clearTimeout(timer);
    this.#send({ type: 'jobs.ended' });
  }

  #openQueue(names: readonly string[]): void {
    const boards = names.join(' ');
    if (this.#queue?.boards === boards && !this.#queue.queue.broken.aborted) return;
    // What runs in the old one goes on; the new one waits for it, board by board.
    void this.#queue?.queue.stop();
    this.#queue = undefined;
    if (names.length === 0) return;
    const queue = this.#spec.takeJobs(names, (board, job) => this.#runNext(board, job));
    queue.broken.addEventListener('abort', () => this.#send({ type: 'queue.broken' }), { once: true });
    this.#queue = { queue, boards };
    this.#spec.tell({ news: 'ready', boards: names });
  }

  /** After what still runs on the board. */
  #runNext(board: string, job: number): Promise<void> {
    const before = this.#busy.get(board) ?? Promise.resolve();
    const work = before.then(() => this.#run(board, job));
    this.#busy.set(board, work);
    return work;
  }

  async #run(name: string, job: number): Promise<void> {
    const { rack, doors, tell } = this.#spec;
    const board = rack.boards.find((one) => one.name === name)!;
    try {
      const end = await runBoardJob({
        ...{ job, board, doors, database: this.#database, life: this.#life },
        ...{ stopping: this.#stopping.signal, leaving: this.#leaving.signal },
        onTaken: (verb) => tell({ news: 'begun', job, board: name, verb }),
      });
      if (end !== 'not-taken') tell({ news: 'ended', job, board: name, end });
    } catch (error) {
      this.#send({ type: 'job.failed', error });
    }
  }
}

const notTold = () =>
  new BootctlError(
    'fleet-unreachable',
    'The database was away until the worker ended: it does not know how its job ended',
  );
