import { expect, test } from 'vitest';
import { type Bracket, beginBracket, nextTime, withTrial } from '../../machines/learning-times.policy.ts';
import { dfuRom, experiment, observation } from '../helpers/experiments.ts';

const bracket = (name: Bracket['name'], works: number, fails: number | null, resets = 0): Bracket => ({
  ...beginBracket(name, works),
  fails,
  resets,
});

test('a bracket begins with a time that works, and nothing that fails', () => {
  expect(beginBracket('hold', 5)).toEqual({
    name: 'hold',
    works: 5,
    fails: null,
    measured: { works: 5, fails: null },
    resets: 0,
  });
});

test.each([
  { name: 'hold', works: 5, next: 10, why: 'twice as long' },
  { name: 'hold', works: 3_000, next: 6_000, why: 'the longest that a job could use' },
  { name: 'hold', works: 3_001, next: null, why: 'no job holds for so long' },
  { name: 'charge', works: 50, next: 25, why: 'half as long' },
  { name: 'charge', works: 4, next: 2, why: 'the shortest that an adapter can time' },
  { name: 'charge', works: 3.9, next: null, why: 'no adapter can time it' },
] as const)('while no $name has failed, $works ms is followed by $next: $why', ({ name, works, next }) => {
  expect(nextTime(bracket(name, works, null))).toBe(next);
});

test.each([
  { name: 'hold', works: 100, fails: 400, next: 200, why: 'between the two, in equal ratios' },
  { name: 'charge', works: 400, fails: 100, next: 200, why: 'between the two, in equal ratios' },
  { name: 'hold', works: 100, fails: 125, next: 111.8, why: 'a quarter more is still wide' },
  { name: 'charge', works: 125, fails: 100, next: 111.8, why: 'a quarter more is still wide' },
  { name: 'hold', works: 100, fails: 124, next: null, why: 'less than a quarter more is narrow' },
  { name: 'charge', works: 124, fails: 100, next: null, why: 'less than a quarter more is narrow' },
  { name: 'hold', works: 4, fails: 6, next: 4.9, why: 'two milliseconds can be parted' },
  { name: 'charge', works: 5.9, fails: 4, next: null, why: 'no adapter parts less than two' },
] as const)(
  'a $name that works with $works ms and fails with $fails is tried with $next: $why',
  ({ name, works, fails, next }) => {
    const time = nextTime(bracket(name, works, fails));
    if (next === null) expect(time).toBeNull();
    else expect(time).toBeCloseTo(next, 1);
  },
);

test('after 14 resets a bracket stays as it is', () => {
  expect(nextTime(bracket('hold', 100, 400, 13))).toBe(200);
  expect(nextTime(bracket('hold', 100, 400, 14))).toBeNull();
  expect(nextTime(bracket('hold', 5, null, 14))).toBeNull();
});

/** Charged for 50 ms and held for 20 by plan. Of each edge the call has lasted, the later ones longer. */
const trial = (isRom: boolean) =>
  observation(experiment(['dtr', 50], ['rts', 20]), {
    edges: [
      { from: 0, to: 1 },
      { from: 50, to: 53 },
      { from: 72, to: 77 },
    ],
    rom: isRom ? dfuRom : null,
  });

test.each([
  // From the second edge to the third: at least 72 - 53, at most 77 - 50.
  { name: 'hold', isRom: true, change: { works: 20, measured: { works: 19, fails: 300 } } },
  { name: 'hold', isRom: false, change: { fails: 20, measured: { works: 8, fails: 27 } } },
  // From the first edge to the second: at least 50 - 1, at most 53 - 0.
  { name: 'charge', isRom: true, change: { works: 50, measured: { works: 53, fails: 300 } } },
  { name: 'charge', isRom: false, change: { fails: 50, measured: { works: 8, fails: 49 } } },
] as const)('a $name trial that has led into the ROM: $isRom; the end that it moves claims less', (one) => {
  const before = { ...bracket(one.name, 7, 299, 3), measured: { works: 8, fails: 300 } };
  expect(withTrial(before, trial(one.isRom))).toEqual({ ...before, resets: 4, ...one.change });
});

test('a state whose edges overlap was held for no time that is sure', () => {
  const overlapping = { ...trial(true), edges: [0, 50, 51].map((from) => ({ from, to: from + 5 })) };
  expect(withTrial(bracket('hold', 7, null), overlapping).measured.works).toBe(0);
});
