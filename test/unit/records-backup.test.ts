import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BootctlError } from '../../src/base/errors.ts';
import { backupFolder, backupsOf } from '../../src/records/backup.ts';
import { checkRecords } from '../../src/records/check.ts';
import { openRecords } from '../../src/records/open-records.ts';
import type { Records } from '../../src/records/records.ts';
import { passed, recordsFolder, request } from '../helpers/records.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** A station whose clock the test turns. */
function station() {
  const path = join(recordsFolder(), 'records.db');
  const clock = { now: Date.UTC(2026, 10, 29, 8) };
  const troubles: BootctlError[] = [];
  const open = () =>
    openRecords(path, { station: 'line2-a', now: () => clock.now, onBackupTrouble: (error) => troubles.push(error) });
  const work = (records: Records) => records.finish(records.claim(request()).run, passed());
  const names = () => backupsOf(path).map(({ file }) => file.slice(backupFolder(path).length + 1));
  return { path, clock, troubles, open, work, names };
}

test('a backup is made when a day has passed since the last one, at the end of a run', () => {
  const { clock, open, work, names } = station();
  using records = open();
  work(records);
  expect(names()).toEqual([]);
  clock.now += day - 1;
  work(records);
  expect(names()).toEqual([]);
  clock.now += 1;
  work(records);
  expect(names()).toEqual(['2026-11-30T08-00-00Z.db']);
  clock.now += day - 1;
  work(records);
  expect(names()).toHaveLength(1);
});

test('a station that is started once a week makes one when it starts', () => {
  const { clock, open, work, names } = station();
  for (let week = 0; week < 3; week++) {
    using records = open();
    work(records);
    clock.now += 7 * day;
  }
  expect(names()).toEqual(['2026-12-06T08-00-00Z.db', '2026-12-13T08-00-00Z.db']);
});

test('seven are kept, and files of others in the folder stay', () => {
  const { path, clock, open, work, names } = station();
  using records = open();
  for (let days = 0; days < 10; days++) {
    work(records);
    if (days === 3) writeFileSync(join(backupFolder(path), 'notes.txt'), 'mine');
    clock.now += day;
  }
  expect(names()).toEqual(['02', '03', '04', '05', '06', '07', '08'].map((date) => `2026-12-${date}T08-00-00Z.db`));
  expect(readdirSync(backupFolder(path))).toHaveLength(8);
});

test('it is a whole file of records', () => {
  const { clock, open, work, path } = station();
  {
    using records = open();
    for (let units = 0; units < 3; units++) work(records);
    clock.now += day;
    work(records);
  }
  const [backup] = backupsOf(path);
  expect(checkRecords(backup!.file)).toMatchObject({ runs: 4, rows: 8, problems: [] });
  using copy = openRecords(backup!.file, { station: 'line2-a', now: () => clock.now });
  expect(copy.counts('2611-A').passed).toBe(4);
});

test('while a slot works it waits for an hour, and not for longer', () => {
  const { clock, open, work, names } = station();
  using records = open();
  records.claim(request({ slot: 'A2' }));
  clock.now += day;
  work(records);
  expect(names()).toHaveLength(0);
  clock.now += hour;
  work(records);
  expect(names()).toHaveLength(1);
});

test('a clock that was set back does not end the backups', () => {
  const { clock, open, work, names } = station();
  using records = open();
  clock.now += 40 * day;
  work(records);
  clock.now -= 39 * day;
  work(records);
  expect(names()).toHaveLength(2);
});

test('a backup that cannot be made is told, the run is recorded, and it is tried again after an hour', () => {
  const { path, clock, troubles, open, work, names } = station();
  using records = open();
  writeFileSync(backupFolder(path), 'a file in the place of the folder');
  clock.now += day;
  work(records);
  expect(troubles).toMatchObject([
    {
      code: 'records-unwritable',
      message: expect.stringContaining(`The backup of ${path} could not be made: `),
      hint: `The records themselves go on. Make room for ${backupFolder(path)}, or give yourself the right to write there; the next try is in an hour.`,
    },
  ]);
  clock.now += hour - 1;
  work(records);
  expect(troubles).toHaveLength(1);
  rmSync(backupFolder(path));
  clock.now += 1;
  work(records);
  expect(names()).toHaveLength(1);
  expect(records.counts('2611-A').passed).toBe(3);
});

test('what a killed station has left half done is removed with the next one', () => {
  const { path, clock, open, work } = station();
  using records = open();
  clock.now += day;
  work(records);
  writeFileSync(join(backupFolder(path), '2026-11-29T08-00-00Z.db.part'), 'half');
  clock.now += day;
  work(records);
  expect(readdirSync(backupFolder(path)).filter((name) => name.endsWith('.part'))).toEqual([]);
});
