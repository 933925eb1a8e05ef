import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import {
  type ClaimedAnswer,
  type FromSlot,
  messageFromSlot,
  type RefusedAnswer,
  type SlotDone,
  type SlotJob,
  type SlotSetup,
} from '../slot/slot-messages.ts';

/** A running slot process, as `src/host/system/forked-process.ts` has it. */
export interface SlotProcess {
  readonly pid: number | undefined;
  send(message: unknown): void;
  kill(): void;
  /** How it ended, in words. */
  readonly exited: Promise<string>;
}

export type StartSlotProcess = (onMessage: (message: unknown) => void) => SlotProcess;

/** What is heard of a job while it runs. */
export type JobNews = Extract<FromSlot, { readonly type: 'progress' | 'step' | 'identified' }>;

export interface SlotWorkerSpec {
  readonly start: StartSlotProcess;
  readonly setup: SlotSetup;
  readonly clock: Clock;
}

/** From the start of the process until it has loaded its profile and image. */
const startLimit: Milliseconds = 30_000;
/** A process that beats each second has not been heard. A busy computer and a standstill in a hold window are shorter. */
const silenceLimit: Milliseconds = 15_000;
/** Longer than any step of a job goes without a word: the erase of a whole flash of 2 MB takes up to 64 s (DS8626). */
const quietLimit: Milliseconds = 180_000;
/** An abort has had its time: transfers under way, and the lines to idle. */
const abortLimit: Milliseconds = 30_000;
const watchPause: Milliseconds = 1_000;
/** Between the end of a process and the start of the next; doubled each time until a job has ended well. */
const firstPause: Milliseconds = 100;
const longestPause: Milliseconds = 30_000;

interface Pending {
  readonly job: SlotJob;
  readonly onNews: (news: JobNews) => void;
  readonly resolve: (done: SlotDone) => void;
  readonly reject: (error: BootctlError) => void;
  /** Something has to have been heard of the job by then. */
  due: Milliseconds;
}

/** The process of a slot, started again whenever it ends. */
export class SlotWorker {
  readonly #spec: SlotWorkerSpec;
  #process: SlotProcess | undefined;
  #isReady = false;
  #isStopping = false;
  #started: Milliseconds = 0;
  #heard: Milliseconds = 0;
  #pause = firstPause;
  #job: Pending | undefined;
  #killed: string | undefined;
  readonly #awaiting = new Set<() => void>();

  constructor(spec: SlotWorkerSpec) {
    this.#spec = spec;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const { start, setup, clock } = this.#spec;
    this.#started = clock.now();
    this.#heard = this.#started;
    this.#killed = undefined;
    const child = start((message) => this.#receive(child, message));
    this.#process = child;
    child.send(setup);
    void child.exited.then((how) => this.#ended(how));
    this.#watch(child);
  }

  /** Resolves when it can take a job. @throws BootctlError `slot-lost` */
  async ready(): Promise<void> {
    if (this.#isReady) return;
    const { clock } = this.#spec;
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clock.clearTimeout(timer);
        this.#awaiting.delete(done);
        resolve();
      };
      const timer = clock.setTimeout(() => {
        this.#awaiting.delete(done);
        reject(new BootctlError('slot-lost', `The process of the slot was not ready within ${seconds(startLimit)}`));
      }, startLimit);
      this.#awaiting.add(done);
    });
  }

  /** Does one job at a time. @throws BootctlError `slot-lost` where its process ends or hangs */
  run(job: SlotJob, onNews: (news: JobNews) => void): Promise<SlotDone> {
    return new Promise((resolve, reject) => {
      this.#job = { job, onNews, resolve, reject, due: this.#spec.clock.now() + quietLimit };
      if (this.#isReady) this.#process?.send(job);
      else this.#lose('it was not there when the job came');
    });
  }

  /** Tells the job that waits for it what became of its claim; false where it waits no longer. */
  answer(answer: ClaimedAnswer | RefusedAnswer): boolean {
    const isThere = this.#job?.job.unit.run === answer.run && this.#process !== undefined;
    if (isThere) this.#process?.send(answer);
    return isThere;
  }

  abort(): void {
    const job = this.#job;
    if (!job) return;
    job.due = Math.min(job.due, this.#spec.clock.now() + abortLimit);
    this.#process?.send({ type: 'abort', run: job.job.unit.run });
  }

  /** Ends the process: its job is aborted in order, and it is killed where that takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#process;
    if (!child) return;
    const timer = this.#spec.clock.setTimeout(() => child.kill(), abortLimit);
    child.send({ type: 'stop' });
    await child.exited;
    this.#spec.clock.clearTimeout(timer);
  }

  #receive(from: SlotProcess, message: unknown): void {
    if (from !== this.#process) return;
    this.#heard = this.#spec.clock.now();
    const known = messageFromSlot(message);
    if (!known) this.#kill('it sent a message that is none');
    else if (known.type === 'ready') this.#becomeReady();
    else if (known.type !== 'alive') this.#hear(known);
  }

  #becomeReady(): void {
    this.#isReady = true;
    for (const done of this.#awaiting) done();
  }

  #hear(news: JobNews | SlotDone): void {
    const job = this.#job;
    if (news.run !== job?.job.unit.run) return;
    if (news.type === 'done') {
      this.#job = undefined;
      this.#pause = firstPause;
      job.resolve(news);
      return;
    }
    job.due = this.#heard + quietLimit + (news.type === 'step' ? stepLimit(job.job, news.name) : waitOf(news));
    job.onNews(news);
  }

  #watch(child: SlotProcess): void {
    if (child !== this.#process) return;
    const now = this.#spec.clock.now();
    if (!this.#isReady && now - this.#started > startLimit) this.#kill('it did not start');
    else if (now - this.#heard > silenceLimit) this.#kill('it hangs');
    else if (this.#job && now > this.#job.due) this.#kill('its job hangs');
    this.#spec.clock.setTimeout(() => this.#watch(child), watchPause);
  }

  #kill(why: string): void {
    this.#killed = why;
    this.#process?.kill();
  }

  #ended(how: string): void {
    this.#process = undefined;
    this.#isReady = false;
    this.#lose(this.#killed ?? how);
    if (this.#isStopping) return;
    this.#spec.clock.setTimeout(() => {
      if (!this.#isStopping) this.start();
    }, this.#pause);
    this.#pause = Math.min(longestPause, this.#pause * 2);
  }

  #lose(why: string): void {
    const job = this.#job;
    this.#job = undefined;
    job?.reject(new BootctlError('slot-lost', `The process of the slot was lost: ${why}`));
  }
}

/** A job says how long it waits, where it waits. */
const waitOf = (news: JobNews): Milliseconds =>
  news.type === 'progress' && news.event.event === 'waiting' ? news.event.timeout : 0;

function stepLimit({ before, after }: SlotJob, name: string): Milliseconds {
  const step = [...before, ...after].find((one) => one.name === name);
  if (!step) return 0;
  return 'command' in step ? step.timeout : step.talk.reduce((sum, { timeout }) => sum + timeout, 0);
}
