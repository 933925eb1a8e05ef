import { groupBy } from './group-by.ts';
import type { ReportMeasurement, ReportRun } from './report-runs.ts';
import { capability, crossing, type Limits, type Sample, sampleOf, trendOf } from './statistics.ts';

/** One measurement over all runs, or of one slot. */
export interface MeasuredFigure extends Sample {
  readonly name: string;
  readonly unit: string;
  /** Undefined for that of all slots. */
  readonly slot: string | undefined;
  /** The newest ones. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Runs outside of the limits that they had. */
  readonly outside: number;
  readonly cpk: number | undefined;
  readonly drift: Drift | undefined;
}

/** Where the values of a slot move. */
export interface Drift {
  /** Values that the line goes through. */
  readonly runs: number;
  readonly perHundredRuns: number;
  readonly now: number;
  /** Runs until it crosses a limit; undefined where it runs towards none, or may run there by chance. */
  readonly crossesIn: number | undefined;
  /** A limit is near. */
  readonly isAlarm: boolean;
}

/** A line is drawn through the newest values of a slot: what a repair has changed is soon out of sight. Ours. */
const newest = 200;
const fewest = 20;
/** With 20 values and more, chance alone makes such a slope in one of a thousand slots (Student's t, 18 degrees: 3.92). */
const certain = 4;
/** Two shifts of a slot that takes a unit every two minutes. Ours. */
const near = 500;

/** Of production runs that ended as pass or fail, in the order of the names; first over all slots, then by slot. */
export function measuredFigures(
  runs: readonly Pick<ReportRun, 'run' | 'slot' | 'purpose' | 'outcome'>[],
  measurements: readonly ReportMeasurement[],
): readonly MeasuredFigure[] {
  const slots = new Map(
    runs
      .filter(({ purpose, outcome }) => purpose === 'production' && (outcome === 'pass' || outcome === 'fail'))
      .map(({ run, slot }) => [run, slot]),
  );
  const counted = measurements.filter(({ run, value }) => slots.has(run) && value !== null);
  const byName = groupBy(counted, ({ name, unit }) => JSON.stringify([name, unit]));
  return [...byName.values()].flatMap((all) => [
    figureOf(all, undefined),
    ...[...groupBy(all, ({ run }) => slots.get(run)!)].map(([slot, its]) => figureOf(its, slot)),
  ]);
}

function figureOf(all: readonly ReportMeasurement[], slot: string | undefined): MeasuredFigure {
  const { name, unit, low, high } = all.at(-1)!;
  const limits = { low: low ?? undefined, high: high ?? undefined };
  const values = all.map(({ value }) => value!);
  const sample = sampleOf(values);
  return {
    ...{ name, unit, slot, ...sample, ...limits },
    outside: all.filter(({ outcome }) => outcome === 'fail').length,
    cpk: capability(sample, limits),
    drift: slot === undefined ? undefined : driftOf(values.slice(-newest), limits),
  };
}

function driftOf(values: readonly number[], limits: Limits): Drift | undefined {
  const trend = values.length < fewest ? undefined : trendOf(values);
  if (!trend) return undefined;
  const crossesIn = trend.certainty < certain ? undefined : crossing(trend, limits);
  return {
    runs: values.length,
    perHundredRuns: trend.slope * 100,
    now: trend.now,
    crossesIn,
    isAlarm: crossesIn !== undefined && crossesIn <= near,
  };
}
