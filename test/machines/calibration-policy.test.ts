import { expect, test } from 'vitest';
import {
  type CalibrationContext,
  canTrySure,
  startOf,
  unclear,
  wantedOf,
  wantsMore,
  withFound,
  withNextQuantity,
  withTrial,
} from '../../machines/calibration.policy.ts';
import { type Interval, intervalOf, type Trial } from '../../src/board/calibration/threshold.ts';

const quantities = [
  { name: 'hold', side: 'below', range: { low: 5, high: 400 } },
  { name: 'charge', side: 'above', range: { low: 0.5, high: 100 } },
] as const;
const start = startOf({ resets: 30, quantities });
const trial = (earliest: number, latest: number, isHigh: boolean): Trial => ({ earliest, latest, isHigh });
const from = (context: CalibrationContext, ...trials: readonly Trial[]) => trials.reduce(withTrial, context);
const repeated = <T>(count: number, one: T) => Array.from({ length: count }, () => one);

/** Trials at the end of what is possible tell nothing. */
const shortest = trial(4, 5, true);
const longest = trial(100, 101, true);

test('the surest reset is tried again twice, and only where a reset is left after it', () => {
  expect(canTrySure({ ...start, misses: 0, done: 1 })).toBe(true);
  expect(canTrySure({ ...start, misses: 1, done: 2 })).toBe(true);
  expect(canTrySure({ ...start, misses: 2, done: 3 })).toBe(false);
  expect(canTrySure({ ...start, misses: 0, done: 28 })).toBe(true);
  expect(canTrySure({ ...start, misses: 0, done: 29 })).toBe(false);
});

test('of the resets that are left, the first quantity may have six tenths and the last one all', () => {
  const first = withNextQuantity({ ...start, done: 10 });
  const firstMay = (trials: number) => wantsMore(from(first, ...repeated(trials, shortest)), shortest);
  expect([firstMay(10), firstMay(11)]).toEqual([true, false]);
  const second = withNextQuantity({ ...first, done: 20 });
  const secondMay = (trials: number) => wantsMore(from(second, ...repeated(trials, longest)), longest);
  expect([secondMay(8), secondMay(9)]).toEqual([true, false]);
});

/** A threshold of 100, tried from both sides with edges so far apart, until the interval is about that narrow. */
function narrowed(open: number): CalibrationContext {
  // On either side of 100; ten times, so that a wide spread of the threshold is out of the question.
  const near = [trial(99.8 - open, 99.8, true), trial(100.2, 100.2 + open, false)];
  return from(withNextQuantity({ ...start, resets: 1000 }), ...repeated(10, near).flat());
}

test('an interval as narrow as two calls of the adapter, or as two hundredths of the time, is enough', () => {
  const wide = narrowed(20);
  expect(wantsMore(wide, trial(100, 105, false))).toBe(true);
  expect(wantsMore(wide, trial(100, 140, false))).toBe(false);
  const narrow = narrowed(0.1);
  expect(wantsMore(narrow, trial(100, 100.1, false))).toBe(false);
});

test('the next time lies half of what the last edges left open inside of an end', () => {
  const near = [trial(96, 100, true), trial(101, 105, false)];
  const found = from(withNextQuantity(start), ...near, ...near, ...near);
  expect(wantedOf(found)).toEqual({ name: 'hold', time: intervalOf(found.belief!).low + 2 });
  const next = withTrial(found, trial(96, 104, true));
  expect(wantedOf(next)).toEqual({ name: 'hold', time: intervalOf(next.belief!).high - 4 });
});

/** What a quantity has come to: its interval by trials of these outcomes. */
function foundAs(name: 'hold' | 'charge', interval: Interval, ...outcomes: readonly boolean[]): CalibrationContext {
  const index = name === 'hold' ? -1 : 0;
  const trials = outcomes.map((isHigh) => trial(50, 51, isHigh));
  const context = withFound(from(withNextQuantity({ ...start, index }), ...trials));
  return { ...context, found: context.found.map((one) => ({ ...one, interval })) };
}

test.each([
  ['found', foundAs('hold', { low: 50, high: 60 }, true, false), undefined],
  ['all high', foundAs('hold', { low: 50, high: 60 }, true, true), 'The hold time stays unclear after 2 resets: 2 led'],
  [
    'all low',
    foundAs('hold', { low: 50, high: 60 }, false, false),
    'The hold time stays unclear after 2 resets: 0 led',
  ],
  ['twice as long as short', foundAs('hold', { low: 50, high: 100 }, true, false), undefined],
  ['wider', foundAs('hold', { low: 50, high: 101 }, true, false, false), 'after 3 resets: 1 led'],
  ['wide, at the end of its own range', foundAs('hold', { low: 200, high: 400 }, true, false), undefined],
] as const)('a hold time, %s', (_name, context, said) => {
  const error = unclear(context);
  expect(error?.code).toBe(said && 'calibration-unclear');
  expect(error?.message ?? '').toContain(said ?? '');
});

test.each([
  ['found', foundAs('charge', { low: 10, high: 12 }, true, false), undefined],
  ['shorter than can be timed', foundAs('charge', { low: 0.5, high: 7 }, true, true), undefined],
  ['open at its upper end', foundAs('charge', { low: 50, high: 100 }, false, false), 'The charge time stays unclear'],
] as const)('a charge time, %s', (_name, context, said) => {
  const error = unclear(context);
  expect(error?.code).toBe(said && 'calibration-unclear');
  expect(error?.message ?? '').toContain(said ?? '');
});
