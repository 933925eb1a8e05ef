import { type NumberAccount, numberAccounts } from '../number-account.ts';
import { readRecords } from '../read-records.ts';
import { type MeasuredFigure, measuredFigures } from './measurements.ts';
import { measurementsOf, type ReportFilter, type ReportMeasurement, type ReportRun, runsOf } from './report-runs.ts';
import { type Cause, causesOf, type Yields, yieldsOf } from './yields.ts';

/** What a station has done. */
export interface Report {
  readonly runs: readonly ReportRun[];
  readonly measurements: readonly ReportMeasurement[];
  readonly yields: Yields;
  readonly causes: readonly Cause[];
  readonly figures: readonly MeasuredFigure[];
  readonly numbers: readonly NumberAccount[];
}

/** Also while the station runs. @throws BootctlError those of `readRecords` */
export function makeReport(path: string, filter: ReportFilter, dayOf: (at: number) => string = localDay): Report {
  const { runs, measurements, accounts } = readRecords(path, (sqlite) => ({
    runs: runsOf(sqlite, filter),
    measurements: measurementsOf(sqlite, filter),
    accounts: numberAccounts(sqlite),
  }));
  return {
    runs,
    measurements,
    yields: yieldsOf(runs, dayOf),
    causes: causesOf(runs),
    figures: measuredFigures(runs, measurements),
    numbers: accounts.filter(({ lot }) => filter.lot === undefined || lot === filter.lot),
  };
}

/** `2026-11-29`, by the clock on the wall. */
function localDay(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
