import { type Actor, createActor, fromPromise } from 'xstate';
import {
  type Judged,
  type SlotContext,
  type SlotEvent,
  type SlotRun,
  slotMachine,
} from '../../../machines/slot.machine.ts';
import { missingOf } from '../../../machines/slot.policy.ts';
import type { SlotPhase } from '../../../machines/station.policy.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Clock } from '../../bench/clock.ts';
import type { Instant } from '../../records/records.ts';
import { type JigPlan, ownFigures } from '../plan/jig-plan.ts';
import type { AdapterNote, SlotState, SlotVerdict, SlotView, StationEvent } from '../station-view.ts';
import { judge, judgedBy } from './judge.ts';
import { measurementsOf, type OpenRun } from './open-run.ts';
import { reasonText } from './reason-text.ts';
import { type JobDuties, SlotJobs } from './slot-jobs.ts';
import type { JobNews, SlotWorker } from './slot-worker.ts';

/** What the station does for a slot. */
export interface SlotDuties extends JobDuties {
  /** @throws BootctlError `records-unwritable` */
  record(slot: string, open: OpenRun, judged: Judged): void;
  changed(slot: StationSlot): void;
  tell(event: StationEvent): void;
}

export interface StationSlotSpec {
  readonly name: string;
  readonly plan: JigPlan;
  readonly worker: SlotWorker;
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly duties: SlotDuties;
}

type MachineState = SlotState | 'identifying' | 'leaving' | 'unseen' | 'gone';

/** A verdict is shown until the next unit is there. A job that waits for its claim runs on. */
function shownAs(state: MachineState, { isWaiting }: Pick<SlotContext, 'isWaiting'>): SlotState {
  if (state === 'identifying' || (state === 'claiming' && isWaiting)) return 'running';
  return state === 'leaving' || state === 'unseen' || state === 'gone' ? 'verdict' : state;
}

const phases: Readonly<Record<SlotState, SlotPhase>> = {
  absent: 'idle',
  settling: 'idle',
  waiting: 'idle',
  claiming: 'busy',
  running: 'busy',
  judging: 'busy',
  recording: 'busy',
  verdict: 'done',
  held: 'held',
};

/** A failure that is none of bootctl's own is a bug; the slot goes on after it. */
const asFailure = (error: unknown): BootctlError =>
  error instanceof BootctlError
    ? error
    : new BootctlError('slot-lost', `bootctl itself failed: ${error instanceof Error ? error.message : error}`);

/** One slot of a station: its machine with its effects, and what is shown of it. */
export class StationSlot {
  readonly name: string;
  readonly worker: SlotWorker;
  readonly #spec: StationSlotSpec;
  readonly #actor: Actor<typeof slotMachine>;
  readonly #jobs: SlotJobs;
  #took = 0;
  #step: SlotView['step'];
  #since: Instant;
  #shown = '';
  #isAbortTold = false;
  #adapter: AdapterNote | undefined;

  constructor(spec: StationSlotSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.worker = spec.worker;
    this.#since = spec.now();
    const { name, worker, clock, duties, plan } = spec;
    const isAborted = () => this.context.isAborted;
    this.#jobs = new SlotJobs({ name, worker, clock, duties, isAborted, onNews: (news) => this.#hear(news) });
    const input = { ...plan.start, identifies: plan.unit.identifies };
    this.#actor = createActor(this.#machine(), { input, clock });
    this.#actor.subscribe(() => this.#changed());
  }

  start(): void {
    this.#actor.start();
    this.worker.start();
  }

  send(event: SlotEvent): void {
    this.#actor.send(event);
  }

  noteAdapter(note: AdapterNote | undefined): void {
    this.#adapter = note;
    this.#changed();
  }

  get context(): SlotContext {
    return this.#actor.getSnapshot().context;
  }

  get state(): MachineState {
    return this.#actor.getSnapshot().value as MachineState;
  }

