import { BootctlError } from '../base/errors.ts';
import { isLost, type SerialRow, serialRow, type UnitRow } from './find-unit.ts';
import { blocksWithRoom, noteFull, noteRoom } from './fleet-grants.ts';
import type { ClaimRequest } from './records.ts';
import type { Sqlite } from './sqlite.ts';

export interface TakenSerial {
  readonly serial: string;
  readonly number: number | null;
}

type Range = Extract<ClaimRequest['serial'], { first: number }>;

/**
 * The serial number of the run that begins: the label, the one that the unit has, or the lowest free one.
 * @throws BootctlError `numbers-used-up`, `grant-used-up`
 */
export function takeSerial(sqlite: Sqlite, unit: UnitRow, request: ClaimRequest): TakenSerial | undefined {
  const { serial: source } = request;
  if (source === undefined) return undefined;
  if ('text' in source) return takeLabel(sqlite, unit, source.text, request.lot);
  const own = unit.serial === null ? undefined : serialRow(sqlite, unit.serial);
  if (own && !isLost(own, request)) return takeOwn(sqlite, own);
  const number = request.isGranted
    ? lowestGranted(sqlite, request.lot, source)
    : lowestFree(sqlite, request.lot, source);
  const serial = source.format(number);
  insertSerial(sqlite, { serial, number }, unit, request.lot);
  return { serial, number };
}

function takeLabel(sqlite: Sqlite, unit: UnitRow, label: string, lot: string): TakenSerial {
  const own = serialRow(sqlite, label);
  if (own) return takeOwn(sqlite, own);
  insertSerial(sqlite, { serial: label, number: null }, unit, lot);
  return { serial: label, number: null };
}

function takeOwn(sqlite: Sqlite, { serial, number }: SerialRow): TakenSerial {
  sqlite.run("UPDATE serial_number SET state = 'claimed' WHERE serial = ?", serial);
  return { serial, number };
}

const insertSerial = (sqlite: Sqlite, { serial, number }: TakenSerial, unit: UnitRow, lot: string): number =>
  sqlite.run(
    "INSERT INTO serial_number (serial, lot, number, unit, state) VALUES (?, ?, ?, ?, 'claimed')",
    ...[serial, lot, number, unit.id],
  );

function lowestFree(sqlite: Sqlite, lot: string, range: Range): number {
  const number = freeNumber(sqlite, lot, range);
  if (number !== undefined) return number;
  const { first, last, format } = range;
  throw new BootctlError(
    'numbers-used-up',
    `Lot ${lot} has no serial number left from ${format(first)} to ${format(last)}`,
  );
}

/** Of the blocks that a fleet has granted. */
function lowestGranted(sqlite: Sqlite, lot: string, { format }: Range): number {
  for (const { first, last } of blocksWithRoom(sqlite, lot)) {
    const number = freeNumber(sqlite, lot, { first, last, format });
    if (number !== undefined) return number;
  }
  throw new BootctlError('grant-used-up', `lot ${lot}: the numbers granted here are used up`);
}

/** Blocks without a free number are not looked at again: each look costs as much as they have numbers. Within a transaction. */
export function noteFullBlocks(sqlite: Sqlite, { lot, serial, isGranted }: ClaimRequest): void {
  if (!isGranted || !serial || 'text' in serial) return;
  for (const { id, first, last } of blocksWithRoom(sqlite, lot))
    if (freeNumber(sqlite, lot, { first, last, format: serial.format }) === undefined) noteFull(sqlite, id);
    else return;
}

/** Of the numbers that nobody has in this lot, the lowest whose text nobody has in any; undefined where there is none. */
function freeNumber(sqlite: Sqlite, lot: string, { first, last, format }: Range): number | undefined {
  let number = firstGap(sqlite, lot, first, last);
  while (number <= last && isTaken(sqlite, format(number))) number = firstGap(sqlite, lot, number + 1, last);
  return number <= last ? number : undefined;
}

/** The lowest number from `first` on that has no row; beyond `last` where all have one. */
function firstGap(sqlite: Sqlite, lot: string, first: number, last: number): number {
  const [taken] = sqlite.all<{ numbers: number; lowest: number | null; highest: number | null }>(
    `SELECT count(*) AS numbers, min(number) AS lowest, max(number) AS highest FROM serial_number
     WHERE lot = ? AND number BETWEEN ? AND ?`,
    ...[lot, first, last],
  );
  const { numbers, lowest, highest } = taken!;
  if (lowest === null || highest === null || lowest > first) return first;
  if (numbers === highest - first + 1) return highest + 1;
  const [gap] = sqlite.all<{ number: number }>(
    `SELECT taken.number + 1 AS number FROM serial_number AS taken WHERE taken.lot = ? AND taken.number BETWEEN ? AND ?
     AND NOT EXISTS (SELECT 1 FROM serial_number AS next WHERE next.lot = taken.lot AND next.number = taken.number + 1)
     ORDER BY taken.number LIMIT 1`,
    ...[lot, first, last],
  );
  return gap!.number;
}

const isTaken = (sqlite: Sqlite, serial: string): boolean =>
  sqlite.all(
    'SELECT 1 FROM unit WHERE serial = ? UNION ALL SELECT 1 FROM serial_number WHERE serial = ?',
    serial,
    serial,
  ).length > 0;

/** So many are asked for at once: SQLite binds 999 values in any version (sqlite.org/limits.html, 9). */
const askedAtOnce = 500;

/** Which of these serial numbers are in a unit, may be in one, or are being written into one. */
export function serialsInUse(sqlite: Sqlite, serials: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let from = 0; from < serials.length; from += askedAtOnce) {
    const some = serials.slice(from, from + askedAtOnce);
    const marks = some.map(() => '?').join(', ');
    const rows = sqlite.all<{ serial: string }>(`SELECT serial FROM serial_number WHERE serial IN (${marks})`, ...some);
    found.push(...rows.map(({ serial }) => serial));
  }
  return found;
}

/**
 * What becomes of the serial number of a run that has ended. In a good unit it is used; one that may be in the unit is burnt,
 * until that unit passes; one of which nothing can be in the unit is given back.
 */
export function settleSerial(sqlite: Sqlite, serial: string, isGood: boolean, isTouched: boolean): void {
  const row = serialRow(sqlite, serial)!;
  const mayBeWritten = isGood || isTouched || row.may_be_written === 1;
  if (mayBeWritten)
    sqlite.run(
      'UPDATE serial_number SET state = ?, may_be_written = 1 WHERE serial = ?',
      ...[isGood ? 'used' : 'burnt', serial],
    );
  else giveBack(sqlite, row);
}

/** A label stays on its unit; a number does not. */
function giveBack(sqlite: Sqlite, { serial, number }: SerialRow): void {
  if (number !== null) {
    sqlite.run('UPDATE unit SET serial = NULL WHERE serial = ?', serial);
    noteRoom(sqlite, serial);
  }
  sqlite.run('DELETE FROM serial_number WHERE serial = ?', serial);
}
