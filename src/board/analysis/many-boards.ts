import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Milliseconds } from '../../base/units.ts';
import { type AnalysedPlan, entryTimes } from './entry-times.ts';
import { type FactorName, type Factors, factorNames, type RcBoard, type Values } from './factors.ts';

/** Boards with the same parts list, each drawn by chance. */
export interface ManyBoards {
  readonly boards: number;
  readonly seed: number;
  /** How many get in. */
  readonly entered: number;
  /** The share that gets in, and within what it lies with 95 %, for boards that are drawn like these. */
  readonly share: number;
  readonly interval: { readonly low: number; readonly high: number };
  /** Margin that this share of the boards stays below. */
  readonly quantiles: readonly { readonly share: number; readonly margin: Milliseconds }[];
  readonly histogram: Histogram;
}

/** Equal bins from `low` to `high`. */
export interface Histogram {
  readonly low: Milliseconds;
  readonly high: Milliseconds;
  readonly counts: readonly number[];
}

/**
 * Boards by a seed: each value anywhere in its range, as likely as any other. That is our assumption: no maker says how
 * its parts are spread.
 */
export function* drawnBoards(factors: Factors, boards: number, seed: number): Generator<Values> {
  const random = xoroshiro128plus(seed);
  for (let board = 0; board < boards; board++) {
    yield Object.fromEntries(
      factorNames.map((name) => {
        const { low, high } = factors[name];
        return [name, low + (high - low) * uniformFloat64(random)];
      }),
    ) as Record<FactorName, number>;
  }
}

/** Where nobody asks for others. The seed is fixed, so that a figure is the same on every computer and day. */
export const usualDraw = { boards: 10_000, seed: 1 } as const;

const quantileShares = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99];
const bins = 20;

/** How the margin is spread over boards, with the plan that the planner makes. */
export function manyBoards(
  board: RcBoard,
  plan: AnalysedPlan,
  factors: Factors,
  { boards, seed }: { readonly boards: number; readonly seed: number },
): ManyBoards {
  const margins = Float64Array.from(
    drawnBoards(factors, boards, seed),
    (values) => entryTimes(board, plan, values).margin,
  ).sort();
  const entered = margins.filter((margin) => margin >= 0).length;
  return {
    boards,
    seed,
    entered,
    share: entered / boards,
    interval: wilson(entered, boards),
    quantiles: quantileShares.map((share) => ({ share, margin: margins[Math.floor(share * (boards - 1))]! })),
    histogram: histogramOf(margins),
  };
}

/** Wilson's score interval with 95 %: it is right for shares of 0 and 1 as well. */
function wilson(entered: number, boards: number): { low: number; high: number } {
  const z = 1.96;
  const share = entered / boards;
  const scale = 1 + z ** 2 / boards;
  const middle = (share + z ** 2 / (2 * boards)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / boards + z ** 2 / (4 * boards ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** 0 is the edge of a bin where it lies between, so that no bin has boards of both kinds. */
function histogramOf(sorted: Float64Array): Histogram {
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const width = (most - least) / bins || 1;
  const low = least < 0 && most > 0 ? -Math.ceil(-least / width) * width : least;
  const counts = new Array<number>(Math.max(1, Math.ceil((most - low) / width - 1e-9))).fill(0);
  for (const margin of sorted) counts[Math.min(counts.length - 1, Math.floor((margin - low) / width))]! += 1;
  return { low, high: low + counts.length * width, counts };
}