  get #shownState(): SlotState {
    return shownAs(this.state, this.context);
  }

  get phase(): SlotPhase {
    const phase = phases[this.#shownState];
    return this.state === 'waiting' && this.#missing().length === 0 ? 'ready' : phase;
  }

  view(): SlotView {
    const { context, state } = this;
    const claimed = this.#jobs.open?.claimed;
    const heldReason = state === 'held' ? context.heldBy : undefined;
    return {
      name: this.name,
      state: this.#shownState,
      needs: this.#needs(),
      serial: claimed?.serial ?? context.label,
      run: this.#jobs.run,
      attempt: claimed?.attempt,
      step: this.#step,
      verdict: context.isUnrecorded ? undefined : this.#verdict(),
      heldBy: heldReason && reasonText(heldReason),
      heldReason,
      adapter: this.#adapter,
      since: this.#since,
    };
  }

  #machine() {
    const { duties, plan, clock } = this.#spec;
    return slotMachine.provide({
      actors: {
        identifyUnit: this.#effect((_: undefined) => this.#jobs.begin()),
        claimUnit: this.#effect(async (unit: Pick<SlotContext, 'label' | 'again'>, signal) => {
          const { claimed } = await this.#jobs.claim(unit, signal);
          return { run: claimed.run };
        }),
        runJob: this.#effect((_: { readonly run: string }) => this.#jobs.work(this.#jobs.open!)),
        judgeRun: this.#effect(async ({ error, isAborted }: SlotRun) => {
          const open = this.#jobs.open!;
          this.#took = clock.now() - open.started;
          if (error) return judgedBy(error);
          if (!open.done) return judgedBy(new BootctlError('aborted', isAborted ? 'Interrupted' : 'No job was done'));
          const needed = plan.limits.map(({ name }) => name).filter((name) => !Object.hasOwn(ownFigures, name));
          return judge(open.done.result, measurementsOf(open, plan.limits), needed);
        }),
        recordRun: this.#effect(async ({ judged }: { readonly run: string; readonly judged: Judged }) =>
          duties.record(this.name, this.#jobs.open!, judged),
        ),
      },
    });
  }

  /** What it throws, the machine can keep. */
  #effect<Input, Output>(work: (input: Input, signal: AbortSignal) => Promise<Output>) {
    return fromPromise<Output, Input>(({ input, signal }) =>
      work(input, signal).catch((error: unknown) => {
        throw asFailure(error);
      }),
    );
  }

  #hear(news: JobNews): void {
    const name = this.#step?.name;
    this.#step = stepOf(this.#step, news);
    if (news.type === 'progress') {
      const { event, run, at } = news;
      this.#spec.duties.tell({ event: 'progress', slot: this.name, run, at, progress: event });
    }
    if (name !== this.#step?.name) this.#changed();
  }

  #changed(): void {
    const { state, context } = this;
    const isWorking = this.#shownState === 'running';
    if (!isWorking) this.#step = undefined;
    if (state === 'absent' || state === 'settling') this.#jobs.forget();
    if (state === 'waiting') this.#isAbortTold = false;
    if (isWorking && context.isAborted && !this.#isAbortTold) {
      this.#isAbortTold = true;
      this.worker.abort();
    }
    const { since: _, ...shown } = this.view();
    const text = JSON.stringify(shown);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#since = this.#spec.now();
    this.#spec.duties.changed(this);
  }

  #missing() {
    return missingOf(this.#spec.plan.start.on, this.context);
  }

  #needs(): SlotView['needs'] {
    const { state } = this;
    if (state === 'verdict' || state === 'leaving') return ['removal'];
    if (phases[this.#shownState] === 'busy' || state === 'held') return [];
    const missing = this.#missing();
    return missing.length > 0 ? missing : ['others'];
  }

  #verdict(): SlotVerdict | undefined {
    const { judged } = this.context;
    if (!judged) return undefined;
    const { outcome, error } = judged;
    return {
      outcome,
      code: error?.code,
      message: error?.message ?? 'verified, and the application runs',
      hint: error?.hint ?? '',
      tookSeconds: Math.round(this.#took / 10) / 100,
    };
  }
}

/** What is done now, by the last that was heard of it. */
function stepOf(before: SlotView['step'], news: JobNews): SlotView['step'] {
  if (news.type === 'step') return { name: news.name, done: 0, total: 0 };
  if (news.type === 'identified') return before;
  const { event } = news;
  switch (event.event) {
    case 'attempt.started':
      return { name: 'enter', done: event.attempt, total: 0 };
    case 'phase.started':
      return { name: event.phase, done: 0, total: event.total };
    case 'phase.progress':
      return { name: event.phase, done: event.done, total: event.total };
    case 'target.left':
      return { name: 'leave', done: 0, total: 0 };
    default:
      return before;
  }
}
