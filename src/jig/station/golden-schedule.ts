import type { Judged } from '../../../machines/slot.machine.ts';
import type { StationReason } from '../../../machines/station-reason.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { GoldenRun, Instant, Outcome } from '../../records/records.ts';
import type { HoldPlan } from '../plan/jig-plan.ts';

/** What a golden unit has shown. */
export type GoldenFinding =
  | { readonly isAsExpected: true }
  | { readonly isAsExpected: false; readonly why: StationReason };

export interface GoldenSpec {
  readonly plan: HoldPlan['golden'];
  /** From the records: the last run of each label. */
  readonly last: readonly GoldenRun[];
  readonly clock: Clock;
  /** Of the wall: a round outlives the station. */
  readonly now: () => Instant;
  readonly onDue: () => void;
}

/** The clock on the wall is looked at so often: a timer runs past a correction of it, and Node's none longer than 24 days. */
const lookAgain: Milliseconds = 3_600_000;

/**
 * Golden units: due where one was never as expected, and again so long after. The records are the truth: a station that starts
 * again goes on with the round of the one before. A run in the future counts as none.
 */
export class GoldenSchedule {
  readonly #spec: GoldenSpec;
  /** When each was as expected. */
  readonly #seen = new Map<string, Instant>();
  #timer: unknown;

  constructor(spec: GoldenSpec) {
    this.#spec = spec;
    for (const { label, outcome, code, ended } of spec.last)
      if (spec.plan?.units[label] === shownBy(outcome, code)) this.#seen.set(label, ended);
  }

  start(): void {
    if (this.#spec.plan) this.#look();
  }

  stop(): void {
    this.#spec.clock.clearTimeout(this.#timer);
  }

  isGolden(label: string | undefined): boolean {
    return label !== undefined && Object.hasOwn(this.#spec.plan?.units ?? {}, label);
  }

  missing(): readonly string[] {
    return Object.keys(this.#spec.plan?.units ?? {}).filter((label) => !this.#seen.has(label));
  }

  /** Whether all are as expected now. */
  get isDone(): boolean {
    return this.missing().length === 0;
  }

  note(label: string, { outcome, error }: Judged): GoldenFinding {
    const expected = this.#spec.plan!.units[label]!;
    const found = shownBy(outcome, error?.code);
    if (found !== expected) {
      this.#seen.delete(label);
      this.#spec.onDue();
      return { isAsExpected: false, why: { code: 'golden-wrong', label, expected, found } };
    }
    this.#seen.set(label, this.#spec.now());
    if (this.isDone) this.#look();
    return { isAsExpected: true };
  }

  /** All are due again together: one check after the other would stop the station as often. */
  #look(): void {
    const { clock, onDue } = this.#spec;
    clock.clearTimeout(this.#timer);
    if (this.#left() <= 0) this.#seen.clear();
    if (!this.isDone) onDue();
    else this.#timer = clock.setTimeout(() => this.#look(), Math.min(this.#left(), lookAgain));
  }

  /** Until the first is older than `every`. */
  #left(): Milliseconds {
    const now = this.#spec.now();
    const ages = [...this.#seen.values()].map((at) => (at > now ? Number.POSITIVE_INFINITY : now - at));
    return this.#spec.plan!.every - Math.max(0, ...ages);
  }
}

/** `pass`, or what went wrong. */
const shownBy = (outcome: Outcome, code: string | null | undefined): string =>
  outcome === 'pass' ? 'pass' : (code ?? outcome);
