import type { Farads, Milliseconds } from '../../base/units.ts';
import { capacitorValues, type LineMethod } from '../circuit/planner.ts';
import { type AnalysedPlan, analysedPlan, type EntryTimes, entryTimes } from './entry-times.ts';
import {
  type Assumptions,
  type FactorName,
  type Factors,
  factorNames,
  factorsOf,
  nominalOf,
  type RcBoard,
  type Values,
} from './factors.ts';

/** Times of one corner, and where each factor is in it. */
export interface AnalysedCorner {
  readonly name: string;
  readonly values: Values;
  readonly times: EntryTimes;
}

/** What one factor alone does to the margin, all others as labelled. */
export interface Sensitivity {
  readonly factor: FactorName;
  readonly atLow: Milliseconds;
  readonly atHigh: Milliseconds;
  /** What it takes from the margin at its worse end. */
  readonly cost: Milliseconds;
}

/** What the parts of a board promise to one method. */
export interface Analysis {
  readonly plan: AnalysedPlan;
  readonly factors: Factors;
  readonly corners: readonly AnalysedCorner[];
  readonly nominal: AnalysedCorner;
  readonly worst: AnalysedCorner;
  /** The costliest first. */
  readonly sensitivities: readonly Sensitivity[];
  /** The smallest of the E6 series whose worst margin is not negative; absent where none has that. */
  readonly fittingCapacitor?: Farads;
}

/**
 * The corners of a board for one of its methods.
 * @throws BootctlError `profile-invalid` where the wiring has not the states of the method
 */
export function analyse(board: RcBoard, method: LineMethod, assumptions: Assumptions = {}): Analysis {
  const plan = analysedPlan(board, method);
  const factors = factorsOf(board, assumptions);
  const times = (values: Values) => entryTimes(board, plan, values);
  const corner = (name: string, values: Values): AnalysedCorner => ({ name, values, times: times(values) });
  const least = (name: string, figure: (times: EntryTimes) => Milliseconds) =>
    corner(
      name,
      worstValues(factors, (values) => figure(times(values))),
    );
  const nominal = corner('as labelled', nominalOf(factors));
  const worst = least('worst margin', ({ margin }) => margin);
  const fitting = fittingCapacitor(board, method, assumptions);
  return {
    plan,
    factors,
    nominal,
    worst,
    corners: [
      nominal,
      least('slowest charge', ({ charge }) => -charge),
      least('shortest hold', ({ hold }) => hold),
      least('slowest clear', ({ clear }) => -clear),
      least('slowest NRST', ({ nrstRelease }) => -nrstRelease),
      worst,
      least('best margin', ({ margin }) => -margin),
    ],
    sensitivities: sensitivitiesOf(factors, (values) => times(values).margin),
    ...(fitting !== undefined && { fittingCapacitor: fitting }),
  };
}

/** Of one method, without what only a reader wants: the worst corner. */
export function worstTimes(board: RcBoard, method: LineMethod, assumptions: Assumptions = {}): EntryTimes {
  const plan = analysedPlan(board, method);
  const times = (values: Values) => entryTimes(board, plan, values);
  return times(worstValues(factorsOf(board, assumptions), (values) => times(values).margin));
}

/**
 * Where a figure is least: from what each factor alone does to it, and then one factor after the other until no change
 * makes it worse. A factor without effect stays as labelled. No figure here has a second valley: a test tries every corner.
 */
export function worstValues(factors: Factors, figure: (values: Values) => number): Values {
  const values: Record<FactorName, number> = { ...nominalOf(factors) };
  let least = figure(values);
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const name of factorNames) {
      for (const end of [factors[name].low, factors[name].nominal, factors[name].high]) {
        const before = values[name];
        if (end === before) continue;
        values[name] = end;
        const found = figure(values);
        if (found < least) [least, isBetter] = [found, true];
        else values[name] = before;
      }
    }
  }
  return values;
}

function sensitivitiesOf(factors: Factors, margin: (values: Values) => Milliseconds): readonly Sensitivity[] {
  const nominal = nominalOf(factors);
  const base = margin(nominal);
  return factorNames
    .map((factor): Sensitivity => {
      const atLow = margin({ ...nominal, [factor]: factors[factor].low });
      const atHigh = margin({ ...nominal, [factor]: factors[factor].high });
      return { factor, atLow, atHigh, cost: base - Math.min(atLow, atHigh, base) };
    })
    .sort((a, b) => b.cost - a.cost);
}

const fittingCapacitor = (board: RcBoard, method: LineMethod, assumptions: Assumptions): Farads | undefined =>
  capacitorValues.find((capacitor) => {
    const changed = { ...board, boot0: { ...board.boot0, capacitor } };
    return worstTimes(changed, method, assumptions).margin >= 0;
  });
