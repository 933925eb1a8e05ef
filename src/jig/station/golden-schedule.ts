import type { Judged } from '../../../machines/slot.machine.ts';
import type { StationReason } from '../../../machines/station-reason.ts';
import type { Clock } from '../../bench/clock.ts';
import type { HoldPlan } from '../plan/jig-plan.ts';

/** What a golden unit has shown. */
export type GoldenFinding =
  | { readonly isAsExpected: true }
  | { readonly isAsExpected: false; readonly why: StationReason };

/** Golden units: due at the start, and again so long after all have ended as they should. */
export class GoldenSchedule {
  readonly #plan: HoldPlan['golden'];
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #seen = new Set<string>();
  #timer: unknown;

  constructor(plan: HoldPlan['golden'], clock: Clock, onDue: () => void) {
    this.#plan = plan;
    this.#clock = clock;
    this.#onDue = onDue;
  }

  start(): void {
    if (!this.#plan) return;
    this.#seen = new Set();
    this.#onDue();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  isGolden(label: string | undefined): boolean {
    return label !== undefined && this.#plan !== undefined && Object.hasOwn(this.#plan.units, label);
  }

  missing(): readonly string[] {
    return Object.keys(this.#plan?.units ?? {}).filter((label) => !this.#seen.has(label));
  }

  /** Whether all are as expected now. */
  get isDone(): boolean {
    return this.missing().length === 0;
  }

  note(label: string, { outcome, error }: Judged): GoldenFinding {
    const expected = this.#plan!.units[label]!;
    const found = outcome === 'pass' ? 'pass' : (error?.code ?? outcome);
    if (found !== expected) return { isAsExpected: false, why: { code: 'golden-wrong', label, expected, found } };
    this.#seen.add(label);
    if (this.isDone) this.#timer = this.#clock.setTimeout(() => this.start(), this.#plan!.every);
    return { isAsExpected: true };
  }
}
