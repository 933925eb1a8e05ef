import type { Instant, Outcome, RunSummary } from './records.ts';
import type { Sqlite } from './sqlite.ts';

interface SummaryRow {
  readonly run: string;
  readonly seq: number;
  readonly slot: string;
  readonly serial: string | null;
  readonly attempt: number;
  readonly outcome: Outcome | null;
  readonly code: string | null;
  readonly started: Instant;
  readonly ended: Instant | null;
}

const columns = 'id AS run, seq, slot, serial, attempt, outcome, code, started_at AS started, ended_at AS ended';

/** The newest first. */
export const lastRuns = (sqlite: Sqlite, most: number): readonly RunSummary[] =>
  sqlite.all<SummaryRow>(`SELECT ${columns} FROM run ORDER BY seq DESC LIMIT ?`, most).map(summaryOf);

/** Runs that have begun and not ended, in their order. */
export const openRuns = (sqlite: Sqlite): readonly RunSummary[] =>
  sqlite.all<SummaryRow>(`SELECT ${columns} FROM run WHERE outcome IS NULL ORDER BY seq`).map(summaryOf);

export const summaryOf = (row: SummaryRow): RunSummary => ({
  ...row,
  serial: row.serial ?? undefined,
  outcome: row.outcome ?? undefined,
  code: row.code ?? undefined,
  ended: row.ended ?? undefined,
});
