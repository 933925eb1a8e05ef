import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { migrations } from '../../src/records/migrations.ts';
import { numberAccounts } from '../../src/records/number-account.ts';
import { openRecords } from '../../src/records/open-records.ts';
import { readRecords } from '../../src/records/read-records.ts';
import { versionOf } from '../../src/records/simulated-runs.ts';
import { openSqlite } from '../../src/records/sqlite.ts';
import { failed, openAt, passed, recordsFolder, request, someRecords } from '../helpers/records.ts';
import { root } from '../helpers/source-files.ts';

const refusalOf = (work: () => unknown): Pick<BootctlError, 'code' | 'message' | 'hint'> => {
  try {
    work();
  } catch (error) {
    if (error instanceof BootctlError) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('it was not refused');
};

const newPath = () => join(recordsFolder(), 'records.db');

/** A closed file of records with one good unit. */
function closedRecords(path = newPath()): string {
  using records = openAt(path);
  records.finish(records.claim(request()).run, passed());
  return path;
}

test('a second station is refused by name of the file, in the same process', () => {
  const { path } = someRecords();
  expect(refusalOf(() => openAt(path))).toEqual({
    code: 'station-busy',
    message: `Another station writes ${path}: it holds ${path}.lock`,
    hint: 'One station writes its records alone: end the other `bootctl jig run`, or name another file as `records`.',
  });
});

test('real units and simulated ones never share a file, and the refusal changes nothing', () => {
  const path = closedRecords();
  const before = readFileSync(path);
  const simulated = () => openRecords(path, { station: 'line2-a', now: () => 1, isSimulated: true });
  expect(refusalOf(simulated)).toEqual({
    code: 'records-mixed',
    message: `${path} holds runs of real units: simulated ones do not belong there`,
    hint: 'Name another file as `records` in jig.yaml: simulated units would take the serial numbers of real ones.',
  });
  expect(readFileSync(path)).toEqual(before);
  openAt(path)[Symbol.dispose]();
});

test('a file of simulated units takes no real ones', () => {
  const path = newPath();
  const isSimulated = true;
  const open = () => openRecords(path, { station: 'line2-a', now: () => Date.UTC(2026, 10, 29), isSimulated });
  {
    using records = open();
    records.finish(records.claim({ ...request(), bootctl: versionOf('0.1.0', isSimulated) }).run, passed());
  }
  expect(refusalOf(() => openAt(path))).toMatchObject({
    code: 'records-mixed',
    message: `${path} holds runs of simulated units: real ones do not belong there`,
  });
  open()[Symbol.dispose]();
});

test('a second station is refused while another process is one, and may begin when that was killed', async () => {
  const path = newPath();
  const script = `import { openRecords } from ${JSON.stringify(join(root, 'dist/src/records/open-records.js'))};
    globalThis.records = openRecords(process.argv[1], { station: 'a', now: () => 1 });
    console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(refusalOf(() => openAt(path)).code).toBe('station-busy');
  child.kill('SIGKILL');
  await ended;
  openAt(path)[Symbol.dispose]();
});

test('a reader sees what is on the disk while the station runs, and the station goes on', () => {
  const records = someRecords();
  const { run } = records.claim(request());
  expect(readRecords(records.path, numberAccounts)).toMatchObject([{ claimed: [1000], free: 999 }]);
  records.finish(run, passed());
  expect(readRecords(records.path, numberAccounts)).toMatchObject([{ used: [1000], claimed: [], free: 999 }]);
});

test('a missing folder is named', () => {
  const path = join(recordsFolder(), 'no', 'records.db');
  expect(refusalOf(() => openAt(path))).toEqual({
    code: 'records-unwritable',
    message: `The folder of ${path} is missing`,
    hint: `Make ${dirname(path)}, or name another place as \`records\` in jig.yaml.`,
  });
});

