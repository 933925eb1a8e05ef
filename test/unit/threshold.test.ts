import { expect, test } from 'vitest';
import { contradictions } from '../../src/board/calibration/contradictions.ts';
import {
  afterTrial,
  type Belief,
  curveAt,
  intervalOf,
  nextTime,
  normal,
  priorBelief,
  quantile,
  type Side,
  type Trial,
} from '../../src/board/calibration/threshold.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { randomFrom } from '../helpers/calibration.ts';
import { referenceBoard, referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

test.each([
  [0, 0.5],
  [1, 0.841345],
  [1.96, 0.975002],
  [-2, 0.02275],
  [-3, 0.00135],
])('the normal distribution at %d is %d, as in the tables', (x, share) => {
  expect(normal(x)).toBeCloseTo(share, 5);
});

/** A search for `truth`, whose edges lie late or early in their calls, always alike. */
function search(truth: number, side: Side, { play = 1, noise = (): number => 0, bias = 0, trials = 24 } = {}): Belief {
  let belief = priorBelief({ low: truth / 9, high: truth * 7 }, side);
  const done: Trial[] = [];
  while (done.length < trials) {
    const time = nextTime(belief, play, done);
    const isLonger = time + bias * play + noise() > truth;
    const isHigh = side === 'below' ? !isLonger : isLonger;
    const trial = { earliest: time - play, latest: time + play, isHigh };
    belief = afterTrial(belief, trial);
    done.push(trial);
  }
  return belief;
}

test.each([-1, -0.5, 0, 0.5, 1])('edges that are always %d of the way off do not lead past the truth', (bias) => {
  for (const side of ['below', 'above'] as const) {
    const { low, high } = intervalOf(search(100, side, { bias }));
    expect(low).toBeLessThan(100);
    expect(high).toBeGreaterThan(100);
    expect(high - low).toBeLessThan(10);
  }
});

test('with noise of the threshold the interval contains the truth in 99 of 100 searches', () => {
  const random = randomFrom(17);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const hits = Array.from({ length: 100 }, (_, index) => {
    const truth = 20 + 3 * index;
    const { low, high } = intervalOf(search(truth, 'below', { noise: () => gauss() * 1.5 }));
    return low <= truth && truth <= high;
  });
  expect(hits.filter(Boolean).length).toBeGreaterThanOrEqual(97);
});

test('one reset that a bad contact has spoilt does not move the interval off the truth', () => {
  let belief = search(100, 'below', { trials: 6 });
  belief = afterTrial(belief, { earliest: 40, latest: 42, isHigh: false });
  const done: Trial[] = [];
  while (done.length < 12) {
    const time = nextTime(belief, 1, done);
    done.push({ earliest: time - 1, latest: time + 1, isHigh: time < 100 });
    belief = afterTrial(belief, done.at(-1)!);
  }
  const { low, high } = intervalOf(belief);
  expect([low < 100, high > 100]).toEqual([true, true]);
});

test('a middle that the last trial had within its edges is not tried again: beside it is where more is left', () => {
  // One trial says that the threshold is above 250, and might be wrong; all others have 250 to 254 within their edges.
  let belief = afterTrial(priorBelief({ low: 30, high: 2000 }, 'below'), { earliest: 249, latest: 253, isHigh: true });
  const done: Trial[] = [];
  while (done.length < 12) {
    const time = nextTime(belief, 2, done);
    done.push({ earliest: time, latest: time + 4, isHigh: time + 4 < 252 });
    belief = afterTrial(belief, done.at(-1)!);
  }
  const { low, high } = intervalOf(belief);
  expect([low > 240, low < 252, high > 252, high < 262]).toEqual([true, true, true, true]);
});

test('the curve falls through one half at the threshold', () => {
  const belief = search(100, 'below', { play: 0.05, trials: 40 });
  const middle = quantile(belief, 0.5);
  expect(curveAt(belief, middle - 0.5)).toBeGreaterThan(0.5);
  expect(curveAt(belief, middle + 0.5)).toBeLessThan(0.5);
  expect(curveAt(belief, 50)).toBeGreaterThan(0.99);
  expect(curveAt(belief, 200)).toBeLessThan(0.01);
});

const held = (low: number, high: number) => ({ at: '2026-11-28', hold: { low, high, resets: 20 } });

test('a hold time of 61 % says that the capacitor has lost the rest', () => {
  // 47 kΩ x 4.7 µF = 220.9 ms; ln(2.937 V / 2.31 V) = 0.2402: 53.1 ms, of which NRST takes 4.8 ms (RC.md §4).
  const [text, ...others] = contradictions(referenceBoot0, referenceNrst, held(25, 0.61 * 53.06 - 4.816));
  expect(text).toMatch(/^the capacitor has 61 % of 4.7 µF at most: .* 25.0 to 27.6 ms on 2026-11-28/);
  expect(others).toEqual([]);
  expect(contradictions(referenceBoot0, referenceNrst, held(45, 48))).toEqual([]);
});

test('the plan has the window that was measured, less what temperature takes; or that of the parts where no pulse fits', () => {
  const windowOf = (measured?: ReturnType<typeof held>) => {
    const board = referenceBoard(measured ? { measured } : {});
    return planEntry('rc-cap', board.wiring, board).window!;
  };
  const parts = windowOf();
  const measured = windowOf(held(100, 108));
  expect(measured.limit - measured.nrstRelease).toBeCloseTo(85, 6);
  expect(measured.limit).toBeGreaterThan(parts.limit);
  expect(windowOf(held(25, 28)).limit - parts.nrstRelease).toBeCloseTo(25 * 0.85, 6);
  expect(windowOf(held(10, 12))).toEqual(parts);
});
