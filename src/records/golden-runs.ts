import type { GoldenRun } from './records.ts';
import type { Sqlite } from './sqlite.ts';

/** Of each of these golden units the last run that has ended by itself; one that a person has broken off says nothing. */
export const lastGoldenRuns = (sqlite: Sqlite, labels: readonly string[]): readonly GoldenRun[] =>
  labels.flatMap((label) =>
    sqlite.all<GoldenRun>(
      `SELECT serial AS label, outcome, code, ended_at AS ended FROM run
       WHERE serial = ? AND purpose = 'golden' AND outcome IN ('pass', 'fail', 'error') ORDER BY seq DESC LIMIT 1`,
      label,
    ),
  );
