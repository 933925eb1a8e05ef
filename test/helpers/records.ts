import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { type OpenRecords, openRecords } from '../../src/records/open-records.ts';
import type { ClaimRequest, Instant, Measurement, Records, RunEnd } from '../../src/records/records.ts';
import type { ReportMeasurement, ReportRun } from '../../src/records/report/report-runs.ts';

/** In memory where Linux has such a folder: a commit need not wait for a disk here. */
const memory = '/dev/shm';

/** A folder of a test, gone after it. */
export function recordsFolder(): string {
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'bootctl-records-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** 2026-11-29 08:00:00 UTC; each look at the clock is a second later. */
export function secondsClock(start: Instant = Date.UTC(2026, 10, 29, 8)): () => Instant {
  let now = start - 1000;
  return () => {
    now += 1000;
    return now;
  };
}

export const openAt = (path: string, now: () => Instant = secondsClock()): OpenRecords =>
  openRecords(path, { station: 'line2-a', now, lockTimeout: 100 });

/** New records in a folder of the test; closed after it. */
export function someRecords(): Records & { readonly path: string } {
  const path = join(recordsFolder(), 'records.db');
  const records = openAt(path);
  onTestFinished(() => records[Symbol.dispose]());
  return Object.assign(records, { path });
}

export const range = (first: number, last: number) => ({
  first,
  last,
  format: (number: number) => `SN${String(number).padStart(6, '0')}`,
});

/** A claim of a number from 1000 to 1999, in slot A1, for lot 2611-A without an end. */
export const request = (changes: Partial<ClaimRequest> = {}): ClaimRequest => ({
  slot: 'A1',
  lot: '2611-A',
  quantity: undefined,
  purpose: 'production',
  operator: 'M. Ortiz',
  serial: range(1000, 1999),
  again: undefined,
  chipUid: undefined,
  passedBefore: 'refuse',
  failedBefore: 'retry',
  retests: 2,
  firmware: 'f'.repeat(64),
  profile: 'a'.repeat(64),
  plan: 'b'.repeat(64),
  bootctl: '0.1.0',
  ...changes,
});

export const measured = (name: string, value: number, changes: Partial<Measurement> = {}): Measurement => ({
  ...{ name, value, unit: 'ms', low: undefined, high: undefined, outcome: 'pass' },
  ...changes,
});

const end: RunEnd = {
  outcome: 'pass',
  code: undefined,
  took: 4100,
  method: 'rc-cap',
  chip: 'F405_407',
  flash: 'verified',
  measurements: [],
  result: { ok: true },
};

export const passed = (changes: Partial<RunEnd> = {}): RunEnd => ({ ...end, ...changes });

/** The flash is erased: what the number was may be in the unit. */
export const failed = (changes: Partial<RunEnd> = {}): RunEnd => ({
  ...end,
  ...{ outcome: 'fail', code: 'verify-mismatch', flash: 'differs', result: { ok: false } },
  ...changes,
});

/** Nothing of the target was changed. */
export const untouched = (changes: Partial<RunEnd> = {}): RunEnd =>
  failed({ code: 'methods-exhausted', flash: 'untouched', ...changes });

/** A row of a report, of a production run that has passed. */
export const reportRun = (changes: Partial<ReportRun> = {}): ReportRun => ({
  ...{ run: 'r', serial: 'SN001000', outcome: 'pass', code: null, station: 'line2-a', slot: 'A1', lot: '2611-A' },
  ...{
    started: 0,
    ended: 4000,
    seq: 1,
    attempt: 1,
    purpose: 'production',
    operator: 'M. Ortiz',
    number: 1000,
    unit: 'u',
  },
  ...{ chipUid: null, chip: 'F405_407', method: 'rc-cap', flash: 'verified', took: 4000 },
  ...{ firmware: 'f', profile: 'a', plan: 'b', bootctl: '0.1.0' },
  ...changes,
});

export const runMeasurement = (changes: Partial<ReportMeasurement> = {}): ReportMeasurement => ({
  ...{ run: 'r', name: 'enter', value: 700, unit: 'ms', low: null, high: null, outcome: 'pass' },
  ...changes,
});

/** A folder for the tests of a file, gone after them. */
export function keptRecordsFolder(): string {
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'bootctl-records-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
