import type { Farads, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { Boot0Circuit, NrstCircuit } from '../profile.ts';

// Times of the circuit with nominal parts, but for the capacitor. Guaranteed times are in corners.ts.

/** Which end of its tolerance the capacitor has. All other parts are nominal. */
export type Corner = 'low' | 'nominal' | 'high';

/** VIH of NRST as a fraction of the supply: the CMOS level, above every threshold that data sheets name for NRST. */
export const nrstVihFraction = 0.7;
const cornerFactor = (tolerance: number, corner: Corner): number =>
  corner === 'low' ? 1 - tolerance : corner === 'high' ? 1 + tolerance : 1;

const capacitance = ({ capacitor, tolerance }: Boot0Circuit, corner: Corner): Farads =>
  capacitor * cornerFactor(tolerance, corner);

export const parallel = (a: Ohms, b: Ohms): Ohms => (a * b) / (a + b);

/** Resistance from BOOT0 to ground: the bleed resistor, in parallel with the board's own. */
export const pullDown = ({ bleedResistor, boardPullDown }: Boot0Circuit): Ohms =>
  boardPullDown === undefined ? bleedResistor : parallel(bleedResistor, boardPullDown);

/**
 * Voltage that BOOT0 tends to while its line charges it: supply less the diode, divided by charge and pull-down
 * resistors.
 */
export const chargedVoltage = (circuit: Boot0Circuit): Volts =>
  ((circuit.supply - circuit.diodeDrop) * pullDown(circuit)) / (circuit.chargeResistor + pullDown(circuit));

/** Time constant of the charge: both resistors in parallel, as the node sees them. */
export const chargeTimeConstant = (circuit: Boot0Circuit, corner: Corner = 'high'): Milliseconds =>
  parallel(circuit.chargeResistor, pullDown(circuit)) * capacitance(circuit, corner) * 1e3;

/** Time constant of the decay once the line lets go: only the way to ground is left. */
export const bleedTimeConstant = (circuit: Boot0Circuit, corner: Corner): Milliseconds =>
  pullDown(circuit) * capacitance(circuit, corner) * 1e3;

/** Time to charge BOOT0 from 0 V to `volts` (VIH), with the largest capacitor. Infinite if the divider stays below. */
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

/** Time in which BOOT0 falls from the full charge to VIL. */
export const clearTime = (circuit: Boot0Circuit, corner: Corner = 'high'): Milliseconds =>
  fallTime(circuit, chargedVoltage(circuit), circuit.vil, corner);

/** Rise of NRST from 0 V to 0.7 of the supply after its line lets go, by the typical pull-up. */
export const nrstRiseTime = ({ pullUp, capacitor }: NrstCircuit): Milliseconds =>
  -pullUp * capacitor * Math.log1p(-nrstVihFraction) * 1e3;
