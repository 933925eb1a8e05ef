import { randomUUID } from 'node:crypto';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { version } from '../../base/version.ts';
import type { Database } from '../database.ts';
import { BeatWatch, type WorkerBeat, workerBeat } from './beat-watch.ts';
import { type BoardVerb, transferPatience } from './board-job.ts';
import { PatientDatabase, pause, reconnectPause } from './patient-database.ts';
import type { ProcessDoors } from './process-of-job.ts';
import type { Queue } from './queue.ts';
import type { Rack } from './rack-file.ts';
import { type BoardJobEnd, runBoardJob } from './run-board-job.ts';

/** What a worker says while it works. */
export type RackNews =
  | { readonly news: 'ready'; readonly boards: readonly string[] }
  /** Another worker that is there has the board. */
  | { readonly news: 'refused'; readonly board: string; readonly owner: string }
  | { readonly news: 'waiting-for-own'; readonly worker: string }
  /** The database: once, until it is back. */
  | { readonly news: 'away'; readonly error: BootctlError }
  | { readonly news: 'back' }
  | { readonly news: 'gave-up'; readonly worker: string }
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

/** Whose a board is, as the database answers a hello. */
interface OwnedBoard {
  readonly board: string;
  readonly owner: string;
}

/** The worker of a host: says hello for its boards, takes their jobs, and sees which other workers stand still. */
export class RackWorker {
  readonly #spec: RackWorkerSpec;
  readonly #life = randomUUID();
  readonly #watch: BeatWatch;
  /** For the jobs, beside the connection that beats. */
  readonly #database: PatientDatabase;
  /** Nothing is taken any more, and what runs ends in order. */
  readonly #stopping = new AbortController();
  /** All has ended. */
  readonly #stopped = new AbortController();
  /** The database is not waited for any more. */
  readonly #leaving = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  #boards: readonly OwnedBoard[] = [];
  /** Of workers that have boards which are asked for here: their beats when they were first seen. */
  readonly #ownersBefore = new Map<string, number>();
  #queue: { readonly queue: Queue; readonly boards: string } | undefined;
  #isAway = false;
  /** The database knows this process as the worker. */
  #isKnown = false;
  #failure: unknown;
  #ending: Promise<void> | undefined;

  constructor(spec: RackWorkerSpec) {
    this.#spec = spec;
    this.#watch = new BeatWatch(() => spec.doors.clock.now(), spec.deadLimit);
    this.#database = new PatientDatabase(() => spec.connect(transferPatience), spec.doors.clock);
  }

  /**
   * Works until it is told to stop.
   * @throws BootctlError `worker-taken-over`, the reason of `stopping` while it waits for its place, `board-taken` where no board is left to it, `fleet-refused` and others of the database
   */
  async run(stopping: AbortSignal): Promise<void> {
    const { tell, doors } = this.#spec;
    const stop = () => void this.#stop(stopping.reason);
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
    try {
      while (!this.#stopped.signal.aborted) {
        await this.#serve().catch((error: unknown) => {
          if (!isBootctlError(error, 'fleet-unreachable')) throw error;
          if (!this.#isAway && !this.#stopping.signal.aborted) tell({ news: 'away', error });
          this.#isAway = true;
        });
        await pause(doors.clock, reconnectPause, this.#stopped.signal);
      }
    } finally {
      stopping.removeEventListener('abort', stop);
      await this.#stop(stopping.reason);
      await this.#database[Symbol.asyncDispose]();
    }
  }

