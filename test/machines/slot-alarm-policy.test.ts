import { expect, test } from 'vitest';
import { alarmOf, chanceOf, noRuns, withRun } from '../../machines/slot-alarm.policy.ts';

const runs = (good: number, bad: number, badInARow = 0) => ({ good, bad, badInARow });

// Fisher's tea (The Design of Experiments, 1935, §8): 4 of 4 right is 1 in 70, 3 or more 17 in 70.
test.each([
  { slot: runs(0, 4), others: runs(4, 0), chance: 1 / 70 },
  { slot: runs(1, 3), others: runs(3, 1), chance: 17 / 70 },
  { slot: runs(4, 0), others: runs(0, 4), chance: 1 },
  { slot: runs(0, 1), others: noRuns, chance: 1 },
])('$slot beside $others comes by chance alone in $chance', ({ slot, others, chance }) => {
  expect(chanceOf(slot, others)).toBeCloseTo(chance, 10);
});

test.each([
  { name: 'three failures in a row', slot: runs(20, 3, 3), others: [runs(20, 3)], alarm: 'in-a-row' },
  { name: 'two failures in a row', slot: runs(20, 2, 2), others: [runs(20, 2)], alarm: undefined },
  { name: 'a good run', slot: runs(2, 9, 0), others: [runs(50, 0)], alarm: undefined },
  // C(22,3)/C(122,3) and so on: 3 of 22 bad beside 0 of 100 is 1540/295,240 = 0.5 %.
  {
    name: 'far more failures than the others',
    slot: runs(19, 3, 1),
    others: [runs(50, 0), runs(50, 0)],
    alarm: 'worse',
  },
  { name: 'a few more than the others', slot: runs(19, 3, 1), others: [runs(50, 4), runs(50, 4)], alarm: undefined },
] as const)('$name: $alarm', ({ slot, others, alarm }) => {
  expect(alarmOf(slot, others, 3)).toBe(alarm);
});

test('a good run ends a row of failures', () => {
  expect([false, false, true, false].reduce(withRun, noRuns)).toEqual(runs(1, 3, 1));
});
