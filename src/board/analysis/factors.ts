import type { Milliseconds } from '../../base/units.ts';
import { spread } from '../circuit/corners.ts';
import { hostAllowance } from '../circuit/planner.ts';
import type { BoardProfile, Boot0Circuit } from '../profile.ts';
import { boot0Driver } from './boot0-driver.ts';
import { type DielectricName, dielectrics, type SourcedRange, usualDielectric } from './dielectrics.ts';
import { leakages } from './leakages.ts';

/** What differs from board to board and from entry to entry, in the order in which it is drawn. */
export const factorNames = [
  'capacitor tolerance',
  'capacitor DC bias',
  'capacitor temperature',
  'capacitor age',
  'bleed resistor',
  'charge resistor',
  'diode drop',
  'supply',
  'leakage',
  'NRST pull-up',
  'NRST capacitor',
  'host jitter',
] as const;
export type FactorName = (typeof factorNames)[number];

/** Those of the capacitor on BOOT0. */
export const capacitorNames: readonly FactorName[] = factorNames.slice(0, 4);

/** A range about the value that the parts list names. */
export interface Factor extends SourcedRange {
  /** As labelled, or as the profile has it. */
  readonly nominal: number;
  /** A share of the labelled value, or what the value is itself. */
  readonly unit: 'share' | 'V' | 'A' | 'Ω' | 'ms';
}
export type Factors = Readonly<Record<FactorName, Factor>>;

/** One value of each factor: one board, in one entry. */
export type Values = Readonly<Record<FactorName, number>>;

/** Every part as labelled. */
export const nominalOf = (factors: Factors): Values =>
  Object.fromEntries(factorNames.map((name) => [name, factors[name].nominal])) as Record<FactorName, number>;

/** A board with a capacitor on BOOT0. */
export type RcBoard = BoardProfile & { readonly boot0: Boot0Circuit };

export interface Assumptions {
  /** Instead of what the profile says or leaves open. */
  readonly dielectric?: DielectricName;
  /** By how much a window may be longer than planned. */
  readonly jitter?: { readonly ms: Milliseconds; readonly source: string };
}

const share = (tolerance: number, source: string): Factor => ({
  low: 1 - tolerance,
  nominal: 1,
  high: 1 + tolerance,
  unit: 'share',
  source,
});
const kept = (range: SourcedRange): Factor => ({ ...range, nominal: 1, unit: 'share' });

export const dielectricOf = ({ boot0 }: RcBoard, { dielectric }: Assumptions): DielectricName =>
  dielectric ?? boot0.dielectric ?? usualDielectric;

/** Ranges of all that counts on this board. */
export function factorsOf(board: RcBoard, assumptions: Assumptions = {}): Factors {
  const { boot0, nrst } = board;
  const { bias, temperature, age } = dielectrics[dielectricOf(board, assumptions)];
  const resistor = share(spread.resistor, 'our choice: the class of the E24 series');
  return {
    'capacitor tolerance': share(boot0.tolerance, 'the profile'),
    'capacitor DC bias': kept(bias),
    'capacitor temperature': kept(temperature),
    'capacitor age': kept(age),
    'bleed resistor': resistor,
    'charge resistor': resistor,
    'diode drop': {
      low: boot0.diodeDrop / 2,
      nominal: boot0.diodeDrop,
      high: boot0.diodeDrop,
      unit: 'V',
      source: 'the profile; half of it at the end of a charge (ngspice, hardware/circuits/rc-cap.md)',
    },
    supply: share(spread.supply, 'our choice: what 3.3 V regulators keep over load and temperature'),
    leakage: leakageOf(board, assumptions),
    'NRST pull-up': pullUpOf(board),
    'NRST capacitor': {
      low: (1 - spread.nrstCapacitor) * dielectrics.X7R.temperature.low,
      nominal: 1,
      high: (1 + spread.nrstCapacitor) * dielectrics.X7R.temperature.high,
      unit: 'share',
      source: `${nrst.capacitor > 0 ? '±20 % is our choice' : 'none is fitted'}; X7R: ${dielectrics.X7R.temperature.source}`,
    },
    'host jitter': jitterOf(board, assumptions),
  };
}

/** Into the node where it is positive. */
function leakageOf(board: RcBoard, assumptions: Assumptions): Factor {
  const { boot0 } = board;
  const isTransistor = boot0Driver(board) === 'transistor';
  const hasDiode = boot0.diodeDrop > 0 && !isTransistor;
  const { leakage } = { leakage: undefined, ...dielectrics[dielectricOf(board, assumptions)] };
  const ofCapacitor = leakage ? Math.max(leakage.floor, leakage.perFarad * boot0.capacitor) : 0;
  const pin = `pin: ${boot0.drain === undefined ? '1 µA (DS10314, Table 53; DS5319, Table 35)' : 'the data sheet of the target'}`;
  const drain = boot0.drain ?? spread.leakage;
  return {
    low: -(drain + (hasDiode ? leakages.diode.amperes : 0) + ofCapacitor),
    nominal: 0,
    high: spread.leakage + (isTransistor ? leakages.transistor.amperes : 0),
    unit: 'A',
    source: [
      pin,
      ...(isTransistor ? [`transistor: ${leakages.transistor.source}`] : []),
      ...(hasDiode ? [`diode: ${leakages.diode.source}`] : []),
      ...(leakage ? [`capacitor: ${leakage.source}`] : []),
    ].join('; '),
  };
}

function pullUpOf({ nrst }: RcBoard): Factor {
  const { pullUp, slowestPullUp, fastestPullUp } = nrst;
  return {
    low: fastestPullUp ?? pullUp * spread.smallestNrstPullUp,
    nominal: pullUp,
    high: slowestPullUp ?? pullUp * spread.nrstPullUp,
    unit: 'Ω',
    source:
      slowestPullUp === undefined
        ? 'no data sheet is known: 25 of 45 kΩ (hardware/targets, L0) to 55 of 40 kΩ (DS12589, Table 57)'
        : 'the data sheet of the target (hardware/targets)',
  };
}

function jitterOf({ measured }: RcBoard, { jitter }: Assumptions): Factor {
  const latency = measured?.adapterLatency;
  const usual = { ms: hostAllowance, source: 'our choice: what a plan leaves to the host' };
  const found = jitter ?? (latency ? { ms: latency.high, source: `measured on this board on ${measured.at}` } : usual);
  return { low: 0, nominal: 0, high: found.ms, unit: 'ms', source: found.source };
}
