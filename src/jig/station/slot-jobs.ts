import { BootctlError } from '../../base/errors.ts';
import type { Clock } from '../../bench/clock.ts';
import type { ClaimedAnswer, SlotJob } from '../slot/slot-messages.ts';
import type { BegunJob, OpenRun } from './open-run.ts';
import type { JobNews, SlotWorker } from './slot-worker.ts';

/** What is known of a unit when its run is claimed. */
export interface ComingUnit {
  readonly label: string | undefined;
  /** The run of this very unit before this one. */
  readonly again: string | undefined;
  /** Its job, where that begins before the claim. */
  readonly begun: BegunJob | undefined;
}

/** What the station does for the jobs of a slot. */
export interface JobDuties {
  claim(slot: string, unit: ComingUnit, signal: AbortSignal): Promise<OpenRun>;
  /** The job of a run that has its row. @throws BootctlError `unit-refused` */
  jobOf(slot: string, open: OpenRun): SlotJob;
  /** The job of a unit that is known by its chip. */
  firstJobOf(slot: string): SlotJob;
  /** What that job is told once the run has its row. @throws BootctlError `unit-refused` */
  answerOf(slot: string, open: OpenRun): ClaimedAnswer;
}

export interface SlotJobsSpec {
  readonly name: string;
  readonly worker: SlotWorker;
  readonly clock: Clock;
  readonly duties: JobDuties;
  readonly isAborted: () => boolean;
  readonly onNews: (news: JobNews) => void;
}

/** The jobs of a slot with their runs: a job follows the claim of its run, or begins before it and waits for it. */
export class SlotJobs {
  readonly #spec: SlotJobsSpec;
  #open: OpenRun | undefined;
  #begun: BegunJob | undefined;
  #run: string | undefined;

  constructor(spec: SlotJobsSpec) {
    this.#spec = spec;
  }

  /** The run that was claimed last, until another unit comes. */
  get open(): OpenRun | undefined {
    return this.#open;
  }
  /** Known before the claim where the job begins before. */
  get run(): string | undefined {
    return this.#run;
  }

  forget(): void {
    this.#open = undefined;
    this.#begun = undefined;
    this.#run = undefined;
  }

  /** Resolves when the job waits for the row of its run, or has ended before. @throws BootctlError `slot-lost` */
  async begin(): Promise<{ readonly isWaiting: boolean }> {
    const { name, worker, clock, duties, isAborted } = this.#spec;
    this.forget();
    const job = duties.firstJobOf(name);
    const started = clock.now();
    this.#run = job.unit.run;
    await worker.ready();
    if (isAborted()) return { isWaiting: false };
    return new Promise((resolve, reject) => {
      const ended = worker.run(job, (news) => {
        if (news.type === 'identified') begun.chipUid = news.chipUid;
        this.#hear(news);
        if (news.type === 'identified') resolve({ isWaiting: true });
      });
      const begun: BegunJob = {
        run: job.unit.run,
        started,
        ended,
        chipUid: undefined,
        product: undefined,
        done: undefined,
      };
      this.#begun = begun;
      ended.then((done) => {
        begun.done = done;
        resolve({ isWaiting: false });
      }, reject);
    });
  }

  /** A job that waits has ended before this throws. @throws BootctlError those of `JobDuties.claim` */
  async claim({ label, again }: Omit<ComingUnit, 'begun'>, signal: AbortSignal): Promise<OpenRun> {
    const { name, duties } = this.#spec;
    const begun = this.#begun;
    this.#open = undefined;
    this.#run = begun?.run;
    try {
      const open = await duties.claim(name, { label, again, begun }, signal);
      this.#open = open;
      this.#run = open.claimed.run;
      return open;
    } catch (error) {
      if (begun) await this.#dismiss(begun, error);
      this.forget();
      throw error;
    }
  }

  /** @throws BootctlError `slot-lost`, `unit-refused` */
  async work(open: OpenRun): Promise<void> {
    if (open.begun) return this.#goOn(open, open.begun);
    const { name, worker, duties, isAborted } = this.#spec;
    await worker.ready();
    if (isAborted()) return;
    const job = duties.jobOf(name, open);
    open.isUnderWay = true;
    open.done = await worker.run(job, (news) => this.#hear(news));
  }

  async #goOn(open: OpenRun, begun: BegunJob): Promise<void> {
    const { name, worker, duties, isAborted } = this.#spec;
    try {
      if (!isAborted()) open.isUnderWay = worker.answer(duties.answerOf(name, open));
    } catch (error) {
      await this.#dismiss(begun, error);
      throw error;
    }
    open.done = await begun.ended;
  }

  /** Its unit is brought back as it was. */
  async #dismiss({ run, ended }: BegunJob, why: unknown): Promise<void> {
    const message = why instanceof BootctlError ? why.message : 'The station has failed';
    this.#spec.worker.answer({ type: 'refused', run, message });
    await ended.catch(() => {});
  }

  #hear(news: JobNews): void {
    const job = this.#open ?? this.#begun;
    if (job && news.type === 'progress' && news.event.event === 'bootloader.entered') job.product = news.event.product;
    this.#spec.onNews(news);
  }
}
