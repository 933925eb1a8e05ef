import type { LotCounts, Outcome } from './records.ts';

/** A production run that has ended, as far as yield goes. */
export interface CountedRun {
  readonly unit: string;
  readonly outcome: Outcome;
  readonly flash: string;
}

interface UnitTally {
  /** Of its first run that counts; undefined while only the station or a person has ended one. */
  readonly first: 'pass' | 'fail' | undefined;
  readonly isGood: boolean;
}

/**
 * Units counted once each. One is good if its last run that changed anything has passed; it counts from its first run on that
 * ended as `pass` or `fail`.
 */
export class LotTally {
  readonly #units = new Map<string, UnitTally>();
  readonly #runs: Record<Outcome, number> = { pass: 0, fail: 0, error: 0, aborted: 0 };
  #counted = 0;
  #passed = 0;
  #firstPass = 0;

  /** The runs of each unit in their order. */
  add({ unit, outcome, flash }: CountedRun): void {
    const before = this.#units.get(unit) ?? { first: undefined, isGood: false };
    const counts = outcome === 'pass' || outcome === 'fail' ? outcome : undefined;
    const after = {
      first: before.first ?? counts,
      isGood: outcome === 'pass' || (flash === 'untouched' && before.isGood),
    };
    this.#runs[outcome]++;
    if (before.first === undefined && counts !== undefined) this.#counted++;
    if (before.first === undefined && counts === 'pass') this.#firstPass++;
    this.#passed += Number(after.isGood) - Number(before.isGood);
    this.#units.set(unit, after);
  }

  counts(): LotCounts {
    return { units: this.#counted, passed: this.#passed, firstPass: this.#firstPass, runs: { ...this.#runs } };
  }
}
