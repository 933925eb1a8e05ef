import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import { checkRecords } from '../../src/records/check.ts';
import { FleetBench } from '../helpers/fleet-bench.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { root } from '../helpers/source-files.ts';

const postgres = usePostgres();

/** By hand more: `BOOTCTL_KILLS=40 npx vitest run test/fleet/station-kill.test.ts`. */
const kills = Number(process.env.BOOTCTL_KILLS ?? 2);

function start(cwd: string, ...more: readonly string[]): ChildProcess {
  const argv = [join(root, 'bin/bootctl.js'), 'jig', 'run', '--simulate', '--no-page', '--json', ...more];
  const env = { ...process.env, XDG_STATE_HOME: join(cwd, 'state') };
  const child = spawn(process.execPath, argv, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('close', resolve));

/** Killed so long after its station is ready. */
async function lifeAndDeath(cwd: string, after: number): Promise<void> {
  const child = start(cwd);
  const end = ended(child);
  await new Promise<void>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"state":"ready"')) resolve();
    });
    void end.then(() => resolve());
  });
  await setTimeout(after);
  child.kill('SIGKILL');
  await end;
}

postgresTest(
  'a station that is killed at any moment loses no record, gives no number twice, and makes no unit too many',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const { office } = bench.fleet;
    const cwd = await bench.station('line2-a');
    await bench.lot('L1', ['line2-a'], { quantity: 400 });
    for (let life = 0; life < kills; life++) await lifeAndDeath(cwd, Math.random() * 3_000);
    const last = start(cwd, '--units', '3');
    last.stdout!.resume();
    expect(await ended(last)).toBe(0);
    const { problems, rows } = checkRecords(join(cwd, 'records.db'));
    expect(problems).toEqual([]);
    await vi.waitFor(async () =>
      expect(await office.query('SELECT count(*) AS rows, max(seq) AS seq FROM record')).toEqual([{ rows, seq: rows }]),
    );
    expect(await office.query('SELECT * FROM quarantine')).toEqual([]);
    const [sums] = await office.query<{ good: number; serials: number; allotted: number }>(
      'SELECT count(*) AS good, count(DISTINCT serial) AS serials, (SELECT allotted FROM lot) AS allotted FROM good_unit',
    );
    expect(sums!.good).toBeGreaterThanOrEqual(3);
    expect(sums!.serials).toBe(sums!.good);
    expect(sums!.allotted).toBeLessThanOrEqual(400);
    // What this station may still make and what it has made is what the centre has granted it.
    expect(await office.query('SELECT sum(units - returned) AS units FROM allotment')).toEqual([
      { units: String(sums!.allotted) },
    ]);
  },
  240_000,
);
