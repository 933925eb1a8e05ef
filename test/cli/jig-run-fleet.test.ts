import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { givenJig } from '../../src/cli/commands/jig/given-jig.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { changeState } from '../../src/fleet/lot/change-lot.ts';
import { jsonLines, runCli } from '../helpers/cli-context.ts';
import { FleetBench, stateOf } from '../helpers/fleet-bench.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';

const postgres = usePostgres();

const run = (cwd: string, ...more: readonly string[]) =>
  runCli(['jig', 'run', '--simulate', '--no-page', '--json', ...more], { cwd, stateFolder: stateOf(cwd) });

postgresTest(
  'a station makes the lot of its fleet, and each of its records arrives there exactly once',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const cwd = await bench.station('line2-a');
    await bench.lot('L1', ['line2-a'], { quantity: 40 });
    const check = () => runCli(['jig', 'check'], { cwd, stateFolder: stateOf(cwd) });
    expect(await check()).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'No lot of its fleet that could be made is here at station line2-a [lot-unknown]',
      ),
    });
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
    expect((await runCli(['jig', 'report', '--check'], { cwd })).status).toBe(0);
    const { plan, image, lineAt } = await givenJig({ cwd, stateFolder: stateOf(cwd) } as CliContext);
    expect(plan).toMatchObject({
      station: 'line2-a',
      lot: 'L1',
      quantity: 40,
      slots: [{ name: 'A1' }, { name: 'A2' }],
    });
    expect(image.segments.length).toBeGreaterThan(0);
    expect(lineAt(['slots', 'A1', 'adapter'], 'nothing is there')).toMatch(
      /^jig\.yaml:\d+:\d+: slots\.A1\.adapter: nothing is there$/,
    );
    const [station] = await office.query<{ view: { lot: string; slots: unknown[] } }>('SELECT view FROM station');
    expect(station!.view).toMatchObject({ lot: 'L1', slots: [{ name: 'A1' }, { name: 'A2' }] });
  },
  60_000,
);

postgresTest(
  'a lot that is closed is followed by the next, in the same process',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const { office } = bench.fleet;
    const cwd = await bench.station('line2-a');
    await bench.lot('L1', ['line2-a'], { quantity: 3 });
    await bench.lot('L2', ['line2-a'], { quantity: 50 });
    const running = run(cwd, '--units', '5');
    const good = async () =>
      (await office.query<{ good: number }>("SELECT count(*) AS good FROM good_unit WHERE lot = 'L1'"))[0]!.good;
    await vi.waitFor(async () => expect(await good()).toBe(3), { timeout: 40_000, interval: 100 });
    await changeState(bench.fleet.office, 'L1', 'close', 'a test', 'anna');
    const { status, stdout } = await running;
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'result', ok: true, lot: 'L2', counts: { passed: 2 } });
    expect(stdout).toContain('"waiting":["L2"]');
    expect(await office.query('SELECT lot, count(*) AS good FROM good_unit GROUP BY lot ORDER BY lot')).toEqual([
      { lot: 'L1', good: 3 },
      { lot: 'L2', good: 2 },
    ]);
    expect(await office.query('SELECT why FROM quarantine')).toEqual([]);
  },
  60_000,
);

postgresTest(
  'a station starts without its fleet, from what it has, and sends its records in its next life',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const { office } = bench.fleet;
    const proxy = await TcpProxy.start(postgres.server.port);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const cwd = await bench.station('line2-a', proxy.port);
    await bench.lot('L1', ['line2-a']);
    expect((await run(cwd, '--units', '1')).status).toBe(0);
    proxy.network = 'cut';
    const alone = await runCli(['jig', 'run', '--simulate', '--no-page', '--units', '2'], {
      cwd,
      stateFolder: stateOf(cwd),
    });
    expect(alone.status).toBe(0);
    expect(alone.stderr).toMatch(/fleet: not reached since \d\d:\d\d, goes on alone for 1[12] h \(postgres:.*\)$/m);
    expect(alone.stdout).toMatch(/^\d+ records did not reach the fleet: the next start of the station sends them$/m);
    proxy.network = 'well';
    expect((await run(cwd, '--units', '1')).status).toBe(0);
    expect(await office.query('SELECT count(*) AS good, count(DISTINCT serial) AS serials FROM good_unit')).toEqual([
      { good: 4, serials: 4 },
    ]);
  },
  60_000,
);

postgresTest(
  'a lot that nobody of this fleet has signed is not run, and is said to be so',
  async () => {
    await using bench = await FleetBench.make(postgres.server);
    const cwd = await bench.station('line2-a');
    await bench.lot('L1', ['line2-a']);
    await bench.fleet.office.query(
      'UPDATE lot SET definition = replace(definition, \'"quantity":100\', \'"quantity":101\')',
    );
    const controller = new AbortController();
    const running = runCli(['jig', 'run', '--simulate', '--no-page'], {
      cwd,
      stateFolder: stateOf(cwd),
      signal: controller.signal,
    });
    await vi.waitFor(async () => {
      const [row] = await bench.fleet.office.query<{ view: { heldBy?: string } | null }>('SELECT view FROM station');
      expect(row!.view?.heldBy).toContain('Lot L1 is not run');
    }, 20_000);
    controller.abort();
    const { status, stderr } = await running;
    expect(status).toBe(130);
    expect(stderr).toMatch(/station is held: Lot L1 is not run: the signature of SHA256:\S+ does not fit it/);
  },
  60_000,
);

test('a station that has not joined is refused, and what its jig.yaml says of units is named as unused', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'bootctl-jig-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(
    join(cwd, 'jig.yaml'),
    'station: a\nfleet: postgres://db.example/fleet\nprofile: rc-cap\nslots: { A1: { adapter: "1-1", target: "1-2" } }\n',
  );
  const { status, stderr } = await run(cwd);
  expect(status).toBe(2);
  expect(stderr).toContain('what is made comes from the fleet; not used of jig.yaml: profile');
  expect(stderr).toContain('Station a has not joined the fleet of its jig.yaml [fleet-refused]');
});
