import { expect, test } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import { readBeatView } from '../../src/fleet/live/beat-view.ts';
import { afterChange, changeBetween, emptyFleet, type FleetView } from '../../src/fleet/live/fleet-view.ts';
import { readFleet } from '../../src/fleet/live/read-fleet.ts';
import { FleetWatch } from '../../src/fleet/live/watch-fleet.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { fleetStation } from '../helpers/fleet-view.ts';
import { HeardStation } from '../helpers/heard-station.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { slotView, stationView } from '../helpers/scripted-station.ts';

const postgres = usePostgres();

postgresTest('a fleet as it is: stations, slots, lots, drift, alarms and what is put aside', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using first = await openDatabase(await fleet.join('a'), { name: 'a' });
  await using second = await openDatabase(await fleet.join('b'), { name: 'b' });
  await fleet.join('c');
  await fleet.lot('L1', ['b', 'a'], { quantity: 100 });
  const [a, b] = [new HeardStation(first, 'a'), new HeardStation(second, 'b')];
  await a.hello();
  await b.hello();
  const slots = [
    slotView('A1', { state: 'running', serial: 'SN1' }),
    slotView('A2', {
      state: 'verdict',
      verdict: { outcome: 'fail', code: 'usb-stall', message: 'm', hint: 'h', tookSeconds: 1 },
    }),
  ];
  await a.beat(stationView({ station: 'a', lot: 'L1', slots }), { unsent: 3, ahead: 5_000 });
  // The unit with the chip c1 fails at a and is then good at b: it is one, and not at its first run.
  await a.runs([
    { unit: 'u1', outcome: 'fail', at: 10, chip: 'c1' },
    { unit: 'u2', outcome: 'pass', at: 11 },
    { unit: 'u3', outcome: 'error', at: 12 },
    { unit: 'u2', outcome: 'pass', at: 13 },
  ]);
  await b.runs([
    { unit: 'u1', outcome: 'pass', at: 20, chip: 'c1' },
    { unit: 'u9', outcome: 'pass', at: 21 },
  ]);
  await fleet.office.query(
    "INSERT INTO record (station, seq, kind, ref, hash, content) VALUES ('b', 99, 'note', 'x', encode(sha256(''), 'hex'), '')",
  );
  await fleet.office.query("INSERT INTO quarantine (station, seq, why) VALUES ('b', 99, 'number 7 is in two units')");
  await fleet.office.query("SELECT raise_alarm('b', 'L1', 'quarantine', 'number 7 is in two units')");

  const view = await readFleet(fleet.office);
  expect(view.stations).toEqual([
    {
      ...{
        name: 'a',
        isConnected: true,
        lastHeard: undefined,
        heldBy: undefined,
        heldReason: undefined,
        mustReport: false,
        version: '1.2.3',
      },
      ...{ clockOffset: 5_000, unsent: 3, received: 8, lot: 'L1', state: 'ready' },
      slots: [
        {
          ...{ name: 'A1', state: 'running', outcome: undefined, code: undefined, serial: 'SN1', heldBy: undefined },
        },
        {
          ...{ name: 'A2', state: 'verdict', outcome: 'fail', code: 'usb-stall', serial: undefined, heldBy: undefined },
        },
      ],
    },
    expect.objectContaining({ name: 'b', isConnected: false, lastHeard: undefined, received: 4, slots: [] }),
    expect.objectContaining({ name: 'c', isConnected: false, version: undefined, received: 0 }),
  ]);
  expect(view.lots).toEqual([
    {
      ...{ id: 'L1', state: 'open', heldBy: undefined, stations: ['a', 'b'], quantity: 100, allotted: 44, good: 3 },
      ...{ units: 3, firstPass: 2, runs: { pass: 4, fail: 1, error: 1, aborted: 0 } },
    },
  ]);
  expect(view.alarms).toEqual([
    {
      ...{ id: 1, at: expect.any(Number), station: 'b', lot: 'L1', code: 'quarantine' },
      why: 'number 7 is in two units',
    },
  ]);
  expect(view.quarantine).toEqual({
    count: 1,
    newest: [{ station: 'b', seq: 99, at: expect.any(Number), why: 'number 7 is in two units' }],
  });
});

