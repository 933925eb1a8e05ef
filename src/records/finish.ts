import { appendToChain } from './chain.ts';
import type { Instant, RunEnd } from './records.ts';
import { settleSerial } from './serial-numbers.ts';
import type { Sqlite } from './sqlite.ts';

/** Within a transaction. */
export function finishRun(sqlite: Sqlite, run: string, end: RunEnd, now: Instant): void {
  const { outcome, code, took, method, chip, flash, measurements, result } = end;
  const ended = sqlite.run(
    `UPDATE run SET ended_at = ?, took_ms = ?, outcome = ?, code = ?, method = ?, chip = ?, flash = ?, result = ?
     WHERE id = ? AND outcome IS NULL`,
    ...[now, took, outcome, code ?? null, method ?? null, chip ?? null, flash, JSON.stringify(result), run],
  );
  if (ended !== 1) throw new Error(`run ${run} is not open`);
  for (const [position, { name, value, unit, low, high, outcome: verdict }] of measurements.entries())
    sqlite.run(
      'INSERT INTO measurement (run, position, name, value, unit, low, high, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[run, position, name, finite(value), unit, finite(low), finite(high), verdict],
    );
  settleUnit(sqlite, run, end);
  const [row] = sqlite.all<{ station: string }>('SELECT station FROM run WHERE id = ?', run);
  appendToChain(sqlite, row!.station, 'end', run);
}

/** SQL has no infinity and no NaN. */
const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** A unit whose flash was not touched is what it was before. */
function settleUnit(sqlite: Sqlite, run: string, { outcome, flash }: RunEnd): void {
  const [row] = sqlite.all<{ id: string; serial: string | null; isGood: 0 | 1 }>(
    'SELECT unit.id, run.serial, unit.is_good AS "isGood" FROM run JOIN unit ON unit.id = run.unit WHERE run.id = ?',
    run,
  );
  const { id, serial, isGood } = row!;
  const isTouched = flash !== 'untouched';
  const isGoodNow = outcome === 'pass' || (!isTouched && isGood === 1);
  sqlite.run('UPDATE unit SET is_good = ? WHERE id = ?', isGoodNow ? 1 : 0, id);
  if (serial !== null) settleSerial(sqlite, serial, isGoodNow, isTouched);
}

/** A run of another life of the station: nobody knows how far it came. */
export const interruptedEnd = (started: Instant, now: Instant): RunEnd => ({
  outcome: 'error',
  code: 'interrupted',
  took: Math.max(0, now - started),
  method: undefined,
  chip: undefined,
  flash: 'unknown',
  measurements: [],
  result: {},
});
