/**
 * What the centre keeps, in the schema `bootctl` of a PostgreSQL database. A station has no right to any table: it speaks by the
 * functions beside this file. Times of records are milliseconds since 1970 by the clock of the station; times of the centre are its own.
 */
export const tables: readonly string[] = [
  // Which life of the cluster and of these tables this is: another one after a dump, a point in time or a standby took over.
  `CREATE TABLE centre (
    id BIGINT PRIMARY KEY CHECK (id = 1), fingerprint TEXT NOT NULL, restored_at TIMESTAMPTZ)`,
  // Whoever may sign lots (Ed25519, RFC 8032): the public key as PEM, and the SHA-256 of its DER as id.
  `CREATE TABLE signer (id TEXT PRIMARY KEY, name TEXT NOT NULL, public_key TEXT NOT NULL, added_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
  // `seq` and `hash`: the last row of its chain that has arrived. `life`: the process that speaks for it now.
  `CREATE TABLE station (
    name TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, joined_at TIMESTAMPTZ NOT NULL DEFAULT now(), joined_by TEXT NOT NULL,
    left_at TIMESTAMPTZ, left_by TEXT, seq BIGINT NOT NULL DEFAULT 0, hash TEXT NOT NULL DEFAULT repeat('0', 64),
    life TEXT, held_by TEXT, must_report BOOLEAN NOT NULL DEFAULT false,
    skipped_at TIMESTAMPTZ,
    beat_at TIMESTAMPTZ, unsent BIGINT, clock_offset_ms BIGINT, version TEXT, view JSONB)`,
  `CREATE TABLE station_life (
    station TEXT NOT NULL REFERENCES station (name), life TEXT NOT NULL, began_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (station, life))`,
  `CREATE TABLE image (
    sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, content BYTEA NOT NULL, added_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (sha256 = encode(sha256(content), 'hex')))`,
  // `definition`: the signed text. `allotted`: good units that stations may still make or have made.
  `CREATE TABLE lot (
    id TEXT PRIMARY KEY, definition TEXT NOT NULL, signer TEXT NOT NULL REFERENCES signer (id), signature TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    allotted BIGINT NOT NULL DEFAULT 0 CHECK (allotted BETWEEN 0 AND quantity),
    number_first BIGINT, number_last BIGINT, number_next BIGINT,
    lease_seconds BIGINT NOT NULL CHECK (lease_seconds > 0),
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'held', 'closed')), held_by TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(), changed_at TIMESTAMPTZ NOT NULL DEFAULT now(), changed_by TEXT NOT NULL,
    CHECK ((number_first IS NULL) = (number_last IS NULL) AND (number_first IS NULL) = (number_next IS NULL)),
    CHECK (number_next BETWEEN number_first AND number_last + 1))`,
  `CREATE TABLE lot_image (
    lot TEXT NOT NULL REFERENCES lot (id), image TEXT NOT NULL REFERENCES image (sha256), PRIMARY KEY (lot, image))`,
  `CREATE TABLE lot_station (
    lot TEXT NOT NULL REFERENCES lot (id), station TEXT NOT NULL REFERENCES station (name), PRIMARY KEY (lot, station))`,
  `CREATE TABLE lot_change (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lot TEXT NOT NULL REFERENCES lot (id),
    at TIMESTAMPTZ NOT NULL DEFAULT now(), person TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL)`,
  // How many good units a station may make. What it has given back is `returned`; what it may have been granted before the database
  // was put back, and will not report, `is_assumed`.
  `CREATE TABLE allotment (
    id UUID PRIMARY KEY, lot TEXT NOT NULL REFERENCES lot (id), station TEXT NOT NULL REFERENCES station (name),
    units BIGINT NOT NULL CHECK (units > 0), returned BIGINT NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND units),
    is_assumed BOOLEAN NOT NULL DEFAULT false, granted_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
  // Which numbers a station may give out. The database refuses two blocks that overlap.
  `CREATE TABLE serial_block (
    id UUID PRIMARY KEY, lot TEXT NOT NULL REFERENCES lot (id), station TEXT NOT NULL REFERENCES station (name),
    first BIGINT NOT NULL, last BIGINT NOT NULL, granted_at TIMESTAMPTZ NOT NULL DEFAULT now(), CHECK (first <= last),
    EXCLUDE USING gist (lot WITH =, int8range(first, last, '[]') WITH &&))`,
  // The chain of each station as it came. `content` is the text that was hashed, so that the database checks it itself.
  `CREATE TABLE record (
    station TEXT NOT NULL REFERENCES station (name), seq BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'end', 'note')), ref TEXT NOT NULL, hash TEXT NOT NULL, content TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (station, seq),
    CHECK (hash = encode(sha256(convert_to(content, 'UTF8')), 'hex')))`,
  // What follows from the records, for reports; each as its station has it.
  `CREATE TABLE run (
    id TEXT PRIMARY KEY, station TEXT NOT NULL REFERENCES station (name), seq BIGINT NOT NULL, unit TEXT NOT NULL,
    slot TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT, number BIGINT, chip_uid TEXT, attempt BIGINT NOT NULL,
    purpose TEXT NOT NULL, operator TEXT NOT NULL, firmware TEXT NOT NULL, profile TEXT NOT NULL, plan TEXT NOT NULL,
    bootctl TEXT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT, took_ms DOUBLE PRECISION,
    outcome TEXT CHECK (outcome IN ('pass', 'fail', 'error', 'aborted')), code TEXT, method TEXT, chip TEXT, flash TEXT,
    result TEXT, UNIQUE (station, seq))`,
  'CREATE INDEX run_of_lot ON run (lot, started_at)',
  'CREATE INDEX run_of_unit ON run (station, unit, seq)',
  'CREATE INDEX run_of_serial ON run (serial)',
  `CREATE TABLE measurement (
    run TEXT NOT NULL REFERENCES run (id), position BIGINT NOT NULL, name TEXT NOT NULL, value DOUBLE PRECISION,
    unit TEXT NOT NULL, low DOUBLE PRECISION, high DOUBLE PRECISION, outcome TEXT NOT NULL, PRIMARY KEY (run, position))`,
  `CREATE TABLE station_event (
    id TEXT PRIMARY KEY, station TEXT NOT NULL REFERENCES station (name), seq BIGINT NOT NULL, at BIGINT NOT NULL,
    operator TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL, UNIQUE (station, seq))`,
  // In which unit a number of a range is or may be: one row a number, whichever station wrote it.
  `CREATE TABLE number_in_unit (
    lot TEXT NOT NULL, number BIGINT NOT NULL, serial TEXT NOT NULL UNIQUE, station TEXT NOT NULL REFERENCES station (name),
    unit TEXT NOT NULL, PRIMARY KEY (lot, number))`,
  // Good units of now: the last run that has changed the unit has passed.
  `CREATE TABLE good_unit (
    station TEXT NOT NULL REFERENCES station (name), unit TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT, PRIMARY KEY (station, unit))`,
  'CREATE INDEX good_unit_of_lot ON good_unit (lot, station)',
  // How many of them, so that a lot of many units is as fast as one of few.
  `CREATE TABLE good_count (
    lot TEXT NOT NULL, station TEXT NOT NULL REFERENCES station (name), good BIGINT NOT NULL CHECK (good >= 0),
    PRIMARY KEY (lot, station))`,
  // Records that have arrived and contradict what is known: kept, counted nowhere, until a person has looked.
  `CREATE TABLE quarantine (
    station TEXT NOT NULL, seq BIGINT NOT NULL, why TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(),
    cleared_at TIMESTAMPTZ, cleared_by TEXT, PRIMARY KEY (station, seq), FOREIGN KEY (station, seq) REFERENCES record (station, seq))`,
  `CREATE TABLE alarm (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now(), station TEXT, lot TEXT,
    code TEXT NOT NULL, why TEXT NOT NULL, cleared_at TIMESTAMPTZ, cleared_by TEXT, cleared_why TEXT)`,
];
