import { expect, test } from 'vitest';
import { mostExperiments, mostOf } from '../../machines/learning-limits.policy.ts';

test('no board gets more than 136 experiments', () => {
  // 3 rounds of 15 ways in; 3 tries to prove one; 60 that part circuits; 2 times of a capacitor with 14 trials each.
  expect(mostExperiments).toBe(3 * 15 + 3 + 60 + 2 * 14);
});

test('so many take at most about nine and a half minutes', () => {
  // A way in waits 2 s with idle lines, is held, and waits for the ROM for 1.5, 2.5 or 5 s by its round. Of the 15 of a
  // round all are charged (50, 200 or 1000 ms); six end with a pulse (5, 10 or 20 ms) and six with a start (220 or 500 ms).
  const search =
    15 * (3 * 2_000 + 1_500 + 2_500 + 5_000) + 15 * (50 + 200 + 1_000) + 6 * (5 + 10 + 20) + 6 * (220 + 220 + 500);
  // Each of the others waits 2 s with idle lines, and takes about 1.5 s.
  expect(mostOf()).toEqual({ experiments: 136, time: search + 91 * 3_500 });
  expect(mostOf().time / 60_000).toBeCloseTo(9.47);
});
