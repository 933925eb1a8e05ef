import { BootctlError } from '../base/errors.ts';
import type { Instant } from './records.ts';
import type { Sqlite } from './sqlite.ts';

/**
 * The schema, step by step; a step that was released is never changed. The text is valid in SQLite and in PostgreSQL, where a
 * fleet keeps the same tables. Times are milliseconds since 1970, UTC.
 */
export const migrations: readonly (readonly string[])[] = [
  [
    // `number_first` to `number_last`: the range that jig.yaml named last, for the numbers that nobody has claimed.
    `CREATE TABLE lot (
      id TEXT PRIMARY KEY, quantity BIGINT, number_first BIGINT, number_last BIGINT, opened_at BIGINT NOT NULL)`,
    // `is_good`: its last run that changed anything has passed.
    `CREATE TABLE unit (
      id TEXT PRIMARY KEY, lot TEXT NOT NULL REFERENCES lot (id), serial TEXT UNIQUE, chip_uid TEXT UNIQUE,
      is_good BIGINT NOT NULL DEFAULT 0 CHECK (is_good IN (0, 1)), made_at BIGINT NOT NULL)`,
    // Serial numbers that may be in a unit. One without a row is free. `may_be_written`: a run that had it has changed the flash.
    `CREATE TABLE serial_number (
      serial TEXT PRIMARY KEY, lot TEXT NOT NULL REFERENCES lot (id), number BIGINT, unit TEXT NOT NULL REFERENCES unit (id),
      state TEXT NOT NULL CHECK (state IN ('claimed', 'used', 'burnt')),
      may_be_written BIGINT NOT NULL DEFAULT 0 CHECK (may_be_written IN (0, 1)), UNIQUE (lot, number))`,
    'CREATE INDEX serial_number_of_unit ON serial_number (unit)',
    `CREATE TABLE run (
      id TEXT PRIMARY KEY, station TEXT NOT NULL, seq BIGINT NOT NULL, unit TEXT NOT NULL REFERENCES unit (id),
      slot TEXT NOT NULL, lot TEXT NOT NULL REFERENCES lot (id), serial TEXT, number BIGINT, chip_uid TEXT,
      attempt BIGINT NOT NULL, purpose TEXT NOT NULL CHECK (purpose IN ('production', 'golden', 'trial')),
      operator TEXT NOT NULL, firmware TEXT NOT NULL, profile TEXT NOT NULL, plan TEXT NOT NULL, bootctl TEXT NOT NULL,
      started_at BIGINT NOT NULL, ended_at BIGINT, took_ms DOUBLE PRECISION,
      outcome TEXT CHECK (outcome IN ('pass', 'fail', 'error', 'aborted')), code TEXT, method TEXT, chip TEXT, flash TEXT,
      result TEXT, UNIQUE (station, seq), CHECK ((outcome IS NULL) = (ended_at IS NULL)))`,
    'CREATE INDEX run_in_order ON run (seq)',
    'CREATE INDEX run_of_unit ON run (unit, seq)',
    'CREATE INDEX run_of_lot ON run (lot, seq)',
    'CREATE INDEX run_of_serial ON run (serial)',
    'CREATE INDEX run_open ON run (station) WHERE outcome IS NULL',
    `CREATE TABLE measurement (
      run TEXT NOT NULL REFERENCES run (id), position BIGINT NOT NULL, name TEXT NOT NULL, value DOUBLE PRECISION,
      unit TEXT NOT NULL, low DOUBLE PRECISION, high DOUBLE PRECISION,
      outcome TEXT NOT NULL CHECK (outcome IN ('pass', 'fail')), PRIMARY KEY (run, position))`,
    `CREATE TABLE station_event (
      id TEXT PRIMARY KEY, station TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, operator TEXT NOT NULL,
      what TEXT NOT NULL, why TEXT NOT NULL, UNIQUE (station, seq))`,
    // One row for each thing that was recorded; `hash` covers `previous` and that thing.
    `CREATE TABLE chain (
      station TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('claim', 'end', 'note')),
      ref TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (station, seq))`,
    'CREATE INDEX chain_in_order ON chain (seq)',
    'CREATE INDEX chain_of_ref ON chain (ref)',
  ],
  [
    // What a station of a fleet was granted. A row is there before it is asked for, and has its answer before anything is made of it.
    // `units`: good units that it may make. `returned`: of these it makes no more; `returned_told`: so many the centre knows of.
    `CREATE TABLE allotment (
      id TEXT PRIMARY KEY, lot TEXT NOT NULL, asked BIGINT NOT NULL, units BIGINT,
      returned BIGINT NOT NULL DEFAULT 0, returned_told BIGINT NOT NULL DEFAULT 0,
      CHECK (returned BETWEEN 0 AND coalesce(units, 0)), CHECK (returned_told BETWEEN 0 AND returned))`,
    'CREATE INDEX allotment_of_lot ON allotment (lot)',
    // Numbers that it may give out. `is_full`: each of them has its row in serial_number.
    `CREATE TABLE serial_block (
      id TEXT PRIMARY KEY, lot TEXT NOT NULL, asked BIGINT NOT NULL, first BIGINT, last BIGINT,
      is_full BIGINT NOT NULL DEFAULT 0 CHECK (is_full IN (0, 1)), CHECK (first <= last), UNIQUE (lot, first))`,
    // The last row of the chain of which the centre has said that it is there, and for how long at most the station has run since
    // the centre spoke.
    `CREATE TABLE fleet_link (
      id BIGINT PRIMARY KEY CHECK (id = 1), acked_seq BIGINT NOT NULL, acked_hash TEXT NOT NULL, silent_ms BIGINT NOT NULL)`,
    // Lots of this station, as the centre has said last. `definition`: the signed text.
    `CREATE TABLE fleet_lot (
      id TEXT PRIMARY KEY, position BIGINT NOT NULL, definition TEXT NOT NULL, signature TEXT NOT NULL, signer TEXT NOT NULL,
      lease_ms BIGINT NOT NULL, state TEXT NOT NULL, held_by TEXT)`,
  ],
  // Fleet and station as whom these records were sent.
  ['ALTER TABLE fleet_link ADD COLUMN acked_as TEXT'],
];

