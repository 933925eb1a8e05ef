import { expect, test } from 'vitest';
import { driftOf } from '../../src/records/report/drift.ts';
import { type MeasuredFigure, measuredFigures } from '../../src/records/report/measurements.ts';
import { capability, crossing, sampleOf, trendOf } from '../../src/records/report/statistics.ts';
import { reportRun, runMeasurement } from '../helpers/records.ts';

test('mean and deviation', () => {
  // Sum 40, mean 5. Squares of the distances: 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32; 32 / 7 = 4.571429, its root 2.138090.
  const sample = sampleOf([2, 4, 4, 4, 5, 5, 7, 9]);
  expect(sample).toEqual({ n: 8, mean: 5, deviation: expect.closeTo(2.13809, 5), min: 2, max: 9 });
  expect(sampleOf([7])).toEqual({ n: 1, mean: 7, deviation: undefined, min: 7, max: 7 });
});

test('equal values have their own mean and no deviation, however many are added', () => {
  // 0.1 + 0.1 + 0.1 is 0.30000000000000004 in binary floating point.
  expect(sampleOf([0.1, 0.1, 0.1])).toEqual({ n: 3, mean: 0.1, deviation: 0, min: 0.1, max: 0.1 });
});

test('a deviation is not lost beside a large mean', () => {
  // Distances -1, 0, 1: 2 / 2 = 1.
  expect(sampleOf([1e9 - 1, 1e9, 1e9 + 1]).deviation).toBe(1);
});

test.each([
  // 3 × 2.138090 = 6.414270. Low: 5 / 6.414270 = 0.779512. High: 7 / 6.414270 = 1.091317.
  { limits: { low: 0, high: 12 }, cpk: 0.779512 },
  { limits: { low: undefined, high: 12 }, cpk: 1.091317 },
  // Mean beyond the limit: -1 / 6.414270.
  { limits: { low: 6, high: undefined }, cpk: -0.155902 },
])('Cpk within $limits is $cpk', ({ limits, cpk }) => {
  expect(capability(sampleOf([2, 4, 4, 4, 5, 5, 7, 9]), limits)).toBeCloseTo(cpk, 6);
});

test('there is no Cpk without a limit, of one value, or of equal ones', () => {
  expect(capability(sampleOf([1, 2, 3]), { low: undefined, high: undefined })).toBeUndefined();
  expect(capability(sampleOf([1]), { low: 0, high: 2 })).toBeUndefined();
  expect(capability(sampleOf([1, 1]), { low: 0, high: 2 })).toBeUndefined();
  expect(capability(sampleOf([1, 1 + 1e-15]), { low: 0, high: 2 })).toBeUndefined();
  expect(capability(sampleOf([0, 0]), { low: -1, high: 2 })).toBeUndefined();
});

test('a line through values', () => {
  // x - 2: -2 -1 0 1 2, squares 10. y - 8.2: 1.8 0.8 0.3 -1.2 -1.7.
  // Products -3.6 - 0.8 + 0 - 1.2 - 3.4 = -9; slope -0.9; at the last value 8.2 - 1.8 = 6.4.
  // Rests 0, -0.1, 0.3, -0.3, 0.1: squares 0.2; 0.2 / 3 / 10 = 0.00666667, its root 0.0816497; 0.9 / 0.0816497 = 11.02270.
  const trend = trendOf([10, 9, 8.5, 7, 6.5])!;
  expect(trend.slope).toBeCloseTo(-0.9, 12);
  expect(trend.now).toBeCloseTo(6.4, 12);
  expect(trend.certainty).toBeCloseTo(11.0227, 4);
  // (5 - 6.4) / -0.9 = 1.56: the second value from now on is beyond.
  expect(crossing(trend, { low: 5, high: 20 })).toBe(2);
  expect(crossing(trend, { low: undefined, high: 20 })).toBeUndefined();
  expect(crossing(trend, { low: 7, high: undefined })).toBe(0);
});

test('a line needs three values; equal ones have no slope', () => {
  expect(trendOf([1, 2])).toBeUndefined();
  const flat = trendOf([3, 3, 3])!;
  expect(flat).toEqual({ slope: 0, now: 3, certainty: 0 });
  expect(crossing(flat, { low: 1, high: 4 })).toBeUndefined();
  expect(trendOf([1, 2, 3])).toEqual({ slope: 1, now: 3, certainty: Number.POSITIVE_INFINITY });
});

/** Values in turn at slots; each of its own run. */
function figuresOf(values: readonly (readonly [slot: string, value: number])[], low = 5): readonly MeasuredFigure[] {
  const runs = values.map(([slot], index) => reportRun({ run: `r${index}`, seq: index + 1, slot }));
  const measurements = values.map(([, value], index) =>
    runMeasurement({ run: `r${index}`, name: 'holdMargin', value, low, outcome: value < low ? 'fail' : 'pass' }),
  );
  return measuredFigures(runs, measurements);
}

const zigzag = (index: number): number => (index % 2 === 0 ? 0.1 : -0.1);

