import type { Sqlite } from './sqlite.ts';

/** A block of numbers that may have some left. */
export interface NumberBlock {
  readonly id: string;
  readonly first: number;
  readonly last: number;
}

/** How many good units this station may have in this lot. */
export function unitsGranted(sqlite: Sqlite, lot: string): number {
  const [row] = sqlite.all<{ units: number | null }>(
    'SELECT sum(units - returned) AS units FROM allotment WHERE lot = ?',
    lot,
  );
  return row?.units ?? 0;
}

/** Units that are being made now, and are not good yet. */
export function unitsInWork(sqlite: Sqlite, lot: string): number {
  const [row] = sqlite.all<{ running: number }>(
    `SELECT count(*) AS running FROM run JOIN unit ON unit.id = run.unit
     WHERE run.outcome IS NULL AND run.lot = ? AND run.purpose = 'production' AND unit.is_good = 0`,
    lot,
  );
  return row?.running ?? 0;
}

/** Those that are not known to be full, the lowest first. */
export const blocksWithRoom = (sqlite: Sqlite, lot: string): readonly NumberBlock[] =>
  sqlite.all(
    'SELECT id, first, last FROM serial_block WHERE lot = ? AND first IS NOT NULL AND is_full = 0 ORDER BY first',
    lot,
  );

export const noteFull = (sqlite: Sqlite, block: string): number =>
  sqlite.run('UPDATE serial_block SET is_full = 1 WHERE id = ?', block);

/** The number of this text is about to be free again. */
export const noteRoom = (sqlite: Sqlite, serial: string): number =>
  sqlite.run(
    `UPDATE serial_block SET is_full = 0 WHERE is_full = 1 AND EXISTS (SELECT 1 FROM serial_number AS given
     WHERE given.serial = ? AND given.lot = serial_block.lot AND given.number BETWEEN first AND last)`,
    serial,
  );

/** What this station has left of what it was granted. */
export interface Stock {
  /** Good units that may still be begun. */
  readonly units: number;
  /** Numbers that nobody has. */
  readonly numbers: number;
}

/** `passed`: good units of the lot. */
export function stockOf(sqlite: Sqlite, lot: string, passed: number): Stock {
  const [row] = sqlite.all<{ numbers: number | null }>(
    `SELECT sum(last - first + 1 - (SELECT count(*) FROM serial_number AS given
       WHERE given.lot = serial_block.lot AND given.number BETWEEN first AND last)) AS numbers
     FROM serial_block WHERE lot = ? AND first IS NOT NULL AND is_full = 0`,
    lot,
  );
  return { units: unitsGranted(sqlite, lot) - passed - unitsInWork(sqlite, lot), numbers: row?.numbers ?? 0 };
}

export type GrantKind = 'units' | 'numbers';

/** A grant that is asked for: the centre gives the same again for the same id. */
export interface AskedGrant {
  readonly id: string;
  readonly asked: number;
}

const tables = { units: 'allotment', numbers: 'serial_block' } as const;
const answers = { units: 'units', numbers: 'first' } as const;

/** The one without an answer; a new one with `id` where each has its answer. Within a transaction, before the centre is asked. */
export function askedGrant(sqlite: Sqlite, kind: GrantKind, lot: string, asked: number, id: string): AskedGrant {
  const [pending] = sqlite.all<AskedGrant>(
    `SELECT id, asked FROM ${tables[kind]} WHERE lot = ? AND ${answers[kind]} IS NULL LIMIT 1`,
    lot,
  );
  if (pending) return pending;
  sqlite.run(`INSERT INTO ${tables[kind]} (id, lot, asked) VALUES (?, ?, ?)`, id, lot, asked);
  return { id, asked };
}

/** None: the centre has none left, and nothing is granted under this id. */
export function keepUnits(sqlite: Sqlite, id: string, units: number): void {
  if (units === 0) sqlite.run('DELETE FROM allotment WHERE id = ? AND units IS NULL', id);
  else sqlite.run('UPDATE allotment SET units = ? WHERE id = ? AND units IS NULL', units, id);
}

export function keepNumbers(sqlite: Sqlite, id: string, numbers: { first: number; last: number } | undefined): void {
  if (!numbers) sqlite.run('DELETE FROM serial_block WHERE id = ? AND first IS NULL', id);
  else
    sqlite.run(
      'UPDATE serial_block SET first = ?, last = ? WHERE id = ? AND first IS NULL',
      ...[numbers.first, numbers.last, id],
    );
}

/** An allotment of which the centre does not know yet how many units are written off. */
export interface UnitsBack {
  readonly id: string;
  readonly returned: number;
}

/** Writes off what is granted and not made, so that nothing of it is made later. Within a transaction; `passed` as of now. */
export function writeOff(sqlite: Sqlite, lot: string, passed: number): void {
  let { units: left } = stockOf(sqlite, lot, passed);
  const allotments = sqlite.all<{ id: string; free: number }>(
    'SELECT id, units - returned AS free FROM allotment WHERE lot = ? AND units > returned ORDER BY id DESC',
    lot,
  );
  for (const { id, free } of allotments) {
    if (left <= 0) return;
    const back = Math.min(free, left);
    sqlite.run('UPDATE allotment SET returned = returned + ? WHERE id = ?', back, id);
    left -= back;
  }
}

export const unitsBack = (sqlite: Sqlite): readonly UnitsBack[] =>
  sqlite.all('SELECT id, returned FROM allotment WHERE returned > returned_told ORDER BY id');

export const noteBackTold = (sqlite: Sqlite, { id, returned }: UnitsBack): number =>
  sqlite.run('UPDATE allotment SET returned_told = ? WHERE id = ?', returned, id);

/** All that was granted, as `station_report` of the centre takes it. */
export const grantReport = (sqlite: Sqlite): readonly object[] => [
  ...sqlite.all<object>(
    "SELECT 'units' AS kind, id, lot, units, returned FROM allotment WHERE units IS NOT NULL ORDER BY id",
  ),
  ...sqlite.all<object>(
    "SELECT 'numbers' AS kind, id, lot, first, last FROM serial_block WHERE first IS NOT NULL ORDER BY first",
  ),
];
