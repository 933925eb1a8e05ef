import type { Amperes, Milliseconds, Ohms } from '../../base/units.ts';
import { worstValues } from '../analysis/analyse.ts';
import { type DielectricName, dielectrics, keptShare } from '../analysis/dielectrics.ts';
import { type AnalysedPlan, type EntryTimes, entryTimes } from '../analysis/entry-times.ts';
import {
  type Assumptions,
  capacitorNames,
  type Factor,
  type FactorName,
  type Factors,
  factorsOf,
  nominalOf,
  type RcBoard,
  type Values,
} from '../analysis/factors.ts';
import { guaranteedHeadroom, spread } from '../circuit/corners.ts';
import { chargeHold } from '../circuit/planner.ts';
import { valuesOf } from '../circuit/preferred-values.ts';
import type { Boot0Circuit } from '../profile.ts';
import { assumptionsOf, boardOf, type Wish } from './wish.ts';

/** Parts on BOOT0, and what they cost and give. */
export interface Candidate {
  readonly board: RcBoard;
  readonly dielectric: DielectricName;
  readonly worst: EntryTimes;
  /** Of the worst margin in what is needed then. */
  readonly ratio: number;
  /** Out of the transistor when the charge begins, at most. */
  readonly current: Amperes;
  /** Charge, reset, and until BOOT0 is surely low again: the board is in its ROM, and can be reset into its application. */
  readonly recovery: Milliseconds;
}

/** Not Y5V: of a part that may keep 7 % nobody can say what it will do. */
const proposed = ['X7R-1206', 'X7R', 'X5R', 'C0G', 'electrolytic'] as const satisfies readonly DielectricName[];

/** The 10 kΩ to the base of the PNP, and the 10 kΩ from there to its emitter (hardware/circuits/rc-cap.md); its VBE. */
const base = { ohms: 10e3, toEmitter: 10e3, volts: 0.65 } as const;
/** The PNP is surely on while it carries no more than twenty times its base current (BC857, VCEsat at IC/IB = 20). */
const surelyOn = 20;

const mostCurrent = ({ supply }: Wish): Amperes =>
  surelyOn * ((supply - base.volts) / base.ohms - base.volts / base.toEmitter);

/** 5τ of a larger one with some µF is more than a tenth of a second. Our choice. */
const largestChargeResistor: Ohms = 10e3;
/** Below, a charge resistor of a tenth of it is too small; above, leakage holds BOOT0 of every family. Our choice. */
const bleedRange = { least: 4.7e3, most: 470e3 } as const;

export const chargeResistors = (wish: Wish): readonly Ohms[] =>
  valuesOf(
    wish.series,
    (wish.supply * (1 + spread.supply)) / mostCurrent(wish) / (1 - spread.resistor),
    largestChargeResistor,
  );

export const bleedResistors = ({ series }: Wish): readonly Ohms[] =>
  valuesOf(series, bleedRange.least, bleedRange.most);

/** A capacitor as it is sold, and the ranges with it: they do not depend on the resistors. */
interface Choice {
  readonly parts: Pick<Boot0Circuit, 'capacitor' | 'dielectric' | 'kept'>;
  readonly factors: Factors;
}

function choicesOf(base: RcBoard, dielectric: DielectricName, assumptions: Assumptions): readonly Choice[] {
  const { least, most } = dielectrics[dielectric].sold;
  return valuesOf('E6', least, most).map((capacitor) => {
    const parts = { capacitor, dielectric, kept: keptShare(dielectric) };
    return { parts, factors: factorsOf({ ...base, boot0: { ...base.boot0, ...parts } }, assumptions) };
  });
}

/** Of each pair of resistors and each dielectric, the smallest capacitor that fulfils the wish, or the largest there is. */
export function candidates(wish: Wish): readonly Candidate[] {
  const base = boardOf(wish);
  const choices = proposed.map((dielectric) => choicesOf(base, dielectric, assumptionsOf(wish)));
  return bleedResistors(wish).flatMap((bleedResistor) =>
    chargeResistors(wish).flatMap((chargeResistor) => {
      const board = { ...base, boot0: { ...base.boot0, chargeResistor, bleedResistor } };
      return choices.flatMap((ofDielectric) => smallestOf(board, ofDielectric, wish.margin));
    }),
  );
}

function smallestOf(base: RcBoard, choices: readonly Choice[], margin: number): readonly Candidate[] {
  const boardWith = ({ parts }: Choice): RcBoard => ({ ...base, boot0: { ...base.boot0, ...parts } });
  // Neither depends on the capacitor.
  if (guaranteedHeadroom(base.boot0) <= 0) return [];
  if (slowestClear(boardWith(choices[0]!), choices[0]!.factors) === Number.POSITIVE_INFINITY) return [];
  // With a weak capacitor and all else as labelled it does more than at worst: what is too small even so is left out.
  const from = choices.findIndex((choice) => ratioOf(withWeakCapacitor(boardWith(choice), choice.factors)) >= margin);
  const tried = from < 0 ? choices.slice(-1) : choices.slice(from);
  for (const choice of tried) {
    const found = measured(boardWith(choice), choice.factors);
    if (found.ratio >= margin || choice === tried.at(-1)) return [found];
  }
  return [];
}

const ratioOf = ({ margin, needed }: EntryTimes): number => margin / needed;

/** The plan that the planner begins with; what is proposed in the end is analysed with the one that it makes. */
const planOf = ({ boot0, nrst }: RcBoard): AnalysedPlan => ({
  method: 'rc-cap',
  charge: chargeHold(boot0, 'nominal'),
  pulse: nrst.pulse,
});

/** The factors at these ends. */
const atEnds = (factors: Factors, names: readonly FactorName[], end: (factor: Factor) => number) =>
  Object.fromEntries(names.map((name) => [name, end(factors[name])]));

const withWeakCapacitor = (board: RcBoard, factors: Factors): EntryTimes =>
  entryTimes(board, planOf(board), { ...nominalOf(factors), ...atEnds(factors, capacitorNames, ({ low }) => low) });

/**
 * With all that keeps BOOT0 high at its most; a ceramic has its full capacitance again where the voltage is low. It depends
 * on the thresholds at which supply that takes longest.
 */
export function slowestClear(board: RcBoard, factors: Factors): Milliseconds {
  const values: Values = {
    ...nominalOf(factors),
    ...atEnds(factors, ['bleed resistor', 'leakage', ...capacitorNames], ({ nominal, high }) =>
      Math.max(nominal, high),
    ),
    ...atEnds(factors, ['charge resistor', 'diode drop'], ({ low }) => low),
  };
  const { low, high } = factors.supply;
  return Math.max(...[low, high].map((supply) => entryTimes(board, planOf(board), { ...values, supply }).clear));
}

function measured(board: RcBoard, factors: Factors): Candidate {
  const { boot0 } = board;
  const plan = planOf(board);
  const times = (values: Values) => entryTimes(board, plan, values);
  const worst = times(worstValues(factors, (values) => times(values).margin));
  return {
    board,
    dielectric: boot0.dielectric!,
    worst,
    ratio: ratioOf(worst),
    current: (boot0.supply * (1 + spread.supply)) / (boot0.chargeResistor * (1 - spread.resistor)),
    recovery: plan.charge + worst.needed + slowestClear(board, factors),
  };
}
