import type { Milliseconds } from '../../base/units.ts';
import { holdTime, nrstRiseTime } from '../circuit/rc.ts';
import type { Boot0Circuit, NrstCircuit } from '../profile.ts';
import type { Measured } from './measured.ts';
import type { Interval } from './threshold.ts';

/**
 * What a warm or a cold capacitor keeps of the hold that was measured: X7R changes by up to ±15 % from -55 to 125 °C
 * (EIA-198-1, class II code R).
 */
export const keptOverTemperature = 0.85;

/** The window that a measured board surely has, over temperature. */
export const sureWindow = ({ hold }: Measured): Milliseconds | undefined =>
  hold === undefined ? undefined : hold.low * keptOverTemperature;

/** The window that the nominal parts have. The time to empty is in proportion to the capacitor. */
const nominalWindow = (boot0: Boot0Circuit, nrst: NrstCircuit): Milliseconds =>
  holdTime(boot0, Number.POSITIVE_INFINITY, 'nominal') - nrstRiseTime(nrst);

/**
 * The share of the capacitance in the parts list that the measured hold time speaks for, at most: a real BOOT0 may read 1 below its VIH,
 * which makes the time longer and never shorter.
 */
export const capacitorShare = (boot0: Boot0Circuit, nrst: NrstCircuit, { high }: Interval): number =>
  (high + nrstRiseTime(nrst)) / (nominalWindow(boot0, nrst) + nrstRiseTime(nrst));

const microfarads = ({ capacitor }: Boot0Circuit): string => `${Number((capacitor * 1e6).toPrecision(3))} µF`;

/** Where the measured values contradict the parts list, as a sentence each. */
export function contradictions(
  boot0: Boot0Circuit | undefined,
  nrst: NrstCircuit,
  measured: Measured | undefined,
): readonly string[] {
  if (!boot0 || !measured?.hold) return [];
  const share = capacitorShare(boot0, nrst, measured.hold);
  if (share >= 1 - boot0.tolerance) return [];
  const { low, high } = measured.hold;
  return [
    `the capacitor has ${Math.round(share * 100)} % of ${microfarads(boot0)} at most: BOOT0 was measured to hold for ` +
      `${low.toFixed(1)} to ${high.toFixed(1)} ms on ${measured.at}, and the parts promise more (or the bleed resistance is lower than in the profile)`,
  ];
}
