import { join } from 'node:path';
import { expect } from 'vitest';
import { jsonLines, runCli } from '../helpers/cli-context.ts';
import { FleetBench } from '../helpers/fleet-bench.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();

const run = (cwd: string, ...more: readonly string[]) =>
  runCli(['jig', 'run', '--simulate', '--no-page', '--json', ...more], { cwd, stateFolder: join(cwd, 'state') });

postgresTest(
  'a station makes the lot of its fleet, and each of its records arrives there exactly once',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const cwd = await bench.station('line2-a');
    await bench.lot('L1', ['line2-a'], { quantity: 40 });
    const { status, stdout } = await run(cwd, '--units', '20');
    expect(status).toBe(0);
    const events = jsonLines(stdout);
    expect(events.at(-1)).toMatchObject({
      event: 'result',
      ok: true,
      station: 'line2-a',
      lot: 'L1',
      counts: { passed: 20 },
    });
    const { office } = bench.fleet;
    const [arrived] = await office.query<{ rows: number; seq: number; hash: string }>(
      'SELECT count(*) AS rows, max(r.seq) AS seq, s.hash FROM record r JOIN station s ON s.name = r.station GROUP BY s.hash',
    );
    const runs = events.filter(({ event }) => event === 'run').length;
    expect(arrived).toMatchObject({ rows: 2 * runs, seq: 2 * runs });
    expect(await office.query('SELECT count(*) AS good, count(DISTINCT serial) AS serials FROM good_unit')).toEqual([
      { good: 20, serials: 20 },
    ]);
    expect(await office.query('SELECT * FROM quarantine')).toEqual([]);
    expect((await runCli(['jig', 'report', 'records.db', '--check'], { cwd })).status).toBe(0);
    const [station] = await office.query<{ view: { lot: string; slots: unknown[] } }>('SELECT view FROM station');
    expect(station!.view).toMatchObject({ lot: 'L1', slots: [{ name: 'A1' }, { name: 'A2' }] });
  },
  60_000,
);
