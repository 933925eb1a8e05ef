import type { Boot0Circuit, NrstCircuit } from '../profiles/profile.ts';
import type { Farads, Milliseconds, Ohms, Volts } from '../units.ts';

/** Which end of its tolerance the capacitor has; all else is taken as nominal. */
export type Corner = 'low' | 'nominal' | 'high';

/** VIH of NRST as a fraction of the supply: the CMOS level, above every threshold that data sheets name for NRST. */
export const nrstVihFraction = 0.7;
/** Internal pull-up of NRST against its typical value: 30/40/50 kΩ (F103 data sheet); profiles state the typical one. */
const pullUpSpread = 1.25;
/** NRST capacitor, where profiles state no tolerance: ±20 %, the usual class of a ceramic 100 nF part. */
const nrstCapacitorSpread = 1.2;

const cornerFactor = (tolerance: number, corner: Corner): number =>
  corner === 'low' ? 1 - tolerance : corner === 'high' ? 1 + tolerance : 1;

const capacitance = ({ capacitor, tolerance }: Boot0Circuit, corner: Corner): Farads =>
  capacitor * cornerFactor(tolerance, corner);

const parallel = (a: Ohms, b: Ohms): Ohms => (a * b) / (a + b);

/** Voltage that BOOT0 tends to while its line charges it: supply less the diode, divided by the bleed resistor. */
export const chargedVoltage = ({ supply, diodeDrop, chargeResistor, bleedResistor }: Boot0Circuit): Volts =>
  ((supply - diodeDrop) * bleedResistor) / (chargeResistor + bleedResistor);

/** Time constant of the charge: both resistors in parallel, as the node sees them. */
export const chargeTimeConstant = (circuit: Boot0Circuit, corner: Corner = 'high'): Milliseconds =>
  parallel(circuit.chargeResistor, circuit.bleedResistor) * capacitance(circuit, corner) * 1e3;

/** Time constant of the decay once the line lets go: the bleed resistor alone. */
export const bleedTimeConstant = (circuit: Boot0Circuit, corner: Corner): Milliseconds =>
  circuit.bleedResistor * capacitance(circuit, corner) * 1e3;

/** Time to charge BOOT0 from 0 V to `volts` (VIH), with the largest capacitor; infinite where the divider never gets there. */
export function chargeTime(circuit: Boot0Circuit, volts: Volts = circuit.vih, corner: Corner = 'high'): Milliseconds {
  const fraction = volts / chargedVoltage(circuit);
  return fraction < 1 ? -chargeTimeConstant(circuit, corner) * Math.log1p(-fraction) : Number.POSITIVE_INFINITY;
}

/** Voltage on BOOT0 after it was charged from 0 V for `charge` ms. */
export const voltageAfterCharge = (circuit: Boot0Circuit, charge: Milliseconds, corner: Corner): Volts =>
  -chargedVoltage(circuit) * Math.expm1(-charge / chargeTimeConstant(circuit, corner));

/** Time in which BOOT0 bleeds from one voltage down to another; 0 where it starts below. */
export const fallTime = (circuit: Boot0Circuit, from: Volts, to: Volts, corner: Corner): Milliseconds =>
  from > to ? bleedTimeConstant(circuit, corner) * Math.log(from / to) : 0;

/** Time that BOOT0 stays above VIH after a charge of `charge` ms, for a capacitor at this end of its tolerance. */
export const holdTime = (circuit: Boot0Circuit, charge: Milliseconds, corner: Corner): Milliseconds =>
  fallTime(circuit, voltageAfterCharge(circuit, charge, corner), circuit.vih, corner);

/**
 * Time that BOOT0 surely stays above VIH after a charge of `charge` ms. A small capacitor empties sooner, a large one
 * may not have been filled: the shorter of the two.
 */
export const worstHoldTime = (circuit: Boot0Circuit, charge: Milliseconds): Milliseconds =>
  Math.min(holdTime(circuit, charge, 'low'), holdTime(circuit, charge, 'high'));

/** Time after which BOOT0 is surely below VIL: from the full charge, with the largest capacitor. */
export const clearTime = (circuit: Boot0Circuit, corner: Corner = 'high'): Milliseconds =>
  fallTime(circuit, chargedVoltage(circuit), circuit.vil, corner);

/**
 * Rise of NRST from 0 V to 0.7 of the supply after its line lets go. `worst` takes the pull-up 25 % and the capacitor
 * 20 % above what the profile says, because profiles give no tolerance for NRST.
 */
export const nrstReleaseTime = (
  { pullUp, capacitor }: NrstCircuit,
  corner: 'nominal' | 'worst' = 'worst',
): Milliseconds =>
  -pullUp *
  capacitor *
  (corner === 'worst' ? pullUpSpread * nrstCapacitorSpread : 1) *
  Math.log1p(-nrstVihFraction) *
  1e3;
