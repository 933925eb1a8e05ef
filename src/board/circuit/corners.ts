import type { Amperes, Farads, LevelOfVdd, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { Boot0Circuit, NrstCircuit } from '../profile.ts';
import { nrstRiseTime, parallel, pullDown } from './rc.ts';

// Times that a circuit guarantees. Each part is at the end of its tolerance that is worst for the question.

/** Of parts whose tolerance a profile does not state. */
export const spread = {
  /** Resistors: ±5 %, the class of the E24 series. */
  resistor: 0.05,
  /** The target's supply: ±3 %, as 3.3 V regulators keep it over load and temperature. */
  supply: 0.03,
  /** Of an input, either way: ±1 µA (DS10314, Table 53; DS5319, Table 35). */
  leakage: 1e-6,
  /** NRST's capacitor: ±20 %, the usual class of a ceramic 100 nF part. */
  nrstCapacitor: 0.2,
  /** NRST's pull-up against its typical value, where the family is not known: 55 of 40 kΩ (DS12589, Table 57). */
  nrstPullUp: 55 / 40,
  /** The same at its other end: 25 of 45 kΩ (hardware/targets, L0). */
  smallestNrstPullUp: 25 / 45,
} as const;

/** The parts of one corner, or of one board. `leakage` flows into the node where it is positive. */
export interface Parts {
  readonly supply: Volts;
  readonly diodeDrop: Volts;
  readonly chargeResistor: Ohms;
  readonly pullDown: Ohms;
  readonly capacitor: Farads;
  readonly leakage: Amperes;
}

const ends = [-1, 1] as const;
type End = (typeof ends)[number];

const inProportion = (volts: Volts, supply: Volts): LevelOfVdd => ({ ofVdd: volts / supply, plus: 0 });

/** The threshold at another supply than the one that the profile states. */
export function thresholdAt({ levels, supply, ...circuit }: Boot0Circuit, name: 'vih' | 'vil', volts: Volts): Volts {
  const { ofVdd, plus } = levels?.[name] ?? inProportion(circuit[name], supply);
  return ofVdd * volts + plus;
}

/** The capacitor at an end of its tolerance, and of what its dielectric keeps where the profile names that. */
function capacitorAt({ capacitor, tolerance, kept }: Boot0Circuit, end: End): Farads {
  const share = kept ? (end === 1 ? kept.high : kept.low) : 1;
  return capacitor * (1 + end * tolerance) * share;
}

/** Parts that charge BOOT0 least and empty it soonest. */
const weakest = (circuit: Boot0Circuit, supply: End, capacitor: End): Parts => ({
  supply: circuit.supply * (1 + supply * spread.supply),
  diodeDrop: circuit.diodeDrop,
  chargeResistor: circuit.chargeResistor * (1 + spread.resistor),
  pullDown: pullDown(circuit) * (1 - spread.resistor),
  capacitor: capacitorAt(circuit, capacitor),
  leakage: -(circuit.drain ?? spread.leakage),
});

/**
 * Parts that charge BOOT0 most and empty it last. A warm Schottky diode drops almost nothing at the end of a charge.
 */
const strongest = (circuit: Boot0Circuit, supply: End): Parts => ({
  supply: circuit.supply * (1 + supply * spread.supply),
  diodeDrop: 0,
  chargeResistor: circuit.chargeResistor * (1 - spread.resistor),
  pullDown: pullDown(circuit) * (1 + spread.resistor),
  capacitor: capacitorAt(circuit, 1),
  leakage: spread.leakage,
});

/** Where BOOT0 ends while its line drives it. */
export const driven = ({ supply, diodeDrop, chargeResistor, pullDown, leakage }: Parts): Volts =>
  ((supply - diodeDrop) / chargeResistor + leakage) * parallel(chargeResistor, pullDown);

const chargeTau = ({ chargeResistor, pullDown, capacitor }: Parts): Milliseconds =>
  parallel(chargeResistor, pullDown) * capacitor * 1e3;

export const voltageAfter = (parts: Parts, charge: Milliseconds): Volts =>
  -driven(parts) * Math.expm1(-charge / chargeTau(parts));

/** From 0 V up to a voltage. Infinite if the node does not get there. */
export function chargeTo(parts: Parts, volts: Volts): Milliseconds {
  const fraction = volts / driven(parts);
  return fraction < 1 ? -chargeTau(parts) * Math.log1p(-fraction) : Number.POSITIVE_INFINITY;
}

/** From one voltage down to another. Infinite if leakage holds the node above it. */
export function fall({ pullDown, capacitor, leakage }: Parts, from: Volts, to: Volts): Milliseconds {
  const rest = leakage * pullDown;
  if (from <= to) return 0;
  return to <= rest ? Number.POSITIVE_INFINITY : pullDown * capacitor * 1e3 * Math.log((from - rest) / (to - rest));
}

/** Margin between the fully charged BOOT0 and VIH. If it is not positive, no charge time is enough. */
export const guaranteedHeadroom = (circuit: Boot0Circuit): Volts =>
  Math.min(
    ...ends.map((end) => {
      const parts = weakest(circuit, end, 1);
      return driven(parts) - thresholdAt(circuit, 'vih', parts.supply);
    }),
  );

/** Time after which BOOT0 is above VIH with any parts. Infinite if it may never be. */
export const guaranteedChargeTime = (circuit: Boot0Circuit): Milliseconds =>
  Math.max(
    ...ends.map((end) => {
      const parts = weakest(circuit, end, 1);
      return chargeTo(parts, thresholdAt(circuit, 'vih', parts.supply));
    }),
  );

/**
 * Time that BOOT0 stays above VIH after a charge of `charge` ms with any parts. A small capacitor empties sooner. A
 * large one may not be fully charged.
 */
export const guaranteedHoldTime = (circuit: Boot0Circuit, charge: Milliseconds): Milliseconds =>
  Math.min(
    ...ends.flatMap((supply) =>
      ends.map((capacitor) => {
        const parts = weakest(circuit, supply, capacitor);
        return fall(parts, voltageAfter(parts, charge), thresholdAt(circuit, 'vih', parts.supply));
      }),
    ),
  );

/** Time after which a fully charged BOOT0 is below VIL with any parts. Infinite if leakage may hold it above. */
export const guaranteedClearTime = (circuit: Boot0Circuit): Milliseconds =>
  Math.max(
    ...ends.map((end) => {
      const parts = strongest(circuit, end);
      return fall(parts, driven(parts), thresholdAt(circuit, 'vil', parts.supply));
    }),
  );

/** Time after which NRST has risen with any parts. */
export const guaranteedNrstRise = (nrst: NrstCircuit): Milliseconds =>
  nrstRiseTime({ ...nrst, pullUp: nrst.slowestPullUp ?? nrst.pullUp * spread.nrstPullUp }) * (1 + spread.nrstCapacitor);

/** Before NRST has risen to this fraction of the supply, no target leaves its reset: VIL is 0.8 V, at up to 3.6 V (DS8626, Table 51). */
const nrstVilFraction = 0.8 / 3.6;

/** Time until which NRST surely is still low after its line has let go, with any parts. 0 without a capacitor. */
export const earliestNrstRise = ({ pullUp, fastestPullUp, capacitor }: NrstCircuit): Milliseconds =>
  -(fastestPullUp ?? pullUp * spread.smallestNrstPullUp) *
  capacitor *
  (1 - spread.nrstCapacitor) *
  Math.log1p(-nrstVilFraction) *
  1e3;
