import { BootctlError, isBootctlError, rowOf } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { outcomes } from '../jig/station/judge.ts';
import type {
  SlotVerdict,
  SlotView,
  StationAnswer,
  StationEvent,
  StationHandle,
  StationRequest,
  StationView,
} from '../jig/station-view.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import type { Instant, RunSummary } from '../records/records.ts';
import type { DeskChoice } from './desk-choice.ts';
import { refusal } from './requests.ts';

/** What a job of the desk is given. */
export interface DeskJob {
  readonly choice: DeskChoice;
  readonly signal: AbortSignal;
  /** `at`: by the clock of the bench. */
  readonly onProgress: (progress: ProgressEvent, at: Milliseconds) => void;
}

export interface DeskSpec {
  readonly simulated: boolean;
  readonly run: (job: DeskJob) => Promise<Pick<RecoverResult, 'error' | 'method'>>;
  readonly now: () => Instant;
  /** Ends the desk: the job under way is aborted in order. */
  readonly signal: AbortSignal;
}

/** Name of the one slot. */
const slotName = '1';
const mostRuns = 20;

/** One slot, one job at a time, no records. */
export class DeskStation implements StationHandle {
  readonly #spec: DeskSpec;
  readonly #listeners = new Set<(event: StationEvent) => void>();
  #view: StationView;
  #job: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #last: DeskChoice | undefined;
  #jobs = 0;

  constructor(spec: DeskSpec) {
    this.#spec = spec;
    this.#view = firstView(spec.simulated, spec.now());
  }

  readonly view = (): StationView => this.#view;

  readonly subscribe = (listener: (event: StationEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly request = ({ request }: StationRequest): StationAnswer => {
    if (request === 'abort' && this.#job) {
      this.#job.abort.abort(new BootctlError('aborted', 'Stopped at the page'));
      return { ok: true };
    }
    if ((request === 'start' || request === 'again') && this.#last) return this.start(this.#last);
    return refusal(
      { code: 'nothing-chosen' },
      'usage',
      'There is nothing to do',
      'Choose a board and an image, and start.',
    );
  };

  start(choice: DeskChoice): StationAnswer {
    if (this.#job)
      return refusal({ code: 'job-under-way' }, 'station-busy', 'A job is under way', 'Wait for its end, or stop it.');
    this.#last = choice;
    this.#jobs += 1;
    this.#view = { ...this.#view, profile: choice.profile, image: choice.images.join(', ') };
    this.#tell({ event: 'station', view: this.#view });
    this.#setSlot({ state: 'running', run: String(this.#jobs), verdict: undefined });
    const abort = new AbortController();
    this.#job = { abort, ended: this.#work(choice, abort.signal) };
    return { ok: true };
  }

  /** Resolves when no job is under way. */
  async idle(): Promise<void> {
    await this.#job?.ended;
  }

  async #work(choice: DeskChoice, stopped: AbortSignal): Promise<void> {
    const { run, now, signal } = this.#spec;
    const started = now();
    const onProgress = (progress: ProgressEvent, at: Milliseconds) => this.#progress(progress, at);
    const { error } = await run({ choice, signal: AbortSignal.any([signal, stopped]), onProgress }).catch(refused);
    const verdict = verdictOf(error, (now() - started) / 1_000);
    this.#job = undefined;
    this.#keep(started, verdict);
    this.#setSlot({ state: 'verdict', verdict, needs: ['button'] });
  }

  #progress(progress: ProgressEvent, at: Milliseconds): void {
    this.#tell({ event: 'progress', slot: slotName, run: String(this.#jobs), at, progress });
  }

  #setSlot(changes: Partial<SlotView>): void {
    const slot: SlotView = { ...this.#view.slots[0]!, needs: [], step: undefined, since: this.#spec.now(), ...changes };
    this.#view = { ...this.#view, slots: [slot] };
    this.#tell({ event: 'slot', slot });
  }

  #keep(started: Instant, { outcome, code }: SlotVerdict): void {
    const { counts: before, lastRuns } = this.#view;
    const runs = { ...before.runs, [outcome]: before.runs[outcome] + 1 };
    const counts = { units: before.units + 1, passed: runs.pass, firstPass: runs.pass, runs };
    const run: RunSummary = {
      ...{ run: String(this.#jobs), seq: this.#jobs, slot: slotName, serial: undefined, attempt: 1 },
      ...{ outcome, code, started, ended: this.#spec.now() },
    };
    this.#view = { ...this.#view, counts, lastRuns: [run, ...lastRuns].slice(0, mostRuns) };
    this.#tell({ event: 'run', run, counts });
  }

  #tell(event: StationEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** A bug is shown as well: the page stays. */
const refused = (error: unknown): Pick<RecoverResult, 'error' | 'method'> => {
  const { code, message, hint } = isBootctlError(error)
    ? error
    : { code: 'internal', message: String(error), hint: '' };
  return { method: null, error: { code, message, hint } as RecoverResult['error'] };
};

function verdictOf(error: RecoverResult['error'], tookSeconds: number): SlotVerdict {
  if (!error) return { outcome: 'pass', code: undefined, message: '', hint: '', tookSeconds };
  const { code, message, hint } = error;
  const kind = code === 'internal' ? code : rowOf(code).kind;
  return { outcome: outcomes[kind], code, message, hint, tookSeconds };
}

const firstView = (simulated: boolean, since: Instant): StationView => ({
  ...{ station: 'bootctl', lot: '', quantity: undefined, profile: '', image: '', simulated },
  ...{ state: 'ready', heldBy: undefined, heldReason: undefined, lastRuns: [], strangers: [] },
  counts: { units: 0, passed: 0, firstPass: 0, runs: { pass: 0, fail: 0, error: 0, aborted: 0 } },
  slots: [
    {
      ...{ name: slotName, state: 'waiting', needs: ['button'], serial: undefined, run: undefined, attempt: undefined },
      ...{ step: undefined, verdict: undefined, heldBy: undefined, heldReason: undefined, adapter: undefined, since },
    },
  ],
});
