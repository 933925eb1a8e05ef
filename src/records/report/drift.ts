import { crossing, type Limits, trendOf } from './statistics.ts';

/** Where the values of a slot move. */
export interface Drift {
  /** Values that the line goes through. */
  readonly runs: number;
  readonly perHundredRuns: number;
  readonly now: number;
  /** The limit that it runs towards; undefined where it runs towards none. */
  readonly limit: number | undefined;
  /** Runs until it crosses that limit; undefined where it runs towards none, or may run there by chance. */
  readonly crossesIn: number | undefined;
  /** A limit is near. */
  readonly isAlarm: boolean;
}

/** A line is drawn through the newest values of a slot: what a repair has changed is soon out of sight. Ours. */
export const driftRuns = 200;
const fewest = 20;
/** With 20 values and more, chance alone makes such a slope in one of a thousand slots (Student's t, 18 degrees: 3.92). */
const certain = 4;
/** Two shifts of a slot that takes a unit every two minutes. Ours. */
const near = 500;

/** What a figure cannot go below without failing, whatever jig.yaml says: a hold window that has nothing left is missed. */
const natural: Readonly<Record<string, number>> = { holdMargin: 0 };

/** Of one figure of one slot, the oldest value first; undefined of less than 20. */
export function driftOf(name: string, values: readonly number[], { low, high }: Limits): Drift | undefined {
  const newest = values.slice(-driftRuns);
  const trend = newest.length < fewest ? undefined : trendOf(newest);
  if (!trend) return undefined;
  const limits = { low: low ?? (Object.hasOwn(natural, name) ? natural[name] : undefined), high };
  const crossesIn = trend.certainty < certain ? undefined : crossing(trend, limits);
  return {
    runs: newest.length,
    perHundredRuns: trend.slope * 100,
    now: trend.now,
    limit: trend.slope < 0 ? limits.low : limits.high,
    crossesIn,
    isAlarm: crossesIn !== undefined && crossesIn <= near,
  };
}
