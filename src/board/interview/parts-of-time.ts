import type { Milliseconds } from '../../base/units.ts';
import { valuesOf } from '../circuit/preferred-values.ts';

type Pair = readonly [ohms: number, farads: number];

/** 1 µA of leakage lifts 47 kΩ by 47 mV only: it fits every STM32. The larger resistor of two pairs that are equal is first. */
const bleeds = valuesOf('E24', 20e3, 47e3).toReversed();
const capacitors = valuesOf('E6', 100e-9, 680e-6);
const pairs: readonly Pair[] = bleeds.flatMap((ohms) => capacitors.map((farads): Pair => [ohms, farads]));

/** What the product of these parts can be, in ms, with some room at both ends. */
export const timeRange = { least: 5, most: 30_000 } as const;

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
  return { bleedResistor: `${trimmed(ohms / 1e3)}k`, capacitor: faradsText(farads) };
}

/** Values of E24 have two digits. */
const trimmed = (value: number): string => String(Number(value.toPrecision(2)));
const faradsText = (farads: number): string =>
  farads >= 1e-6 ? `${trimmed(farads * 1e6)}uF` : `${trimmed(farads * 1e9)}nF`;
