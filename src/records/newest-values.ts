import type { SlotValue } from './records.ts';
import type { Sqlite } from './sqlite.ts';

/**
 * What the newest runs have measured, the oldest first: of as many runs of all slots together, so that it is soon read however long
 * the records are. Production runs that ended as pass or fail, as in a report.
 */
export const newestValues = (sqlite: Sqlite, runs: number): readonly SlotValue[] =>
  sqlite.all<SlotValue>(
    `SELECT run.slot, measurement.name, measurement.value, measurement.unit, measurement.low, measurement.high
     FROM run JOIN measurement ON measurement.run = run.id
     WHERE run.seq > (SELECT coalesce(max(seq), 0) FROM run) - ? AND run.purpose = 'production'
     AND run.outcome IN ('pass', 'fail') AND measurement.value IS NOT NULL ORDER BY run.seq, measurement.position`,
    runs,
  );