const bookkeeping = 'CREATE TABLE migration (number BIGINT PRIMARY KEY, at BIGINT NOT NULL)';

/** Brings a file to the schema of this version, each step in a transaction. @throws BootctlError `records-newer`, `records-damaged` */
export function migrate(sqlite: Sqlite, path: string, now: Instant): void {
  if (tableNames(sqlite).length === 0) sqlite.transaction(() => sqlite.run(bookkeeping));
  const done = schemaOf(sqlite, path);
  for (const [index, statements] of migrations.entries()) {
    if (index < done) continue;
    sqlite.transaction(() => {
      for (const statement of statements) sqlite.run(statement);
      sqlite.run('INSERT INTO migration (number, at) VALUES (?, ?)', index + 1, now);
    });
  }
}

/** How many steps a file has. @throws BootctlError `records-newer`, `records-damaged` */
export function schemaOf(sqlite: Sqlite, path: string): number {
  if (!tableNames(sqlite).includes('migration'))
    throw new BootctlError('records-damaged', `${path} is a database of another program`, {
      hint: 'Name another file as `records` in jig.yaml; this one was not changed.',
    });
  const [row] = sqlite.all<{ last: number | null }>('SELECT max(number) AS last FROM migration');
  const last = row?.last ?? 0;
  if (last > migrations.length)
    throw new BootctlError(
      'records-newer',
      `${path} was written by a newer bootctl: its schema is ${last}, this one knows ${migrations.length}`,
    );
  return last;
}

const tableNames = (sqlite: Sqlite): readonly string[] =>
  sqlite.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
