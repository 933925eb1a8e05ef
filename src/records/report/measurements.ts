import { type Drift, driftOf } from './drift.ts';
import { groupBy } from './group-by.ts';
import type { ReportMeasurement, ReportRun } from './report-runs.ts';
import { capability, type Sample, sampleOf } from './statistics.ts';

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
    drift: slot === undefined ? undefined : driftOf(name, values, limits),
  };
}
