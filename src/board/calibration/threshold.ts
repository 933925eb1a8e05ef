import type { Milliseconds } from '../../base/units.ts';

// A threshold on a time axis, from trials that came out high or low. The model is a probit S-curve: a normal distribution of the
// threshold from one trial to the next. What the edges of a trial leave open is no noise that averages out: an adapter may
// move its lines late in every call. So a trial speaks only for what is true wherever its edges were.

/** Which side of the threshold reads high. A capacitor holds for up to its threshold; a charge reads high from there on. */
export type Side = 'below' | 'above';

/** The time that one trial had: between these two, by its measured edges. */
export interface Timing {
  readonly earliest: Milliseconds;
  readonly latest: Milliseconds;
}

export interface Trial extends Timing {
  readonly isHigh: boolean;
}

export interface Interval {
  readonly low: Milliseconds;
  readonly high: Milliseconds;
}

/** What is known of a threshold: the probability of each cell of a grid of thresholds and spreads. */
export interface Belief {
  readonly side: Side;
  /** Thresholds, evenly in the logarithm. */
  readonly grid: Float64Array;
  /** Of each threshold one for each of `spreads`. */
  readonly weights: Float64Array;
}

/** Within it lies the threshold with this probability. */
export const intervalMass = 0.99;
/** A trial in a hundred may come out wrong for another reason, such as a bad contact. Our choice. */
const lapse = 0.01;
/** Standard deviations of the threshold from one trial to the next. Our choice: far below an edge's own to a slow bridge's. */
export const spreads: readonly Milliseconds[] = [0.05, 0.3, 1, 3];
const cells = 900;
/** Below this a cell has no say. */
const negligible = 1e-9;
/** An interval this many times as wide as the play of its trials is worth halving. Our choice. */
const wide = 6;
/** So many plays beside the middle a trial leaves it out of its edges. */
const beside = 2;

/** A threshold that is known to lie between two times, and nothing else. */
export function priorBelief({ low, high }: Interval, side: Side): Belief {
  const grid = Float64Array.from({ length: cells }, (_, index) => low * (high / low) ** (index / (cells - 1)));
  return { side, grid, weights: new Float64Array(cells * spreads.length).fill(1 / (cells * spreads.length)) };
}

/** Cumulative normal distribution, by Zelen and Severo: exact to 7.5e-8 (Abramowitz and Stegun, 26.2.17). */
export function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    0.3989422804014327 *
    Math.exp((-x * x) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x < 0 ? tail : 1 - tail;
}

/** Probability that a trial at exactly this time reads high. */
function chanceOfHigh(side: Side, threshold: Milliseconds, spread: Milliseconds, time: Milliseconds): number {
  const distance = (threshold - time) / spread;
  return lapse / 2 + (1 - lapse) * normal(side === 'below' ? distance : -distance);
}

/** Probability of an outcome, at the time within its edges that makes it most probable. */
function chanceOf(side: Side, threshold: Milliseconds, spread: Milliseconds, timing: Timing, isHigh: boolean): number {
  const isEarly = isHigh === (side === 'below');
  const chance = chanceOfHigh(side, threshold, spread, isEarly ? timing.earliest : timing.latest);
  return isHigh ? chance : 1 - chance;
}

/** The belief after one more trial. */
export function afterTrial({ side, grid, weights }: Belief, trial: Trial): Belief {
  let sum = 0;
  const next = weights.map((weight, index) => {
    if (weight < negligible) return 0;
    const { threshold, spread } = cellAt(grid, index);
    const product = weight * chanceOf(side, threshold, spread, trial, trial.isHigh);
    sum += product;
    return product;
  });
  return { side, grid, weights: next.map((weight) => weight / sum) };
}

const cellAt = (grid: Float64Array, index: number) => ({
  threshold: grid[Math.floor(index / spreads.length)]!,
  spread: spreads[index % spreads.length]!,
});

/** The threshold below which this part of the belief lies. */
export function quantile({ grid, weights }: Belief, part: number): Milliseconds {
  let sum = 0;
  for (let index = 0; index < weights.length; index++) {
    sum += weights[index]!;
    if (sum >= part) return cellAt(grid, index).threshold;
  }
  return grid.at(-1)!;
}

/** Where the threshold lies, with the probability `intervalMass`. Half a cell wider, as the grid knows no more. */
export function intervalOf(belief: Belief): Interval {
  const { grid } = belief;
  const half = Math.sqrt(grid[1]! / grid[0]!);
  const outside = (1 - intervalMass) / 2;
  return { low: quantile(belief, outside) / half, high: quantile(belief, 1 - outside) * half };
}

/** Share of trials at this time that read high: the S-curve. */
export function curveAt({ side, grid, weights }: Belief, time: Milliseconds): number {
  let sum = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight < negligible) continue;
    const { threshold, spread } = cellAt(grid, index);
    sum += weight * chanceOfHigh(side, threshold, spread, time);
  }
  return sum;
}

/**
 * The time of the next trial. While the interval is wide, the middle of what is believed tells most (probabilistic
 * bisection; Burnashev and Zigangirov, 1974). A middle that has just been within the edges of a trial tells nothing: then
 * the trial is just beside it, where more is left. Once the interval is hardly wider than `play`, what the edges of a
 * trial leave open either way, its ends are tried in turn, each just so far inside that the trial can move it.
 */
export function nextTime(belief: Belief, play: Milliseconds, trials: readonly Trial[]): Milliseconds {
  const { low, high } = intervalOf(belief);
  const middle = quantile(belief, 0.5);
  if (high - low <= wide * play) {
    return trials.length % 2 === 0 ? Math.min(middle, low + play) : Math.max(middle, high - play);
  }
  const last = trials.at(-1);
  if (!last || last.latest < middle || middle < last.earliest - play) return middle;
  return middle - low > high - middle ? middle - beside * play : middle + beside * play;
}
