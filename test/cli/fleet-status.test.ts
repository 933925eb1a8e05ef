import { expect } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { HeardStation } from '../helpers/heard-station.ts';
import { openStream } from '../helpers/panel-client.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { slotView, stationView } from '../helpers/scripted-station.ts';

const postgres = usePostgres();

const fleet = (address: string, argv: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(['fleet', ...argv, '--database', address], {
    openBench: untouchableBench,
    ...options,
  });

async function twoStations() {
  const made = await TestFleet.make(postgres.server);
  const database = await openDatabase(await made.join('line1'), { name: 'line1' });
  await made.join('line2');
  await made.lot('L1', ['line1'], { quantity: 40 });
  const station = new HeardStation(database, 'line1');
  await station.hello();
  await station.runs([
    { unit: 'u1', outcome: 'fail', margin: 12.25 },
    { unit: 'u1', outcome: 'pass', margin: 12.75 },
    { unit: 'u2', outcome: 'pass', margin: 11 },
  ]);
  const slots = [slotView('A1', { state: 'held', heldBy: 'three failures' }), slotView('A2', { state: 'running' })];
  await station.beat(stationView({ lot: 'L1', slots }), { unsent: 12 });
  return {
    made,
    station,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await made[Symbol.asyncDispose]();
    },
  };
}

postgresTest('fleet status is a table for people, and one JSON for machines', async () => {
  await using both = await twoStations();
  await both.made.office.query("UPDATE station SET held_by = 'two computers speak' WHERE name = 'line2'");
  await both.made.office.query("SELECT raise_alarm('line2', NULL, 'two-computers', 'two computers speak')");
  const text = await fleet(both.made.address, ['status']);
  expect([text.status, text.stderr]).toEqual([0, '']);
  const lines = text.stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
  expect(lines).toEqual(
    expect.arrayContaining([
      'Station | is | lot | slots | unsent | arrived | clock | version',
      'line1 | ready | L1 | A1 held, A2 running | 12 | 6 | +0.0 s | 1.2.3',
      'line2 | held, never heard | 0 | 0',
      'line2 is held: two computers speak',
      'L1 | open | 2 | 40 | 20 | 2 | 100.0 % | 50.0 % | line1',
      'line1 | A1 | 3 | 12.00 ms | 2.59',
      expect.stringMatching(/^ \| \d{4}-\d\d-\d\d [\d:]+Z \| line2: two computers speak \[two-computers\]$/),
    ]),
  );
  const json = jsonLines((await fleet(both.made.address, ['status', '--json'])).stdout);
  expect(json).toMatchObject([
    {
      event: 'fleet',
      stations: [
        { name: 'line1', isConnected: true, unsent: 12, slots: [{ name: 'A1', state: 'held' }, { name: 'A2' }] },
        { name: 'line2', isConnected: false, heldBy: 'two computers speak' },
      ],
      lots: [{ id: 'L1', good: 2, units: 2, firstPass: 1, runs: { pass: 2, fail: 1 } }],
      alarms: [{ code: 'two-computers' }],
      quarantine: { count: 0 },
    },
    { event: 'result', ok: true },
  ]);
});

postgresTest('nothing that a station says acts on the terminal', async () => {
  await using both = await twoStations();
  await both.station.beat(stationView({ lot: 'L\u001b[2J\nline3  ready', slots: [slotView('A\u0007')] }));
  const { stdout } = await fleet(both.made.address, ['status']);
  expect(stdout).toContain('L\\u001b[2J\\u000aline3  ready');
  expect(stdout).toContain('A\\u0007 waiting');
});

postgresTest('a database without a fleet, and one that is not there, are errors of their own', async () => {
  const empty = await fleet(await postgres.server.createDatabase(), ['status']);
  expect(empty.stderr).toContain('[fleet-missing]');
  const gone = await fleet('postgres://nobody@127.0.0.1:1/none', ['status']);
  expect(gone.stderr).toContain('[fleet-unreachable]');
  const page = await fleet(await postgres.server.createDatabase(), ['page', '--listen', '127.0.0.1:0']);
  expect(page.stderr).toContain('[fleet-missing]');
});

/** Ends the command once its output is so. */
const endedWhen = (holds: (stdout: string) => boolean) => {
  const end = new AbortController();
  let text = '';
  const write = (more: string) => {
    text += more;
    if (holds(text)) end.abort();
  };
  return { signal: end.signal, write };
};

postgresTest(
  'fleet status --watch tells of each change until it is ended',
  async () => {
    await using both = await twoStations();
    const ended = endedWhen((text) => text.includes('"unsent":99'));
    const watching = fleet(both.made.address, ['status', '--watch', '--json'], {
      signal: ended.signal,
      onOutput: (text) => {
        ended.write(text);
        if (text.includes('"unsent":12')) void both.station.beat(stationView({ lot: 'L1' }), { unsent: 99 });
      },
    });
    const { status, stdout } = await watching;
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'result', ok: true });
  },
  20_000,
);

postgresTest(
  'fleet page serves the fleet, and its changes, until it is ended',
  async () => {
    await using both = await twoStations();
    const end = new AbortController();
    let serving: ReturnType<typeof fleet> | undefined;
    const address = await new Promise<string>((resolve) => {
      serving = fleet(both.made.address, ['page', '--listen', '127.0.0.1:0'], {
        signal: end.signal,
        onOutput: (text) => resolve(/http:\S+/.exec(text)![0]),
      });
    });
    const stream = await openStream(address);
    for (;;) {
      const { data } = (await stream.next())!;
      if (data.includes('"unsent":12')) break;
    }
    await both.station.beat(stationView({ lot: 'L1' }), { unsent: 77 });
    for (;;) {
      const { data } = (await stream.next())!;
      if (data.includes('"unsent":77')) break;
    }
    stream.close();
    end.abort();
    expect((await serving!).status).toBe(0);
  },
  20_000,
);
