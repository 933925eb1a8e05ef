import type { Instant, Outcome, Purpose } from '../records.ts';
import type { Sqlite, SqlValue } from '../sqlite.ts';

/** Which runs a report is about. */
export interface ReportFilter {
  readonly lot?: string | undefined;
  /** Runs that began then or later. */
  readonly since?: Instant | undefined;
}

/** A run as its row has it; what is unknown is null. */
export interface ReportRun {
  readonly run: string;
  readonly serial: string | null;
  readonly outcome: Outcome | null;
  readonly code: string | null;
  readonly station: string;
  readonly slot: string;
  readonly lot: string;
  readonly started: Instant;
  readonly ended: Instant | null;
  readonly seq: number;
  readonly attempt: number;
  readonly purpose: Purpose;
  readonly operator: string;
  readonly number: number | null;
  readonly unit: string;
  readonly chipUid: string | null;
  readonly chip: string | null;
  readonly method: string | null;
  readonly flash: string | null;
  readonly took: number | null;
  readonly firmware: string;
  readonly profile: string;
  readonly plan: string;
  readonly bootctl: string;
}

export interface ReportMeasurement {
  readonly run: string;
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly outcome: 'pass' | 'fail';
}

const columns = `run.id AS run, run.serial, run.outcome, run.code, run.station, run.slot, run.lot, run.started_at AS started,
  run.ended_at AS ended, run.seq, run.attempt, run.purpose, run.operator, run.number, run.unit, run.chip_uid AS "chipUid",
  run.chip, run.method, run.flash, run.took_ms AS took, run.firmware, run.profile, run.plan, run.bootctl`;

const measurementColumns =
  'measurement.run, measurement.name, measurement.value, measurement.unit, measurement.low, measurement.high, measurement.outcome';

/** Each statement reads this many, so that a station that writes meanwhile waits for some milliseconds only. */
const page = 1000;

/** In the order of their beginning. */
export const runsOf = (sqlite: Sqlite, filter: ReportFilter): readonly ReportRun[] =>
  paged(sqlite, filter, (where) => `SELECT ${columns} FROM run WHERE ${where} ORDER BY run.seq`);

/** In the order of their runs, and within a run as they were taken. */
export const measurementsOf = (sqlite: Sqlite, filter: ReportFilter): readonly ReportMeasurement[] =>
  paged(
    sqlite,
    filter,
    (where) =>
      `SELECT ${measurementColumns} FROM measurement JOIN run ON run.id = measurement.run
       WHERE ${where} ORDER BY run.seq, measurement.position`,
  );

/** Of one unit, in their order. */
export const unitRuns = (sqlite: Sqlite, unit: string): readonly ReportRun[] =>
  sqlite.all(`SELECT ${columns} FROM run WHERE run.unit = ? ORDER BY run.seq`, unit);

export const unitMeasurements = (sqlite: Sqlite, unit: string): readonly ReportMeasurement[] =>
  sqlite.all(
    `SELECT ${measurementColumns} FROM measurement JOIN run ON run.id = measurement.run
     WHERE run.unit = ? ORDER BY run.seq, measurement.position`,
    unit,
  );

/** `select` makes a statement of a condition on `run`. */
function paged<Row>(sqlite: Sqlite, { lot, since }: ReportFilter, select: (where: string) => string): readonly Row[] {
  const conditions: readonly (readonly [string, SqlValue | undefined])[] = [
    ['run.lot = ?', lot],
    ['run.started_at >= ?', since],
  ];
  const asked = conditions.filter(([, value]) => value !== undefined);
  const statement = select(['run.seq > ?', 'run.seq <= ?', ...asked.map(([condition]) => condition)].join(' AND '));
  const [last] = sqlite.all<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM run');
  const rows: Row[] = [];
  for (let from = 0; from < last!.seq; from += page)
    for (const row of sqlite.all<Row>(statement, from, from + page, ...asked.map(([, value]) => value!)))
      rows.push(row);
  return rows;
}
