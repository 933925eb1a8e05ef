import { BootctlError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import { appendToChain } from './chain.ts';
import { findUnit, nameOf, refused, type UnitRow } from './find-unit.ts';
import { unitsGranted, unitsInWork } from './fleet-grants.ts';
import { identifier } from './identifier.ts';
import type { Claimed, ClaimRequest, Instant } from './records.ts';
import { type TakenSerial, takeSerial } from './serial-numbers.ts';
import type { Sqlite } from './sqlite.ts';

/** Who claims, when, and how many good units the lot has already. */
export interface ClaimState {
  readonly station: string;
  readonly now: Instant;
  readonly passed: number;
}

/**
 * Within a transaction: nothing of it stands where it throws.
 * @throws BootctlError `unit-refused`, `numbers-used-up`, `lot-complete`, `grant-used-up`
 */
export function claimRun(sqlite: Sqlite, request: ClaimRequest, state: ClaimState): Claimed {
  keepLot(sqlite, request, state.now);
  const known = findUnit(sqlite, request);
  if (known) refuseWhileOpen(sqlite, known);
  if (request.purpose === 'production') refuseByPolicy(sqlite, request, known, state.passed);
  const unit = known ?? newUnit(sqlite, request, state.now);
  const taken = takeSerial(sqlite, unit, request);
  sqlite.run(
    'UPDATE unit SET serial = coalesce(?, serial), chip_uid = coalesce(chip_uid, ?) WHERE id = ?',
    ...[taken?.serial ?? null, request.chipUid ?? null, unit.id],
  );
  return insertRun(sqlite, request, state, unit, taken);
}

function keepLot(sqlite: Sqlite, { lot, quantity, serial }: ClaimRequest, now: Instant): void {
  const range = serial && 'first' in serial ? serial : undefined;
  sqlite.run(
    `INSERT INTO lot (id, quantity, number_first, number_last, opened_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity,
     number_first = coalesce(excluded.number_first, lot.number_first),
     number_last = coalesce(excluded.number_last, lot.number_last)`,
    ...[lot, quantity ?? null, range?.first ?? null, range?.last ?? null, now],
  );
}

function refuseWhileOpen(sqlite: Sqlite, unit: UnitRow): void {
  const [open] = sqlite.all<{ slot: string }>('SELECT slot FROM run WHERE unit = ? AND outcome IS NULL', unit.id);
  if (open)
    throw refused(
      `${nameOf(unit)} is being worked on in slot ${open.slot}`,
      'Wait for its end there, or look whether two units have the same label.',
    );
}

function refuseByPolicy(sqlite: Sqlite, request: ClaimRequest, unit: UnitRow | undefined, passed: number): void {
  if (unit) refuseAgain(sqlite, request, unit);
  refuseBeyondQuantity(sqlite, request, unit, passed);
}

function refuseAgain(sqlite: Sqlite, request: ClaimRequest, unit: UnitRow): void {
  if (unit.is_good === 1 && request.passedBefore === 'refuse')
    throw refused(
      `${nameOf(unit)} has passed before`,
      'Put it to the good ones; with `again: reprogram` in jig.yaml it would be programmed again.',
    );
  const failures = failuresInARow(sqlite, unit);
  if (failures > request.retests)
    throw refused(
      `${nameOf(unit)} has failed ${count(failures, 'time')}, and may be tried again ${count(request.retests, 'time')}`,
      'Put it to the repairs: `retests` of jig.yaml says how often a unit that has failed is tried again.',
    );
}

/** Since it passed last; runs that the station or a person has broken off do not count. */
function failuresInARow(sqlite: Sqlite, unit: UnitRow): number {
  const [row] = sqlite.all<{ failures: number }>(
    `SELECT count(*) AS failures FROM run WHERE unit = ? AND purpose = 'production' AND outcome = 'fail'
     AND seq > (SELECT coalesce(max(seq), 0) FROM run WHERE unit = ? AND outcome = 'pass')`,
    ...[unit.id, unit.id],
  );
  return row?.failures ?? 0;
}

/** Units that are being made now may all pass. */
function refuseBeyondQuantity(
  sqlite: Sqlite,
  { lot, quantity, isGranted = false }: ClaimRequest,
  unit: UnitRow | undefined,
  passed: number,
): void {
  const most = isGranted ? unitsGranted(sqlite, lot) : quantity;
  if (most === undefined || (unit && isGoodOf(sqlite, unit, lot))) return;
  const running = unitsInWork(sqlite, lot);
  if (passed + running < most) return;
  const alsoRunning = running === 0 ? '' : `, and ${running} being made`;
  throw isGranted
    ? new BootctlError(
        'grant-used-up',
        `lot ${lot}: ${passed} of the ${most} units granted here are made${alsoRunning}`,
      )
    : new BootctlError('lot-complete', `Lot ${lot} has ${passed} of ${most} good units${alsoRunning}`);
}

/** A unit that is good counts in the lot of its last pass. */
function isGoodOf(sqlite: Sqlite, unit: UnitRow, lot: string): boolean {
  if (unit.is_good === 0) return false;
  const [row] = sqlite.all<{ lot: string }>(
    `SELECT lot FROM run WHERE unit = ? AND purpose = 'production' AND outcome = 'pass' ORDER BY seq DESC LIMIT 1`,
    unit.id,
  );
  return row === undefined || row.lot === lot;
}

function newUnit(sqlite: Sqlite, { lot }: ClaimRequest, now: Instant): UnitRow {
  const unit: UnitRow = { id: identifier(now), serial: null, chip_uid: null, is_good: 0 };
  sqlite.run('INSERT INTO unit (id, lot, made_at) VALUES (?, ?, ?)', unit.id, lot, now);
  return unit;
}

function insertRun(
  sqlite: Sqlite,
  request: ClaimRequest,
  { station, now }: ClaimState,
  unit: UnitRow,
  taken: TakenSerial | undefined,
): Claimed {
  const [before] = sqlite.all<{ attempts: number }>('SELECT count(*) AS attempts FROM run WHERE unit = ?', unit.id);
  const [last] = sqlite.all<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM run');
  const run = request.run ?? identifier(now);
  const seq = last!.seq + 1;
  const attempt = before!.attempts + 1;
  const { slot, lot, chipUid, purpose, operator, firmware, profile, plan, bootctl } = request;
  sqlite.run(
    `INSERT INTO run (id, station, seq, unit, slot, lot, serial, number, chip_uid, attempt, purpose, operator, firmware, profile,
     plan, bootctl, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[run, station, seq, unit.id, slot, lot, taken?.serial ?? null, taken?.number ?? null, chipUid ?? null],
    ...[attempt, purpose, operator, firmware, profile, plan, bootctl, now],
  );
  appendToChain(sqlite, station, 'claim', run);
  return { run, seq, serial: taken?.serial, number: taken?.number ?? undefined, attempt };
}