test('a capacitor that ages shows before it fails: the slot, the slope, and when it crosses its limit', () => {
  // A1 stays at 12; A3 falls by 0.02 a run from 12. Both zigzag by 0.1.
  const values = Array.from({ length: 200 }, (_, index) =>
    index % 2 === 0
      ? (['A1', 12 + zigzag(index / 2)] as const)
      : (['A3', 12 - 0.02 * ((index - 1) / 2) + zigzag((index - 1) / 2)] as const),
  );
  const [all, good, bad] = figuresOf(values);
  expect([all!.slot, good!.slot, bad!.slot]).toEqual([undefined, 'A1', 'A3']);
  expect(all).toMatchObject({ n: 200, drift: undefined, outside: 0 });
  expect(good!.drift).toMatchObject({ runs: 100, crossesIn: undefined, isAlarm: false });
  expect(bad!.drift).toMatchObject({ runs: 100, isAlarm: true });
  // 12 - 99 × 0.02 = 10.02 at the last; 5.02 above the limit; 251 runs of 0.02. The zigzag tilts the line by less than 1 %.
  expect(bad!.drift!.perHundredRuns).toBeCloseTo(-2, 1);
  expect(bad!.drift!.crossesIn).toBeGreaterThan(245);
  expect(bad!.drift!.crossesIn).toBeLessThan(257);
});

test('what was before the last 200 runs of a slot is forgotten', () => {
  const aged = Array.from({ length: 100 }, (_, index) => ['A1', 12 - 0.05 * index] as const);
  const repaired = Array.from({ length: 200 }, (_, index) => ['A1', 12 + zigzag(index)] as const);
  expect(figuresOf([...aged, ...repaired])[1]!.drift).toMatchObject({ runs: 200, isAlarm: false });
  expect(figuresOf(aged)[1]!.drift).toMatchObject({ runs: 100, isAlarm: true });
});

test('less than 20 values have no drift', () => {
  const values = Array.from({ length: 19 }, (_, index) => ['A1', 12 - index * 0.3] as const);
  expect(figuresOf(values)[1]!.drift).toBeUndefined();
  expect(figuresOf([...values, ['A1', 6.3]])[1]!.drift).toMatchObject({ runs: 20, isAlarm: true });
});

test('a limit that is far away is no alarm', () => {
  // 0.001 a run, 7 to go: 7000 runs.
  const values = Array.from({ length: 100 }, (_, index) => ['A1', 12 - index * 0.001] as const);
  expect(figuresOf(values)[1]!.drift).toMatchObject({ isAlarm: false, crossesIn: expect.any(Number) });
});

test('of a hold margin nothing is left at 0, where jig.yaml sets no limit; of another figure nobody knows', () => {
  // From 12 by 0.05: 7.05 at the last, 141 runs to 0.
  const values = Array.from({ length: 100 }, (_, index) => 12 - index * 0.05);
  const none = { low: undefined, high: undefined };
  expect(driftOf('holdMargin', values, none)).toMatchObject({ limit: 0, crossesIn: 141, isAlarm: true });
  expect(driftOf('vbat', values, none)).toMatchObject({ limit: undefined, crossesIn: undefined, isAlarm: false });
  expect(driftOf('holdMargin', values.toReversed(), none)).toMatchObject({ limit: undefined, isAlarm: false });
});

test('runs that the station or a person has ended are in no figure, nor are golden ones, nor values that are no number', () => {
  const runs = [
    reportRun({ run: 'a' }),
    reportRun({ run: 'b', outcome: 'error' }),
    reportRun({ run: 'c', outcome: 'aborted' }),
    reportRun({ run: 'd', purpose: 'golden' }),
    reportRun({ run: 'e', outcome: null }),
    reportRun({ run: 'f', outcome: 'fail' }),
    reportRun({ run: 'g' }),
  ];
  const measurements = runs.map(({ run }, index) =>
    runMeasurement({ run, value: run === 'g' ? null : index, outcome: run === 'f' ? 'fail' : 'pass' }),
  );
  expect(measuredFigures(runs, measurements)[0]).toMatchObject({ n: 2, mean: 2.5, min: 0, max: 5, outside: 1 });
});

test('the newest limits count, and the same name with another unit is another figure', () => {
  const runs = ['a', 'b', 'c'].map((run, index) => reportRun({ run, seq: index + 1 }));
  const figures = measuredFigures(runs, [
    runMeasurement({ run: 'a', value: 1, low: 0 }),
    runMeasurement({ run: 'b', value: 3, low: 1 }),
    runMeasurement({ run: 'c', value: 3, unit: 's' }),
  ]);
  expect(figures.map(({ unit, n, low }) => [unit, n, low])).toEqual([
    ['ms', 2, 1],
    ['ms', 2, 1],
    ['s', 1, undefined],
    ['s', 1, undefined],
  ]);
});

test('equal values have no deviation, however they add up', () => {
  expect(sampleOf(Array(9).fill(482.726))).toMatchObject({ mean: 482.726, deviation: 0 });
});
