import { createHash } from 'node:crypto';
import type pg from 'pg';
import { RecordsFile } from './sqlite.ts';

/** The records of a station, by their own file. */
export interface CheckedStation {
  readonly name: string;
  readonly records: string;
  /** Runs whose PASS was shown. */
  readonly shown: ReadonlySet<string>;
}

export interface Found {
  /** What must not be. */
  readonly faults: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  /** What the database has refused, in its words. */
  readonly refused: readonly string[];
}

interface ChainRow {
  readonly seq: number;
  readonly kind: 'claim' | 'end' | 'note';
  readonly ref: string;
  readonly previous: string;
  readonly hash: string;
}

interface LocalRun {
  readonly id: string;
  readonly unit: string;
  readonly lot: string;
  readonly number: number | null;
  readonly serial: string | null;
  readonly outcome: string | null;
  readonly flash: string | null;
}

const columns = {
  claim:
    'id, station, seq, unit, slot, lot, serial, number, chip_uid, attempt, purpose, operator, firmware, profile, plan, bootctl, started_at FROM run WHERE id = ?',
  end: 'id, ended_at, took_ms, outcome, code, method, chip, flash, result FROM run WHERE id = ?',
  note: 'id, station, seq, at, operator, what, why FROM station_event WHERE id = ?',
} as const;
const measured =
  'SELECT position, name, value, unit, low, high, outcome FROM measurement WHERE run = ? ORDER BY position';