postgresTest('the hold margin of a slot that runs towards its limit is an alarm', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using database = await openDatabase(await fleet.join('a'), { name: 'a' });
  await fleet.lot('L1', ['a']);
  const station = new HeardStation(database, 'a');
  await station.hello();
  // From 20 ms downwards by 0.1 ms a run, give or take 0.01: the limit of 5 ms is some 120 runs away.
  const falling = (run: number) => 20 - run * 0.1 + (run % 2) * 0.01;
  await station.runs(
    Array.from({ length: 30 }, (_, run) => ({ unit: `u${run}`, outcome: 'pass', margin: falling(run) })),
  );
  const { drifts } = await readFleet(fleet.office);
  expect(drifts).toEqual([expect.objectContaining({ station: 'a', slot: 'A1', n: 30, low: 5, isAlarm: true })]);
  expect(drifts[0]!.perHundredRuns).toBeCloseTo(-10, 1);
  expect(drifts[0]!.crossesIn).toBeGreaterThan(110);
  expect(drifts[0]!.crossesIn).toBeLessThan(130);
});

/** Until the view is so. */
const until = (watch: FleetWatch, holds: (view: FleetView) => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (holds(watch.view())) return resolve();
    const stop = watch.subscribe(() => {
      if (!holds(watch.view())) return;
      stop();
      resolve();
    });
  });

postgresTest(
  'who watches hears a beat, a silence and a lot that is held; a database that is gone is said, and comes again',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    await using database = await openDatabase(await fleet.join('a'), { name: 'a' });
    await fleet.lot('L1', ['a']);
    const station = new HeardStation(database, 'a');
    await station.hello();
    const connect = () => openDatabase(fleet.address, { name: 'watch' });
    await using watch = new FleetWatch({ connect, clock: systemClock, now: Date.now });
    await until(watch, ({ stations }) => stations.length === 1);
    await station.beat(stationView({ lot: 'L1' }), { unsent: 7 });
    await until(watch, ({ stations }) => stations[0]!.isConnected && stations[0]!.unsent === 7);
    await fleet.office.query("UPDATE station SET beat_at = now() - interval '1 minute'");
    await until(watch, ({ stations }) => !stations[0]!.isConnected);
    expect(Date.now() - watch.view().stations[0]!.lastHeard!).toBeGreaterThan(50_000);
    await fleet.office.query("UPDATE lot SET state = 'held', held_by = 'wrong label'");
    await fleet.office.query("SELECT pg_notify('bootctl_lot', 'L1')");
    await until(watch, ({ lots }) => lots[0]!.heldBy === 'wrong label');

    await postgres.server.stop('SIGKILL');
    await until(watch, ({ lost }) => lost !== undefined);
    expect(watch.view().stations.map(({ name }) => name)).toEqual(['a']);
    await postgres.server.resume();
    await until(watch, ({ lost }) => lost === undefined);
  },
  40_000,
);

test('what a station says of itself is cut, and what cannot be read is left out', () => {
  const slots = [{ name: 'x'.repeat(999), state: 'waiting' }, { name: 'A2', state: 'flying' }, 'A3', null];
  const { slots: read, ...others } = readBeatView({ lot: 5, state: 'ready', heldBy: 'h'.repeat(999), slots });
  expect(others).toEqual({ lot: undefined, state: 'ready', heldBy: 'h'.repeat(200), heldReason: undefined });
  const reason = { code: 'x'.repeat(999), labels: ['a'], runs: 7 };
  expect(readBeatView({ heldReason: reason }).heldReason).toEqual({ ...reason, code: 'x'.repeat(200) });
  expect(readBeatView({ heldReason: { code: 'lead', why: { deep: 1 } } }).heldReason).toBeUndefined();
  expect(read.map(({ name }) => name)).toEqual(['x'.repeat(200)]);
  expect(readBeatView(Array(3)).slots).toEqual([]);
  expect(readBeatView({ slots: Array(1_000).fill({ name: 'A', state: 'held' }) }).slots).toHaveLength(64);
});

test('a change is what is different, and makes the one view of the other', () => {
  const station = (name: string, unsent = 0) => fleetStation(name, { unsent });
  const before: FleetView = { ...emptyFleet, stations: [station('a'), station('b'), station('c')] };
  const now: FleetView = {
    ...emptyFleet,
    lost: { since: 5, message: 'gone' },
    stations: [station('a'), station('b', 4), station('d')],
    quarantine: { count: 1, newest: [] },
  };
  expect(changeBetween(before, before)).toBeUndefined();
  const change = changeBetween(before, now)!;
  expect(change.stations?.map(({ name }) => name)).toEqual(['b', 'd']);
  expect(change.gone).toEqual(['c']);
  expect(afterChange(before, change)).toEqual(now);
  const back = JSON.parse(JSON.stringify(changeBetween(now, before)));
  expect(afterChange(now, back)).toEqual(before);
});
