import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundledProgram } from '../../src/base/hardware-folder.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/fleet/database.ts';
import { joinWorker } from '../../src/fleet/join.ts';
import type { BoardVerb, JobOptions } from '../../src/fleet/rack/board-job.ts';
import { type FollowSpec, followJob, type JobEvent } from '../../src/fleet/rack/follow-job.ts';
import { jobImageFile } from '../../src/fleet/rack/job-images.ts';
import type { SimulatedBoards } from '../../src/fleet/rack/process-of-job.ts';
import { makeQueue, takeJobs } from '../../src/fleet/rack/queue.ts';
import { readRack } from '../../src/fleet/rack/rack-file.ts';
import { type RackNews, RackWorker } from '../../src/fleet/rack/rack-worker.ts';
import type { JobRow } from '../../src/fleet/rack/read-jobs.ts';
import { submitJob } from '../../src/fleet/rack/submit.ts';
import { forkProcess } from '../../src/host/system/forked-process.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { firmware } from './command.ts';
import { TestFleet } from './fleet.ts';
import type { PostgresServer } from './postgres.ts';

/** A boards.yaml of boards with the reference circuit. */
export const rackText = (worker: string, boards: readonly string[]): string =>
  [
    `worker: ${worker}`,
    'boards:',
    ...boards.map(
      (name, index) => `  ${name}: { profile: rc-cap, adapter: "1-3.${index + 1}", target: "1-2.${index + 1}" }`,
    ),
  ].join('\n');

/** Shorter than a real one, so that a test ends. */
const deadLimit = 5_000;

/** A worker of simulated boards in this process. */
export class TestWorker implements AsyncDisposable {
  readonly news: RackNews[] = [];
  readonly ended: Promise<unknown>;
  readonly #stop = new AbortController();
  #heard = () => {};

  constructor(text: string, address: string, options: DatabaseOptions, simulated: SimulatedBoards) {
    const worker = new RackWorker({
      rack: readRack(text, '/rack/boards.yaml'),
      connect: (patience) => openDatabase(address, { ...options, ...(patience === undefined ? {} : { patience }) }),
      takeJobs: (boards, run) => takeJobs({ address, options, boards, run }),
      doors: {
        start: (onMessage) => forkProcess(bundledProgram('slot'), onMessage),
        clock: systemClock,
        simulated,
      },
      tell: (news) => {
        this.news.push(news);
        this.#heard();
      },
      deadLimit,
    });
    this.ended = worker.run(this.#stop.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  async heard(kind: RackNews['news']): Promise<RackNews> {
    for (;;) {
      const found = this.news.find(({ news }) => news === kind);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

/** A fleet with a queue, and boards in it. */
export class TestRack implements AsyncDisposable {
  readonly fleet: TestFleet;
  readonly #server: PostgresServer;
  readonly #addresses = new Map<string, string>();

  private constructor(server: PostgresServer, fleet: TestFleet) {
    this.#server = server;
    this.fleet = fleet;
  }

  static async make(server: PostgresServer): Promise<TestRack> {
    const fleet = await TestFleet.make(server);
    await makeQueue(fleet.office, fleet.address, { name: 'test' });
    return new TestRack(server, fleet);
  }

  /** Address by which the worker that joins logs in. */
  async join(name: string): Promise<string> {
    const { user, password } = await joinWorker(this.fleet.office, name, 'anna');
    const address = this.#server.address(user, password, new URL(this.fleet.address).pathname.slice(1));
    this.#addresses.set(name, address);
    return address;
  }

  /** Of one that has joined. */
  addressOf(name: string): string {
    return this.#addresses.get(name)!;
  }

  async worker(name: string, boards: readonly string[], simulated: Partial<SimulatedBoards> = {}): Promise<TestWorker> {
    const address = await this.join(name);
    const made = { scenario: 'crashed', time: 'virtual' as const, ...simulated };
    return new TestWorker(rackText(name, boards), address, { name }, made);
  }

  /** The same worker, in a process that has not been there before. */
  async again(name: string, boards: readonly string[]): Promise<TestWorker> {
    const simulated = { scenario: 'crashed', time: 'virtual' } as const;
    const worker = new TestWorker(rackText(name, boards), this.addressOf(name), { name }, simulated);
    await worker.heard('ready');
    return worker;
  }

  submit(board: string, verb: BoardVerb = 'recover', options: JobOptions = {}): Promise<number> {
    const files = verb === 'reset' ? [] : [jobImageFile(readFileSync(firmware), 'blink-f405.hex', undefined)];
    return submitJob(this.fleet.office, { request: randomUUID(), board, verb, files, options });
  }

  follow(job: number, changes: Partial<FollowSpec> = {}) {
    const events: JobEvent[] = [];
    const states: JobRow[] = [];
    const end = followJob({
      job,
      connect: (): Promise<Database> => openDatabase(this.fleet.address, { name: 'follower' }),
      clock: systemClock,
      signal: new AbortController().signal,
      onState: (row) => states.push(row),
      onEvent: (event) => events.push(event),
      onAway: () => {},
      deadLimit,
      ...changes,
    });
    return { end, events, states };
  }

  /** Jobs that the queue still has. */
  async queued(): Promise<number> {
    const [row] = await this.fleet.office.query<{ jobs: number }>('SELECT count(*) AS jobs FROM graphile_worker.jobs');
    return row!.jobs;
  }

  /** Of these, the ones that somebody has taken from it. */
  async locked(): Promise<number> {
    const [row] = await this.fleet.office.query<{ jobs: number }>(
      'SELECT count(*) AS jobs FROM graphile_worker.jobs WHERE locked_by IS NOT NULL',
    );
    return row!.jobs;
  }

  async state(job: number): Promise<string> {
    const [row] = await this.fleet.office.query<{ state: string }>('SELECT state FROM board_job WHERE id = $1', job);
    return row!.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}
