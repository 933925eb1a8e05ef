/** Values that resistors and capacitors have in a decade (IEC 60063:2015, Tables 1 and 2). */
export const preferredValues = {
  E6: [1, 1.5, 2.2, 3.3, 4.7, 6.8],
  E12: [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2],
  E24: [
    ...[1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3],
    ...[3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1],
  ],
} as const satisfies Record<string, readonly number[]>;

export type SeriesName = keyof typeof preferredValues;
export const seriesNames = Object.keys(preferredValues) as readonly SeriesName[];

/** All values of a series from the least to the most, both included, the smallest first. */
export function valuesOf(series: SeriesName, least: number, most: number): readonly number[] {
  const values: number[] = [];
  for (let exponent = Math.floor(Math.log10(least)); exponent <= Math.floor(Math.log10(most)); exponent++) {
    for (const step of preferredValues[series]) {
      // Joined as text, so that 4.7 µF is exactly 4.7e-6.
      const value = Number(`${step}e${exponent}`);
      if (value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9)) values.push(value);
    }
  }
  return values;
}