  /** What runs is aborted, and ends in order: once, however often it is asked for. */
  #stop(reason: unknown): Promise<void> {
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
    this.#stopped.abort();
  }

  /** One connection, until it is lost or all has ended. */
  async #serve(): Promise<void> {
    const { connect, doors } = this.#spec;
    const stopped = this.#stopped.signal;
    await using database = await connect();
    if (!this.#stopping.signal.aborted) await this.#greet(database);
    if (this.#isAway) this.#spec.tell({ news: 'back' });
    this.#isAway = false;
    while (!stopped.aborted) {
      await pause(doors.clock, workerBeat, stopped, database.lost, this.#queue?.queue.broken);
      if (stopped.aborted) break;
      database.lost.throwIfAborted();
      if (this.#failure) throw this.#failure;
      const [row] = await database.query<{ there: boolean }>('SELECT worker_beat($1) AS there', this.#life);
      const isOthers = await this.#lookAtOthers(database);
      const isStale = !row!.there || isOthers || this.#queue?.queue.broken.aborted;
      if (isStale && !this.#stopping.signal.aborted) await this.#greet(database);
    }
    if (this.#isKnown) await database.query('SELECT worker_leave($1)', this.#life);
  }

  async #greet(database: Database): Promise<void> {
    const { rack, doors, tell } = this.#spec;
    const scenario = doors.simulated?.scenario ?? null;
    const given = JSON.stringify(rack.boards.map(({ name, profile }) => ({ name, profile, scenario })));
    const hello = () =>
      database.query<OwnedBoard>('SELECT board, owner FROM worker_hello($1, $2, $3)', this.#life, version(), given);
    const before = new Set(this.#refused().map(({ board }) => board));
    this.#boards = await hello().catch(async (error: unknown) => {
      if (!isBootctlError(error, 'worker-taken-over')) throw error;
      await this.#awaitOwnPlace(database, error);
      return hello();
    });
    this.#isKnown = true;
    for (const { board, owner } of this.#refused()) {
      if (!before.has(board)) tell({ news: 'refused', board, owner });
    }
    this.#openQueue(this.#boards.filter(({ owner }) => owner === rack.worker).map(({ board }) => board));
  }

  /** A process of this worker that was killed stands still; one that lives has its place. @throws `taken` */
  async #awaitOwnPlace(database: Database, taken: BootctlError): Promise<void> {
    const { rack, doors, tell } = this.#spec;
    let first: WorkerBeat | undefined;
    for (;;) {
      const workers = await workersThere(database);
      const own = workers.find(({ name }) => name === rack.worker);
      if (!own || own.life === this.#life) return;
      if (!first) tell({ news: 'waiting-for-own', worker: rack.worker });
      first ??= own;
      if (own.life !== first.life || own.beats > first.beats) throw taken;
      if (this.#watch.look(workers).some(({ name }) => name === own.name) && (await giveUp(database, own))) return;
      await pause(doors.clock, workerBeat, this.#stopping.signal, database.lost);
      this.#stopping.signal.throwIfAborted();
      database.lost.throwIfAborted();
    }
  }

  /** Gives up those that stand still; true where one of them had a board that is asked for here. */
  async #lookAtOthers(database: Database): Promise<boolean> {
    const { tell, rack } = this.#spec;
    const workers = await workersThere(database);
    const gone: string[] = [];
    for (const worker of this.#watch.look(workers)) {
      if (worker.name === rack.worker || !(await giveUp(database, worker))) continue;
      tell({ news: 'gave-up', worker: worker.name });
      gone.push(worker.name);
    }
    this.#refuseAll(workers);
    return this.#refused().some(({ owner }) => gone.includes(owner));
  }

  /** Nothing is left to do here, once each of the others was seen to live. @throws BootctlError `board-taken` */
  #refuseAll(workers: readonly WorkerBeat[]): void {
    const refused = this.#refused();
    const isAlive = (owner: string) => {
      const beats = workers.find(({ name }) => name === owner)?.beats ?? 0;
      const before = this.#ownersBefore.get(owner) ?? beats;
      this.#ownersBefore.set(owner, before);
      return beats > before;
    };
    const living = refused.filter(({ owner }) => isAlive(owner));
    if (refused.length === 0 || living.length < this.#boards.length) return;
    const named = living.map(({ board, owner }) => `${board} belongs to worker ${owner}`);
    throw new BootctlError('board-taken', `No board is left to worker ${this.#spec.rack.worker}: ${named.join(', ')}`);
  }

  #refused(): readonly OwnedBoard[] {
    return this.#boards.filter(({ owner }) => owner !== this.#spec.rack.worker);
  }

  #openQueue(names: readonly string[]): void {
    const boards = names.join(' ');
    if (this.#queue?.boards === boards && !this.#queue.queue.broken.aborted) return;
    // What runs in the old one goes on; the new one waits for it, board by board.
    void this.#queue?.queue.stop();
    this.#queue = undefined;
    if (names.length === 0) return;
    const queue = this.#spec.takeJobs(names, (board, job) => this.#runNext(board, job));
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
      this.#failure ??= error;
    }
  }
}

const workersThere = (database: Database): Promise<readonly WorkerBeat[]> =>
  database.query<WorkerBeat>('SELECT name, life, beats FROM workers_there()');

/** False where it has beaten meanwhile, or somebody else was faster. */
async function giveUp(database: Database, { name, life, beats }: WorkerBeat): Promise<boolean> {
  const [row] = await database.query<{ gone: boolean }>('SELECT give_up_worker($1, $2, $3) AS gone', name, life, beats);
  return row!.gone;
}

const notTold = () =>
  new BootctlError(
    'fleet-unreachable',
    'The database was away until the worker ended: it does not know how its job ended',
  );
