import type { Outcome } from '../records.ts';
import { groupBy } from './group-by.ts';
import type { ReportRun } from './report-runs.ts';

/** Units are counted once each, and belong to the slot and the day of their first run that counts. */
export interface Yield {
  /** That ended as pass or fail at least once. */
  readonly units: number;
  /** Good at the end: the last run that changed anything has passed. */
  readonly passed: number;
  /** Whose first run that counts has passed. */
  readonly firstPass: number;
  /** That are good although their first run that counts has failed. */
  readonly retestOk: number;
  /** Where they ran, whatever their unit. */
  readonly runs: Readonly<Record<Outcome, number>>;
}

export interface NamedYield extends Yield {
  readonly name: string;
}

interface UnitSummary {
  readonly lot: string;
  readonly slot: string;
  readonly day: string;
  readonly first: Outcome;
  readonly isGood: boolean;
}

export interface Yields {
  readonly total: Yield;
  readonly byLot: readonly NamedYield[];
  readonly bySlot: readonly NamedYield[];
  readonly byDay: readonly NamedYield[];
}

/** Of production runs; `dayOf` names the day of an instant. */
export function yieldsOf(all: readonly ReportRun[], dayOf: (at: number) => string): Yields {
  const runs = all
    .filter(({ purpose, outcome }) => purpose === 'production' && outcome !== null)
    .map((run) => ({ ...run, day: dayOf(run.started) }));
  const units = unitsOf(runs);
  const by = (key: 'lot' | 'slot' | 'day'): readonly NamedYield[] => {
    const its = groupBy(units, (unit) => unit[key]);
    return [...groupBy(runs, (run) => run[key])].map(([name, ran]) => ({ name, ...yieldOf(its.get(name) ?? [], ran) }));
  };
  return { total: yieldOf(units, runs), byLot: by('lot'), bySlot: by('slot'), byDay: by('day') };
}

const counts = (outcome: Outcome | null): outcome is 'pass' | 'fail' => outcome === 'pass' || outcome === 'fail';

/** A unit that was made again in another lot is one of that lot as well. */
function unitsOf(runs: readonly (ReportRun & { readonly day: string })[]): readonly UnitSummary[] {
  const units = new Map<string, UnitSummary>();
  const goodBefore = new Set<string>();
  for (const { unit, lot, slot, day, outcome, flash } of runs) {
    const key = JSON.stringify([lot, unit]);
    const isGood = outcome === 'pass' || (flash === 'untouched' && goodBefore.has(key));
    if (isGood) goodBefore.add(key);
    else goodBefore.delete(key);
    const known = units.get(key);
    if (known) units.set(key, { ...known, isGood });
    else if (counts(outcome)) units.set(key, { lot, slot, day, first: outcome, isGood });
  }
  return [...units.values()];
}

function yieldOf(units: readonly UnitSummary[], runs: readonly ReportRun[]): Yield {
  const unitsThat = (holds: (unit: UnitSummary) => boolean) => units.filter(holds).length;
  const ended = (outcome: Outcome) => runs.filter((run) => run.outcome === outcome).length;
  return {
    units: units.length,
    passed: unitsThat(({ isGood }) => isGood),
    firstPass: unitsThat(({ first }) => first === 'pass'),
    retestOk: unitsThat(({ first, isGood }) => first === 'fail' && isGood),
    runs: { pass: ended('pass'), fail: ended('fail'), error: ended('error'), aborted: ended('aborted') },
  };
}

/** Why runs did not pass, the most frequent cause first (Pareto). */
export interface Cause {
  readonly outcome: Outcome;
  readonly code: string;
  readonly runs: number;
  /** Of all runs that did not pass; `cumulative` with the causes above. */
  readonly share: number;
  readonly cumulative: number;
  /** The most often hit first. */
  readonly slots: readonly { readonly slot: string; readonly runs: number }[];
}

export function causesOf(all: readonly ReportRun[]): readonly Cause[] {
  const bad = all.filter(({ purpose, outcome }) => purpose === 'production' && outcome !== null && outcome !== 'pass');
  const groups = groupBy(bad, ({ outcome, code }) => JSON.stringify([outcome, code ?? 'unknown']));
  let above = 0;
  return [...groups]
    .sort(([, first], [, second]) => second.length - first.length)
    .map(([key, runs]) => {
      const [outcome, code] = JSON.parse(key) as [Outcome, string];
      above += runs.length;
      const slots = [...groupBy(runs, ({ slot }) => slot)]
        .map(([slot, its]) => ({ slot, runs: its.length }))
        .sort((a, b) => b.runs - a.runs);
      return {
        outcome,
        code,
        runs: runs.length,
        share: runs.length / bad.length,
        cumulative: above / bad.length,
        slots,
      };
    });
}