/** The text of a row of the chain, anew from the tables of the station: none of its code makes it. */
function contentOf(records: RecordsFile, { kind, ref, previous }: ChainRow): string {
  const rows = [
    ...records.rows<object>(`SELECT ${columns[kind]}`, ref),
    ...(kind === 'end' ? records.rows<object>(measured, ref) : []),
  ];
  const sorted = rows.map((row) => Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
  return JSON.stringify([previous, kind, ...sorted]);
}

/**
 * What a fleet has to keep, by SQL and hashes of this file: every record of each station is in the database exactly once and word by word, no
 * number is in two units, no lot has more good units than it says, no PASS was shown without its record.
 */
export async function checkFleet(
  centre: pg.Client,
  stations: readonly CheckedStation[],
  lots: Readonly<Record<string, number>>,
): Promise<Found> {
  const faults: string[] = [];
  const figures: Record<string, number> = { records: 0, runs: 0, measurements: 0, good: 0, numbers: 0 };
  const numbers = new Map<string, string>();
  const good = new Map<string, number>();
  const add = (name: string, by: number) => {
    figures[name] = (figures[name] ?? 0) + by;
  };
  for (const station of stations) {
    using records = new RecordsFile(station.records);
    faults.push(...(await checkArrival(centre, station.name, records, add)));
    const runs = records.rows<LocalRun>('SELECT id, unit, lot, number, serial, outcome, flash FROM run ORDER BY seq');
    add('runs', runs.length);
    faults.push(...checkRuns(station, runs, numbers));
    const changed = runs.filter(({ outcome, flash }) => outcome === 'pass' || flash !== 'untouched');
    const last = new Map(changed.map((run) => [run.unit, run]));
    for (const { outcome, lot } of last.values()) if (outcome === 'pass') good.set(lot, (good.get(lot) ?? 0) + 1);
  }
  add('numbers', [...numbers.keys()].filter((key) => key.startsWith('number')).length);
  for (const [lot, made] of good) {
    add('good', made);
    const quantity = lots[lot];
    if (quantity === undefined || made > quantity) faults.push(`lot ${lot} of ${quantity} has ${made} good units`);
  }
  faults.push(...(await checkCentre(centre, good)));
  const put = await centre.query<{ why: string }>('SELECT why FROM bootctl.quarantine ORDER BY station, seq');
  const alarms = await centre.query<{ code: string; why: string }>('SELECT code, why FROM bootctl.alarm ORDER BY id');
  add('put aside', put.rows.length);
  return { faults, figures, refused: alarms.rows.map(({ code, why }) => `${why} [${code}]`) };
}

async function checkArrival(
  centre: pg.Client,
  name: string,
  records: RecordsFile,
  add: (name: string, by: number) => void,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const chain = records.rows<ChainRow>('SELECT seq, kind, ref, previous, hash FROM chain ORDER BY seq');
  const arrived = await centre.query<{ seq: number; kind: string; ref: string; hash: string; content: string }>(
    'SELECT seq::INT AS seq, kind, ref, hash, content FROM bootctl.record WHERE station = $1 ORDER BY seq',
    [name],
  );
  const here = new Map(arrived.rows.map((row) => [row.seq, row]));
  add('records', chain.length);
  if (here.size !== arrived.rows.length) faults.push(`${name}: a record has arrived twice`);
  for (const row of chain) {
    const other = here.get(row.seq);
    here.delete(row.seq);
    const content = contentOf(records, row);
    if (createHash('sha256').update(content).digest('hex') !== row.hash)
      faults.push(`${name}: record ${row.seq} is not what was hashed`);
    if (!other) faults.push(`${name}: record ${row.seq} has not arrived`);
    else if (other.content !== content || other.hash !== row.hash || other.kind !== row.kind || other.ref !== row.ref)
      faults.push(`${name}: record ${row.seq} has arrived as another one`);
  }
  if (here.size > 0) faults.push(`${name}: ${here.size} records are in the database that it has never made`);
  const [local] = records.rows<{ rows: number }>('SELECT count(*) AS rows FROM measurement');
  const [far] = (
    await centre.query<{ rows: number }>(
      'SELECT count(*)::INT AS rows FROM bootctl.measurement m JOIN bootctl.run r ON r.id = m.run WHERE r.station = $1',
      [name],
    )
  ).rows;
  add('measurements', local!.rows);
  if (local!.rows !== far!.rows) faults.push(`${name}: ${local!.rows} measurements, and ${far!.rows} in the database`);
  return faults;
}

/** `numbers`: of all stations, with the unit that has each. */
function checkRuns(
  { name, shown }: CheckedStation,
  runs: readonly LocalRun[],
  numbers: Map<string, string>,
): readonly string[] {
  const faults: string[] = [];
  const passed = new Set(runs.filter(({ outcome }) => outcome === 'pass').map(({ id }) => id));
  for (const run of shown)
    if (!passed.has(run)) faults.push(`${name}: a PASS was shown without its record, run ${run}`);
  for (const { id, unit, lot, number, serial, outcome, flash } of runs) {
    if (outcome === null) faults.push(`${name}: run ${id} has no end`);
    if (flash === 'untouched') continue;
    const owner = `${name} ${unit}`;
    for (const key of [
      number === null ? [] : `number ${number} of ${lot}`,
      serial === null ? [] : `serial ${serial}`,
    ].flat()) {
      const other = numbers.get(key) ?? owner;
      if (other !== owner) faults.push(`${key} is in two units: ${other} and ${owner}`);
      numbers.set(key, owner);
    }
  }
  return faults;
}

/** What the database itself says of lots and numbers. */
async function checkCentre(centre: pg.Client, good: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const faults: string[] = [];
  const none = async (what: string, sql: string) => {
    const { rows } = await centre.query(sql);
    if (rows.length > 0) faults.push(`${what}: ${JSON.stringify(rows.slice(0, 3))}`);
  };
  await none('more allotted than the lot has', 'SELECT id FROM bootctl.lot WHERE allotted > quantity');
  await none(
    'allotments that add up to something else',
    `SELECT l.id, l.allotted, sum(a.units - a.returned) FROM bootctl.lot l JOIN bootctl.allotment a ON a.lot = l.id
     GROUP BY l.id, l.allotted HAVING l.allotted <> sum(a.units - a.returned)`,
  );
  await none(
    'blocks that overlap',
    `SELECT a.id FROM bootctl.serial_block a JOIN bootctl.serial_block b ON a.lot = b.lot AND a.id < b.id
     AND a.first <= b.last AND b.first <= a.last`,
  );
  await none(
    'a number in two units',
    `SELECT lot, number FROM bootctl.run WHERE number IS NOT NULL AND outcome IS NOT NULL AND flash <> 'untouched'
     GROUP BY lot, number HAVING count(DISTINCT (station, unit)) > 1`,
  );
  const { rows } = await centre.query<{ lot: string; good: number }>(
    'SELECT lot, count(*)::INT AS good FROM bootctl.good_unit GROUP BY lot',
  );
  for (const { lot, good: counted } of rows)
    if (counted !== good.get(lot))
      faults.push(`lot ${lot} has ${good.get(lot)} good units, and ${counted} in the database`);
  return faults;
}
