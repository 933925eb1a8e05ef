import { measuredFigures } from '../../records/report/measurements.ts';
import type { ReportMeasurement, ReportRun } from '../../records/report/report-runs.ts';
import type { Database } from '../database.ts';
import type { SlotDrift } from './fleet-view.ts';

/** Of a station: what 16 slots need for the line through their newest values. */
const newestRuns = 3_200;

type Row = Pick<ReportRun, 'run' | 'slot' | 'purpose' | 'outcome'> & Omit<ReportMeasurement, 'outcome'>;

/** The hold margin of each slot of a station, by the same statistics as its own report. */
export async function readDrift(database: Database, station: string): Promise<readonly SlotDrift[]> {
  const newest = await database.query<Row>(
    `SELECT r.id AS run, r.slot, r.purpose, r.outcome, m.name, m.value, m.unit, m.low, m.high
     FROM (SELECT id, slot, purpose, outcome, seq FROM run WHERE station = $1 ORDER BY seq DESC LIMIT $2) r
     JOIN measurement m ON m.run = r.id AND m.name = 'holdMargin' ORDER BY r.seq`,
    ...[station, newestRuns],
  );
  // What was outside of its limits is not asked for here.
  const measured = newest.map((row) => ({ ...row, outcome: 'pass' as const }));
  return measuredFigures(newest, measured).flatMap(({ slot, n, mean, low, cpk, drift }) =>
    slot === undefined
      ? []
      : [
          {
            ...{ station, slot, n, mean, low, cpk },
            perHundredRuns: drift?.perHundredRuns,
            crossesIn: drift?.crossesIn,
            isAlarm: drift?.isAlarm ?? false,
          },
        ],
  );
}
