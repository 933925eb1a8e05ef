import type { Milliseconds } from '../../base/units.ts';

/** Values of a decade (IEC 60063). */
const e6 = [1, 1.5, 2.2, 3.3, 4.7, 6.8] as const;
const e24 = [
  ...[1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3],
  ...[3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1],
] as const;

type Pair = readonly [ohms: number, farads: number];

/** 1 µA of leakage lifts 47 kΩ by 47 mV only: it fits every STM32. The larger resistor of two pairs that are equal is first. */
const bleeds = e24.map((value) => value * 1e4).filter((ohms) => ohms >= 20e3 && ohms <= 47e3);
/** From 100 nF to 680 µF. */
const capacitors = [-7, -6, -5, -4].flatMap((exponent) => e6.map((value) => Number(`${value}e${exponent}`)));
const pairs: readonly Pair[] = bleeds.toReversed().flatMap((ohms) => capacitors.map((farads): Pair => [ohms, farads]));

/** What R·C can be with these parts. */
export const shortestTime: Milliseconds = 5;
export const longestTime: Milliseconds = 30_000;

/** The bleed resistor and the capacitor of a time constant. */
export interface TimeParts {
  readonly bleedResistor: string;
  readonly capacitor: string;
}

/**
 * Parts of these series whose product is nearest to the time constant, with a resistor from 20 to 47 kΩ. Only the product is known
 * of the board.
 */
export function partsOfTime(time: Milliseconds): TimeParts {
  const miss = ([ohms, farads]: Pair): number => Math.abs(Math.log((ohms * farads * 1000) / time));
  const [ohms, farads] = pairs.toSorted((a, b) => miss(a) - miss(b))[0]!;
  return { bleedResistor: ohmsText(ohms), capacitor: faradsText(farads) };
}

const trimmed = (value: number): string => String(Number(value.toPrecision(2)));
const ohmsText = (ohms: number): string => (ohms >= 1e3 ? `${trimmed(ohms / 1e3)}k` : `${trimmed(ohms)}R`);
const faradsText = (farads: number): string =>
  farads >= 1e-6 ? `${trimmed(farads * 1e6)}uF` : `${trimmed(farads * 1e9)}nF`;
