import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { backupsOf } from '../../src/records/backup.ts';
import { checkRecords } from '../../src/records/check.ts';
import { numberAccounts } from '../../src/records/number-account.ts';
import { readRecords } from '../../src/records/read-records.ts';
import { runsOf } from '../../src/records/report/report-runs.ts';
import { openAt, recordsFolder } from '../helpers/records.ts';
import { root } from '../helpers/source-files.ts';

/** By hand more: `BOOTCTL_KILLS=300 npx vitest run test/unit/records-kill.test.ts`. */
const kills = Number(process.env.BOOTCTL_KILLS ?? 8);
const worker = join(root, 'test/helpers/records-worker.mjs');

/** What a station has said to be on the disk. */
interface Acknowledged {
  /** Number by run. */
  readonly claimed: Map<string, number>;
  readonly ended: Map<string, { readonly outcome: string; readonly flash: string }>;
  readonly troubles: string[];
}

function take({ claimed, ended, troubles }: Acknowledged, said: string): void {
  // What a killed process was about to say has no end of line.
  for (const line of said.slice(0, said.lastIndexOf('\n')).split('\n')) {
    const [what, run, ...rest] = line.split(' ') as [string, string, ...string[]];
    if (what === 'claimed') claimed.set(run, Number(rest[1]));
    if (what === 'ended') ended.set(run, { outcome: rest[0]!, flash: rest.slice(1).join(' ') });
    if (what === 'interrupted') ended.set(run, { outcome: 'error', flash: 'unknown' });
    if (what === 'trouble') troubles.push(line);
  }
}

/** One life of the station, ended by SIGKILL `after` ms of work; resolves with what it has said. */
async function lifeAndDeath(path: string, day: number, after: number): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [worker, path, String(day + 1), String(day)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  const opened = new Promise<void>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      resolve();
    });
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([opened, ended]);
  await setTimeout(after);
  child.kill('SIGKILL');
  await ended;
  return said;
}

test('a station that is killed at any moment loses nothing that it has said, and no number is in two units', async () => {
  const path = join(recordsFolder(), 'records.db');
  const acknowledged: Acknowledged = { claimed: new Map(), ended: new Map(), troubles: [] };
  for (let day = 0; day < kills; day++) take(acknowledged, await lifeAndDeath(path, day, Math.random() * 150));
  expect(acknowledged.troubles).toEqual([]);

  openAt(path)[Symbol.dispose]();
  const { problems, runs: count } = checkRecords(path);
  expect(problems).toEqual([]);
  const runs = new Map(readRecords(path, (sqlite) => runsOf(sqlite, {})).map((run) => [run.run, run]));
  expect(runs.size).toBe(count);
  for (const [run, number] of acknowledged.claimed) expect(runs.get(run)).toMatchObject({ number });
  for (const [run, end] of acknowledged.ended) expect(runs.get(run)).toMatchObject(end);
  // What it had not said yet is one claim or one end at each kill, no more.
  expect(runs.size - acknowledged.claimed.size).toBeLessThanOrEqual(kills);
  expect([...runs.values()].filter(({ outcome }) => outcome === null)).toEqual([]);

  const written = [...runs.values()].filter(({ flash }) => flash !== 'untouched').map(({ number }) => number!);
  expect(new Set(written).size).toBe(written.length);
  const [account] = readRecords(path, numberAccounts);
  const { used, burnt, claimed, free } = account!;
  expect([...used, ...burnt].sort((a, b) => a - b)).toEqual(written.sort((a, b) => a - b));
  expect(claimed).toEqual([]);
  expect(used.length + burnt.length + free).toBe(100_000);
  expect(acknowledged.ended.size).toBeGreaterThan(kills);
  if (kills > 7) expect(backupsOf(path).length).toBeGreaterThan(2);
  for (const { file } of backupsOf(path)) expect(checkRecords(file).problems).toEqual([]);
}, 600_000);

test('where no more can be written it says so, and what it has said is whole', () => {
  const folder = join(recordsFolder(), 'limited');
  mkdirSync(folder);
  const path = join(folder, 'records.db');
  // 200 KiB a file; the shell's limit is in units of 1024 bytes (bash) or 512 bytes (dash).
  const limited = () =>
    execFileSync('sh', ['-c', `ulimit -f 400 && exec "$0" "$@"`, process.execPath, worker, path, '1', '0'], {
      stdio: 'pipe',
    });
  let said = '';
  let complaint = '';
  try {
    limited();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    [said, complaint] = [stdout.toString(), stderr.toString()];
  }
  expect(complaint).toMatch(/code: 'records-unwritable'/);
  expect(complaint).toMatch(/records\.db cannot be opened or written: disk I\/O error/);
  const acknowledged: Acknowledged = { claimed: new Map(), ended: new Map(), troubles: [] };
  take(acknowledged, said);
  expect(acknowledged.ended.size).toBeGreaterThan(10);
  openAt(path)[Symbol.dispose]();
  expect(checkRecords(path).problems).toEqual([]);
  const runs = new Map(readRecords(path, (sqlite) => runsOf(sqlite, {})).map((run) => [run.run, run]));
  for (const [run, end] of acknowledged.ended) expect(runs.get(run)).toMatchObject(end);
});
