import { BootctlError } from '../base/errors.ts';
import type { ClaimRequest } from './records.ts';
import type { Sqlite, SqlValue } from './sqlite.ts';

export interface UnitRow {
  readonly id: string;
  readonly serial: string | null;
  readonly chip_uid: string | null;
  readonly is_good: 0 | 1;
}

export interface SerialRow {
  readonly serial: string;
  readonly number: number | null;
  readonly state: 'claimed' | 'used' | 'burnt';
  readonly may_be_written: 0 | 1;
}

/** Nobody takes it again: its unit has failed, and so has to have another. */
export const isLost = (row: SerialRow | undefined, request: Pick<ClaimRequest, 'failedBefore' | 'purpose'>): boolean =>
  row?.state === 'burnt' && request.failedBefore === 'burn' && request.purpose === 'production';

export const serialRow = (sqlite: Sqlite, serial: string): SerialRow | undefined =>
  sqlite.all<SerialRow>('SELECT serial, number, state, may_be_written FROM serial_number WHERE serial = ?', serial)[0];

/** Of the unit with this chip, unless it has lost its serial number. */
export function serialOfChip(
  sqlite: Sqlite,
  chipUid: string,
  failedBefore: ClaimRequest['failedBefore'],
): string | undefined {
  const serial = unitBy(sqlite, 'chip_uid = ?', chipUid)?.serial ?? undefined;
  if (serial === undefined) return undefined;
  return isLost(serialRow(sqlite, serial), { failedBefore, purpose: 'production' }) ? undefined : serial;
}

/**
 * The unit that label, chip or slot speak of; undefined for a new one.
 * @throws BootctlError `unit-refused` where they speak of different units
 */
export function findUnit(sqlite: Sqlite, request: ClaimRequest): UnitRow | undefined {
  const label = labelOf(request);
  if (label !== undefined) refuseLostLabel(sqlite, label, request);
  const ways = [
    { what: `label ${label}`, unit: label === undefined ? undefined : unitOfLabel(sqlite, label) },
    { what: `chip ${request.chipUid}`, unit: unitBy(sqlite, 'chip_uid = ?', request.chipUid) },
    { what: 'the unit in the slot', unit: unitBy(sqlite, 'id = (SELECT unit FROM run WHERE id = ?)', request.again) },
  ];
  const known = ways.flatMap(({ what, unit }) => (unit ? [{ what, unit }] : []));
  const [first] = known;
  if (first === undefined) return undefined;
  const other = known.find(({ unit }) => unit.id !== first.unit.id);
  if (other) throw refused(`${first.what} and ${other.what} belong to different units`, lookAtBoth);
  refuseOtherChip(first.unit, request);
  refuseOtherLabel(sqlite, first.unit, label, request);
  return first.unit;
}

const labelOf = ({ serial }: ClaimRequest): string | undefined =>
  serial && 'text' in serial ? serial.text : undefined;

const lookAtBoth =
  'Take the board out and look at its label and at the chip: one of them is of another unit. Then put it in and scan again.';

export const refused = (message: string, hint?: string): BootctlError =>
  new BootctlError('unit-refused', message, hint === undefined ? {} : { hint });

const unitBy = (sqlite: Sqlite, where: string, value: SqlValue | undefined): UnitRow | undefined =>
  value === undefined
    ? undefined
    : sqlite.all<UnitRow>(`SELECT id, serial, chip_uid, is_good FROM unit WHERE ${where}`, value)[0];

/** Also of a label that is burnt. */
const unitOfLabel = (sqlite: Sqlite, label: string): UnitRow | undefined =>
  unitBy(sqlite, 'serial = ?', label) ??
  unitBy(sqlite, 'id = (SELECT unit FROM serial_number WHERE serial = ?)', label);

function refuseLostLabel(sqlite: Sqlite, label: string, request: ClaimRequest): void {
  if (!isLost(serialRow(sqlite, label), request)) return;
  throw refused(
    `${label} is burnt: it may be in a unit that has failed`,
    'Give the unit another label; with `failed: retry` in jig.yaml it would take this one again.',
  );
}

function refuseOtherChip(unit: UnitRow, { chipUid }: ClaimRequest): void {
  if (chipUid === undefined || unit.chip_uid === null || unit.chip_uid === chipUid) return;
  throw refused(`${nameOf(unit)} had the chip ${unit.chip_uid} before, and has ${chipUid} now`, lookAtBoth);
}

/** A unit keeps its label, but for one that is lost. */
function refuseOtherLabel(sqlite: Sqlite, unit: UnitRow, label: string | undefined, request: ClaimRequest): void {
  if (label === undefined || unit.serial === null || unit.serial === label) return;
  if (isLost(serialRow(sqlite, unit.serial), request)) return;
  throw refused(`This unit was ${unit.serial} before, and is ${label} now`, lookAtBoth);
}

export const nameOf = (unit: UnitRow): string => unit.serial ?? 'This unit';