test('records that are not there are not made by a reader', () => {
  const path = newPath();
  expect(refusalOf(() => readRecords(path, () => 1)).code).toBe('records-missing');
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('records of a newer bootctl are left as they are', () => {
  const path = closedRecords();
  {
    using sqlite = openSqlite(path);
    sqlite.run('INSERT INTO migration (number, at) VALUES (?, ?)', migrations.length + 1, 0);
  }
  const before = readFileSync(path);
  const refusal = {
    code: 'records-newer',
    message: `${path} was written by a newer bootctl: its schema is ${migrations.length + 1}, this one knows ${migrations.length}`,
  };
  expect(refusalOf(() => openAt(path))).toMatchObject(refusal);
  expect(refusalOf(() => readRecords(path, () => 1))).toMatchObject(refusal);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a database of another program is left as it is', () => {
  const path = newPath();
  {
    using sqlite = openSqlite(path);
    sqlite.run('CREATE TABLE bookmarks (url TEXT)');
  }
  const before = readFileSync(path);
  expect(refusalOf(() => openAt(path))).toMatchObject({
    code: 'records-damaged',
    message: `${path} is a database of another program`,
    hint: expect.stringContaining('this one was not changed'),
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a file that is no database is left as it is', () => {
  const path = newPath();
  writeFileSync(path, 'station: line2-a\n'.repeat(100));
  expect(refusalOf(() => openAt(path))).toMatchObject({
    code: 'records-damaged',
    message: expect.stringMatching(/records\.db is damaged, or no file of records: .*not a database/),
  });
  expect(readFileSync(path, 'utf8')).toBe('station: line2-a\n'.repeat(100));
});

test('a file with bytes that were changed on the disk is said to be damaged', () => {
  const path = newPath();
  {
    using records = openAt(path);
    for (let unit = 0; unit < 40; unit++) records.finish(records.claim(request()).run, passed());
  }
  // All pages but the first, which has the schema.
  const pageSize = 4096;
  const { size } = statSync(path);
  const file = openSync(path, 'r+');
  for (let at = pageSize; at < size; at += pageSize) writeSync(file, Buffer.alloc(64, 0xff), 0, 64, at);
  closeSync(file);
  expect(refusalOf(() => openAt(path))).toMatchObject({
    code: 'records-damaged',
    message: expect.stringMatching(/records\.db is damaged, or no file of records: .*malformed/),
    hint: expect.stringContaining('newest of the backups'),
  });
});

test('records that another program has locked are not written, and go on when it lets go', () => {
  const records = someRecords();
  const { run } = records.claim(request());
  using other = openSqlite(records.path, { lockTimeout: 0 });
  other.transaction(() => {
    expect(refusalOf(() => records.finish(run, passed()))).toMatchObject({
      code: 'records-unwritable',
      message: expect.stringMatching(/^Another program has .*records\.db locked: .*locked/),
      hint: expect.stringContaining('Close what has the file open'),
    });
  });
  records.finish(run, passed());
  expect(records.lastRuns(1)).toMatchObject([{ run, outcome: 'pass' }]);
});

const isRoot = process.geteuid?.() === 0;

/** Mounts a small file system; false where this user or this container may not. */
function mounted(folder: string, size: string, ...more: readonly string[]): boolean {
  if (!isRoot) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', [`size=${size}`, ...more].join(','), 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    return false;
  }
  // Lazily: libsql has a file open for as long as its statements wait for the garbage collector.
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return true;
}

test('records in a place that cannot be written are refused', ({ skip }) => {
  const folder = join(recordsFolder(), 'readonly');
  mkdirSync(folder);
  const path = closedRecords(join(folder, 'records.db'));
  chmodSync(folder, 0o555);
  onTestFinished(() => chmodSync(folder, 0o755));
  if (isRoot && !mounted(folder, '64k', 'ro')) return skip('root may write anywhere, and may not mount here');
  expect(refusalOf(() => openAt(path))).toMatchObject({
    code: 'records-unwritable',
    message: expect.stringMatching(/cannot be opened or written/),
    hint: expect.stringContaining('that you may write the file'),
  });
});

test('a full disk is said to be full; when there is room again the same run ends, and all is there', ({ skip }) => {
  const folder = join(recordsFolder(), 'small');
  mkdirSync(folder);
  if (!mounted(folder, '512k')) return skip('only root may mount a small disk');
  const path = join(folder, 'records.db');
  const records = openAt(path);
  onTestFinished(() => records[Symbol.dispose]());
  const filler = join(folder, 'filler');
  const { run } = records.claim(request());
  writeFileSync(filler, '');
  expect(() => writeFileSync(filler, Buffer.alloc(512 * 1024))).toThrow('ENOSPC');
  const end = failed({ result: { log: 'x'.repeat(20_000) } });
  expect(refusalOf(() => records.finish(run, end))).toMatchObject({
    code: 'records-unwritable',
    message: expect.stringMatching(/^The disk of .*records\.db is full: /),
    hint: 'Make room on that disk, then go on: what was recorded before is whole.',
  });
  expect(refusalOf(() => records.claim(request({ slot: 'A2' }))).code).toBe('records-unwritable');
  rmSync(filler);
  records.finish(run, end);
  expect(records.claim(request({ slot: 'A2' }))).toMatchObject({ seq: 2, number: 1001 });
  expect(records.lastRuns(2)).toMatchObject([{ seq: 2 }, { seq: 1, outcome: 'fail' }]);
});
