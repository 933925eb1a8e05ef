import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Bench } from '../../bench/bench.ts';
import type { Clock } from '../../bench/clock.ts';
import { applyPatches } from '../../image/patch.ts';
import { flash } from '../../ops/flash.ts';
import { tellBeginning } from '../../ops/job/beginning.ts';
import type { OnProgress, ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import { type RecoverSpec, recover } from '../../ops/recover.ts';
import { reset } from '../../ops/reset.ts';
import { errorReport, failedResult } from '../../ops/result.ts';
import type { JigStep } from '../plan/jig-plan.ts';
import { OwnFigures } from './own-figures.ts';
import type { Figure, FromSlot, SlotDone, SlotJob, SlotOrder, SlotSetup, ToSlot } from './slot-messages.ts';
import { StationClaim } from './station-claim.ts';

/** What a slot process is given by its surroundings. */
export interface SlotDoors {
  readonly send: (message: FromSlot) => void;
  /** The bench of one job. */
  readonly openBench: (setup: SlotSetup, job: SlotJob) => Promise<Bench>;
  /** Restores the power of the slot, where a process before this one was killed while it was off. */
  readonly restorePower: (setup: SlotSetup) => Promise<void>;
  readonly runStep: (step: JigStep, work: StepWork) => Promise<readonly Figure[]>;
  /** Does a job and records it in a file. @throws BootctlError `trace-unwritable`, before it has begun */
  readonly record: (file: string, argv: readonly string[], spec: RecoverSpec, run: Operation) => Promise<RecoverResult>;
  /** Of this computer, whatever the bench has. */
  readonly clock: Clock;
}

/** A job of the command line. */
export type Operation = (spec: RecoverSpec) => Promise<RecoverResult>;

/** What a step works on. */
export interface StepWork {
  readonly bench: Bench;
  readonly setup: SlotSetup;
  readonly job: SlotJob;
  /** Undefined before the flash. */
  readonly result: RecoverResult | undefined;
  readonly signal: AbortSignal;
}

/** The station hears so often that the process is alive. */
const beat: Milliseconds = 1_000;

const operations: Readonly<Record<SlotOrder['verb'], Operation>> = {
  recover,
  flash: ({ image, ...spec }) => {
    if (!image) throw new Error('a flash came without an image');
    return flash({ ...spec, image });
  },
  reset,
};

const wasStopped = () => new BootctlError('aborted', 'Interrupted by the station');

/** One slot: does a job at a time with what it has loaded, and says what happens. */
export class SlotServer {
  readonly #doors: SlotDoors;
  #setup: SlotSetup | undefined;
  #abort = new AbortController();
  #run: string | undefined;
  #claim: StationClaim | undefined;
  #isStopping = false;
  #working: Promise<void> = Promise.resolve();

  constructor(doors: SlotDoors) {
    this.#doors = doors;
  }

  receive(message: ToSlot): void {
    switch (message.type) {
      case 'setup':
        this.#setup = message;
        this.#beat();
        void this.#doors.restorePower(message).finally(() => this.#doors.send({ type: 'ready' }));
        return;
      case 'job':
        // At once: the abort may be read together with its job.
        this.#run = message.unit.run;
        this.#abort = new AbortController();
        if (this.#isStopping) this.#abort.abort(wasStopped());
        this.#working = this.#working.then(() => this.#work(message));
        return;
      case 'claimed':
      case 'refused':
        if (message.run === this.#run) this.#claim?.receive(message);
        return;
      case 'abort':
        if (message.run === this.#run) this.#abort.abort(wasStopped());
        return;
    }
  }

  /** Resolves when the job under way has ended, with its lines idle. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#abort.abort(wasStopped());
    await this.#working;
  }

  #beat(): void {
    this.#doors.send({ type: 'alive' });
    this.#doors.clock.setTimeout(() => this.#beat(), beat);
  }

  async #work(job: SlotJob): Promise<void> {
    const { run } = job.unit;
    const setup = this.#setup;
    if (!setup) throw new Error('a job came before the setup');
    const done = await this.#doJob(setup, job).catch(
      (error: unknown): SlotDone => ({ type: 'done', run, figures: [], result: failedResult(error) }),
    );
    this.#run = undefined;
    this.#doors.send(done);
  }

  async #doJob(setup: SlotSetup, job: SlotJob): Promise<SlotDone> {
    const { signal } = this.#abort;
    await using bench = await this.#doors.openBench(setup, job);
    const figures: Figure[] = [];
    const work = { bench, setup, job, signal };
    const refused = await this.#steps(job.before, { ...work, result: undefined }, figures);
    if (refused) return { type: 'done', run: job.unit.run, figures, result: failedResult(refused) };
    const { result, own, unit } = await this.#recover(setup, job, bench);
    figures.push(...own);
    const then = { ...work, job: { ...job, unit }, result };
    const failed = result.ok ? await this.#steps(job.after, then, figures) : undefined;
    return { type: 'done', run: job.unit.run, figures, result: failed ? failedAfter(result, failed) : result };
  }

  async #recover({ profile, image }: SlotSetup, job: SlotJob, bench: Bench) {
    const { run } = job.unit;
    const { patches, order, simulated } = job;
    const figures = new OwnFigures(() => bench.clock.now());
    const tell = (event: ProgressEvent) => this.#doors.send({ type: 'progress', run, at: bench.clock.now(), event });
    const claim = this.#claimOf(job, tell);
    let { unit } = job;
    const spec: RecoverSpec = {
      profile,
      bench,
      image: image && applyPatches(image, patches),
      imageOf:
        claim && image
          ? async (reading, signal) => {
              const claimed = await claim.of(reading, signal);
              unit = claimed.unit;
              return applyPatches(image, claimed.patches);
            }
          : undefined,
      signal: this.#abort.signal,
      onProgress: (event) => {
        figures.note(event);
        tell(event);
      },
    };
    const result = order ? await this.#obey(order, spec, simulated?.scenario) : await recover(spec);
    return { result, own: figures.read(result), unit };
  }

  #claimOf({ unit: { run }, claimLimit: limit }: SlotJob, tell: OnProgress): StationClaim | undefined {
    const { send, clock } = this.#doors;
    this.#claim =
      limit === undefined
        ? undefined
        : new StationClaim({
            limit,
            clock,
            ask: (chipUid) => {
              tell({ event: 'waiting', what: 'the row of the run', timeout: limit });
              send({ type: 'identified', run, chipUid });
            },
          });
    return this.#claim;
  }

  #obey({ verb, trace, ...options }: SlotOrder, spec: RecoverSpec, scenario: string | undefined) {
    const run: Operation = (given) => {
      tellBeginning(given, scenario);
      return operations[verb](given);
    };
    const given = { ...spec, ...options };
    const argv = [verb, ...(spec.image ? [spec.image.name] : [])];
    return trace === undefined ? run(given) : this.#doors.record(trace, argv, given, run);
  }

  /** Why one of them failed, or that it was aborted; none after it is done. */
  async #steps(steps: readonly JigStep[], work: StepWork, figures: Figure[]): Promise<BootctlError | undefined> {
    for (const step of steps) {
      this.#doors.send({ type: 'step', run: work.job.unit.run, name: step.name });
      try {
        figures.push(...(await this.#doors.runStep(step, work)));
      } catch (error) {
        if (work.signal.aborted) return wasStopped();
        if (!isBootctlError(error)) throw error;
        return error.with({ message: `${step.name}: ${error.message}` });
      }
    }
    return undefined;
  }
}

/** What was done to the flash stays true. */
const failedAfter = (result: RecoverResult, error: BootctlError): RecoverResult => ({
  ...result,
  ok: false,
  exitCode: error.exitStatus,
  error: errorReport(error),
});
