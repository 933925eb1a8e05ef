import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GoldenSchedule } from '../../src/jig/station/golden-schedule.ts';
import { RunLog } from '../../src/jig/station/run-log.ts';
import type { StationSpec } from '../../src/jig/station/station-spec.ts';
import { stationUnits } from '../../src/jig/station/station-units.ts';
import type { Claimed, ClaimRequest, Records } from '../../src/records/records.ts';
import { openSqlite } from '../../src/records/sqlite.ts';
import { jigPlan } from '../helpers/jig.ts';
import { failed, openAt, passed, recordsFolder, request } from '../helpers/records.ts';

const rows = Array.from({ length: 5_000 }, (_, index) => ({ serial: `C-${String(index + 1).padStart(4, '0')}` }));

/** A file of records in which so many rows of the CSV file are used by units that have passed. */
function recordsWith(used: number): string {
  const path = join(recordsFolder(), 'records.db');
  openAt(path)[Symbol.dispose]();
  using sqlite = openSqlite(path);
  sqlite.transaction(() => {
    sqlite.run("INSERT INTO lot (id, opened_at) VALUES ('L1', 0)");
    for (const { serial } of rows.slice(0, used)) {
      sqlite.run("INSERT INTO unit (id, lot, serial, is_good, made_at) VALUES (?, 'L1', ?, 1, 0)", serial, serial);
      sqlite.run(
        "INSERT INTO serial_number (serial, lot, unit, state, may_be_written) VALUES (?, 'L1', ?, 'used', 1)",
        ...[serial, serial],
      );
    }
  });
  return path;
}

/** The records of a station that begins, and what it claims from them. */
function begin(path: string) {
  const records = openAt(path);
  onTestFinished(() => records[Symbol.dispose]());
  const tries: ClaimRequest[] = [];
  const counting = new Proxy(records, {
    get: (_, key: keyof Records) =>
      key === 'claim'
        ? (one: ClaimRequest) => {
            tries.push(one);
            return records.claim(one);
          }
        : typeof records[key] === 'function'
          ? (records[key] as (...given: unknown[]) => unknown).bind(records)
          : records[key],
  });
  const unit = { ...jigPlan().unit, serial: { from: 'csv', file: 'units.csv', column: 'serial' } } as const;
  const plan = jigPlan({ unit });
  const spec = {
    ...{ plan, records: counting, profileHash: 'p', planHash: 'j', version: '0', image: { sha256: 'i' } },
    ...{ askGate: undefined, clock: { now: () => 0 }, now: () => 0 },
    units: stationUnits(
      plan,
      rows,
      () => 0,
      (serials) => records.serialsInUse(serials),
    ),
  } as unknown as StationSpec;
  const none = () => {};
  const golden = new GoldenSchedule({ plan: undefined, last: [], clock: spec.clock, now: spec.now, onDue: none });
  const then = {
    tell: none,
    hold: none,
    ungranted: none,
    passed: none,
    goldenPassed: none,
    alarms: { note: none } as never,
  };
  const log = new RunLog(spec, golden, then);
  const claim = async (): Promise<Claimed> =>
    (await log.claim('A1', { label: undefined, again: undefined, begun: undefined }, new AbortController().signal))
      .claimed;
  return { records, tries, claim };
}

test('of 5,000 rows with 4,990 used, a unit without a label gets the first free one at the first try', async () => {
  const { tries, claim } = begin(recordsWith(4_990));
  expect((await claim()).serial).toBe('C-4991');
  expect((await claim()).serial).toBe('C-4992');
  expect(tries).toHaveLength(2);
});

test('all rows used: nothing is tried, and the numbers are used up', async () => {
  const { tries, claim } = begin(recordsWith(5_000));
  await expect(claim()).rejects.toMatchObject({ code: 'numbers-used-up' });
  expect(tries).toEqual([]);
});

test('the row of a unit that has failed stays with it in the next life too; one that was given back is offered', async () => {
  const path = recordsWith(0);
  using before = openAt(path);
  const label = (text: string) => request({ lot: 'L1', serial: { text } });
  before.finish(before.claim(label('C-0001')).run, failed());
  before.finish(before.claim(label('C-0002')).run, failed({ flash: 'untouched' }));
  before.finish(before.claim(label('C-0003')).run, passed());
  before[Symbol.dispose]();
  const { claim } = begin(path);
  expect([(await claim()).serial, (await claim()).serial]).toEqual(['C-0002', 'C-0004']);
});
