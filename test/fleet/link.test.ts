import { expect, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import type { LotRow } from '../../src/fleet/link/centre-talk.ts';
import { FleetLink } from '../../src/fleet/link/fleet-link.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { keepFleetLots } from '../../src/records/fleet-state.ts';
import type { OpenRecords } from '../../src/records/open-records.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { PostgresServer, postgresTest, usePostgres } from '../helpers/postgres.ts';
import { openAt, passed, range, recordsFolder, request } from '../helpers/records.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';

const postgres = usePostgres();
const station = 'line2-a';

async function joined(fleet: TestFleet, { port }: { readonly port: number } = postgres.server) {
  const proxy = await TcpProxy.start(port);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const address = await fleet.join(station);
  return { proxy, address: proxy.address(address) };
}

const keepLots = (records: OpenRecords) => async (rows: readonly LotRow[]) =>
  records.transaction((sqlite) =>
    keepFleetLots(
      sqlite,
      rows.map(({ lease_seconds, held_by, ...row }) => ({ ...row, lease: lease_seconds * 1000, heldBy: held_by })),
    ),
  );

function linkOf(
  records: OpenRecords,
  address: string,
  changes: Partial<ConstructorParameters<typeof FleetLink>[0]> = {},
) {
  const { username, password } = new URL(address);
  const link = new FleetLink({
    ...{ station, address, records, clock: systemClock, now: Date.now, version: '1.0.0', patience: 400 },
    login: { user: decodeURIComponent(username), password: decodeURIComponent(password) },
    ...{ view: () => ({ state: 'ready' }), keepLots: keepLots(records) },
    ...changes,
  });
  onTestFinished(() => link[Symbol.asyncDispose]());
  link.start();
  return link;
}

const granted = { isGranted: true, lot: 'L1', serial: range(1, 1000), quantity: 100 };

const make = (records: OpenRecords): string => {
  const { run, serial } = records.claim(request(granted));
  records.finish(run, passed());
  return serial!;
};

const until = (work: () => unknown) => vi.waitFor(work, { timeout: 15_000, interval: 20 });

postgresTest(
  'records of a station arrive in their order, also those that were written while the network was away',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    await fleet.lot('L1', []);
    const { proxy, address } = await joined(fleet);
    await fleet.office.query("INSERT INTO lot_station VALUES ('L1', 'line2-a')");
    const records = openAt(`${recordsFolder()}/records.db`);
    const link = linkOf(records, address);
    link.make({ lot: 'L1', isNumbered: true });
    await until(() => expect(link.hold).toBeUndefined());
    expect(link.view).toMatchObject({ connection: 'connected', unsent: 0, leaseMinutes: 60 });
    make(records);
    link.look();
    await until(() => expect(link.view.unsent).toBe(0));
    proxy.network = 'silent';
    make(records);
    link.look();
    await until(() => expect(link.view.connection).toBe('offline'));
    make(records);
    link.look();
    expect(link.view.unsent).toBe(4);
    await until(() => expect(link.view.unsentSince).toEqual(expect.any(Number)));
    proxy.network = 'well';
    await until(() => expect(link.view).toMatchObject({ connection: 'connected', unsent: 0 }));
    expect(await fleet.office.query('SELECT seq, kind FROM record ORDER BY seq')).toEqual(
      [1, 2, 3, 4, 5, 6].map((seq) => ({ seq, kind: seq % 2 === 1 ? 'claim' : 'end' })),
    );
    expect(await fleet.office.query('SELECT serial FROM good_unit ORDER BY serial')).toEqual(
      ['SN000001', 'SN000002', 'SN000003'].map((serial) => ({ serial })),
    );
    expect(await fleet.office.query('SELECT * FROM quarantine')).toEqual([]);
    const [row] = await fleet.office.query<{ unsent: number; view: object }>('SELECT unsent, view FROM station');
    expect(row).toEqual({ unsent: expect.any(Number), view: { state: 'ready' } });
  },
);

/** A station that has joined, with lot L1 and its link. */
async function linked(
  fleet: TestFleet,
  changes: Partial<ConstructorParameters<typeof FleetLink>[0]> = {},
  server = postgres.server,
) {
  const { proxy, address } = await joined(fleet, server);
  await fleet.lot('L1', [station]);
  const records = openAt(`${recordsFolder()}/records.db`);
  const link = linkOf(records, address, changes);
  link.make({ lot: 'L1', isNumbered: true });
  return { proxy, address, records, link };
}

const change = async (fleet: TestFleet, state: string, heldBy: string | null = null): Promise<void> => {
  await fleet.office.query('UPDATE lot SET state = $1, held_by = $2', state, heldBy as string);
  await fleet.office.query("SELECT pg_notify('bootctl_lot', '')");
};

postgresTest('a lot that is held stops the station, and one that is closed gives back what was not made', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const { records, link } = await linked(fleet);
  await until(() => expect(link.hold).toBeUndefined());
  make(records);
  await change(fleet, 'held', 'a wrong label');
  await until(() => expect(link.hold).toEqual({ code: 'lot-held', lot: 'L1', why: 'a wrong label' }));
  expect(link.wanted?.id).toBe('L1');
  await change(fleet, 'open');
  await until(() => expect(link.hold).toBeUndefined());
  await change(fleet, 'closed');
  await until(() => expect(link.hold).toEqual({ code: 'lot-closed', lot: 'L1' }));
  expect(link.wanted).toBeUndefined();
  await vi.waitFor(
    async () => expect(await fleet.office.query('SELECT allotted FROM lot')).toEqual([{ allotted: 1 }]),
    {
      timeout: 10_000,
    },
  );
  expect(() => make(records)).toThrow('1 of the 1 units granted here are made');
});

postgresTest('without the network a station goes on with its grants, and then says since when', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const { proxy, records, link } = await linked(fleet);
  await fleet.office.query('UPDATE lot SET number_last = 3, number_next = least(number_next, 4)');
  await until(() => expect(link.view).toMatchObject({ unitsLeft: 50, numbersLeft: 3 }));
  proxy.network = 'cut';
  await until(() => expect(link.view.connection).toBe('offline'));
  for (let unit = 0; unit < 3; unit++) make(records);
  link.look();
  expect(link.hold).toMatchObject({ code: 'grant-used-up', lot: 'L1', what: 'numbers', station });
  expect(link.hold).toMatchObject({ since: expect.stringMatching(/^\d\d:\d\d$/) });
  expect(() => make(records)).toThrow('lot L1: the numbers granted here are used up');
});

postgresTest(
  'the lease of a lot is running time without the centre: it goes on over lives, and is new when the centre speaks',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    const { proxy, address } = await joined(fleet);
    await fleet.lot('L1', [station]);
    await fleet.office.query('UPDATE lot SET lease_seconds = 60');
    const path = `${recordsFolder()}/records.db`;
    let passed = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passed };
    const first = openAt(path);
    const link = linkOf(first, address, { clock });
    link.make({ lot: 'L1', isNumbered: true });
    await until(() => expect(link.hold).toBeUndefined());
    proxy.network = 'cut';
    await until(() => expect(link.view.connection).toBe('offline'));
    passed += 40_000;
    expect(link.hold).toBeUndefined();
    await until(() => expect(link.view.leaseMinutes).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await link[Symbol.asyncDispose]();
    first[Symbol.dispose]();
    const second = openAt(path);
    const next = linkOf(second, address, { clock });
    next.make({ lot: 'L1', isNumbered: true });
    expect(next.hold).toBeUndefined();
    passed += 15_000;
    expect(next.hold).toEqual({ code: 'lease-used-up', lot: 'L1', hours: 0 });
    proxy.network = 'well';
    await until(() => expect(next.hold).toBeUndefined());
  },
);

postgresTest(
  'a centre that was put back hears the grants first, and gets the records again from where it is',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    const { records, link, proxy } = await linked(fleet);
    await until(() => expect(link.hold).toBeUndefined());
    make(records);
    make(records);
    link.look();
    await until(() => expect(link.view.unsent).toBe(0));
    proxy.network = 'cut';
    await until(() => expect(link.view.connection).toBe('offline'));
    // As a dump of before the second unit and its grants.
    for (const sql of [
      'DELETE FROM measurement',
      "DELETE FROM good_unit WHERE serial = 'SN000002'",
      'UPDATE good_count SET good = 1',
      "DELETE FROM number_in_unit WHERE serial = 'SN000002'",
      'DELETE FROM run WHERE seq = 2',
      'DELETE FROM record WHERE seq > 2',
      'DELETE FROM allotment',
      'DELETE FROM serial_block',
      'UPDATE lot SET allotted = 0, number_next = 1',
      'UPDATE station SET seq = 2, hash = (SELECT hash FROM record WHERE seq = 2)',
      "UPDATE centre SET fingerprint = 'of another life'",
    ])
      await fleet.office.query(sql);
    proxy.network = 'well';
    await until(() => expect(link.view).toMatchObject({ connection: 'connected', unsent: 0 }));
    await until(() => expect(link.hold).toBeUndefined());
    expect(await fleet.office.query('SELECT seq FROM record ORDER BY seq')).toEqual(
      [1, 2, 3, 4].map((seq) => ({ seq })),
    );
    expect(await fleet.office.query('SELECT * FROM quarantine')).toEqual([]);
    const [lot] = await fleet.office.query<{ allotted: number; number_next: number }>(
      'SELECT allotted, number_next FROM lot',
    );
    expect(lot!.number_next).toBeGreaterThan(lot!.allotted);
    expect(lot!.allotted).toBeGreaterThanOrEqual(50);
    expect(await fleet.office.query('SELECT must_report FROM station')).toEqual([{ must_report: false }]);
  },
);

postgresTest('two computers of one name are both held', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  // Whoever was refused is soon heard again.
  const clock = {
    ...systemClock,
    setTimeout: (work: () => void, ms: number) => systemClock.setTimeout(work, Math.min(ms, 1_000)),
  };
  const { records, link, address } = await linked(fleet, { clock });
  await until(() => expect(link.hold).toBeUndefined());
  const other = linkOf(openAt(`${recordsFolder()}/copy.db`), address, { clock });
  await until(() => expect(link.hold).toMatchObject({ code: 'fleet-double', error: 'station-taken-over' }));
  await until(() => expect(other.hold).toMatchObject({ code: 'fleet-double', error: 'station-taken-over' }));
  expect(await fleet.office.query('SELECT held_by FROM station')).toEqual([
    { held_by: 'two computers speak as station line2-a' },
  ]);
  expect(await fleet.office.query("SELECT count(*) AS alarms FROM alarm WHERE code = 'two-computers'")).toEqual([
    { alarms: 1 },
  ]);
  make(records); // what runs comes to its end
});

postgresTest('a file that was put back from a copy has forgotten numbers, and is held', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const { records, link, address } = await linked(fleet);
  await until(() => expect(link.hold).toBeUndefined());
  make(records);
  link.look();
  await until(() => expect(link.view.unsent).toBe(0));
  await link[Symbol.asyncDispose]();
  const old = linkOf(openAt(`${recordsFolder()}/old.db`), address);
  await until(() =>
    expect(old.hold).toEqual({
      ...{ code: 'fleet-double', error: 'fleet-records-forked' },
      detail: 'The fleet has 2 records of this station, and its file has 0',
    }),
  );
  expect(old.view.connection).toBe('refused');
});

postgresTest.each(['station', 'fleet'] as const)(
  'records that were those of another %s are refused, and nobody else is disturbed',
  async (other) => {
    await using fleet = await TestFleet.make(postgres.server);
    const { records, link } = await linked(fleet);
    await until(() => expect(link.hold).toBeUndefined());
    make(records);
    link.look();
    await until(() => expect(link.view.unsent).toBe(0));
    await link[Symbol.asyncDispose]();
    await using second = await TestFleet.make(postgres.server);
    const place = other === 'station' ? fleet : second;
    const name = other === 'station' ? 'line2-b' : station;
    const moved = linkOf(records, await place.join(name), { station: name });
    const said =
      other === 'station'
        ? 'the records here are those of station line2-a, and this is station line2-b'
        : 'the records here are those of another fleet, and this is station line2-a';
    await until(() =>
      expect(moved.hold).toEqual({
        ...{ code: 'fleet-double', error: 'fleet-records-forked' },
        detail: expect.stringContaining(said),
      }),
    );
    expect(moved.view.connection).toBe('refused');
    expect(await place.office.query('SELECT * FROM station WHERE must_report')).toEqual([]);
    expect(await place.office.query('SELECT * FROM alarm')).toEqual([]);
  },
);

postgresTest('a clock that is off by minutes holds the station, and one that is off by seconds is shown', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  let offset = 3_000;
  const { link } = await linked(fleet, { now: () => Date.now() + offset });
  await until(() => expect(link.view.clockSeconds).toBeCloseTo(3, 0));
  expect(link.hold?.code).not.toBe('clock-wrong');
  offset = -400_000;
  await until(() => expect(link.hold).toEqual({ code: 'clock-wrong', seconds: -400 }));
});

postgresTest('while 1,000 records go out, claims and ends are taken at once', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const { records, link, proxy } = await linked(fleet);
  await until(() => expect(link.hold).toBeUndefined());
  proxy.network = 'cut';
  await until(() => expect(link.view.connection).toBe('offline'));
  for (let unit = 0; unit < 500; unit++)
    records.finish(records.claim(request({ ...granted, quantity: undefined, isGranted: false })).run, passed());
  link.look();
  expect(link.view.unsent).toBe(1_000);
  proxy.network = 'slow';
  await until(() => expect(link.view.unsent).toBeLessThan(1_000));
  const { run } = records.claim(request({ ...granted, quantity: undefined, isGranted: false }));
  records.finish(run, passed());
  link.look();
  expect(link.view.unsent).toBeGreaterThan(2);
  proxy.network = 'well';
  await until(() => expect(link.view.unsent).toBe(0));
  expect(await fleet.office.query('SELECT count(*) AS rows FROM record')).toEqual([{ rows: 1_002 }]);
});

postgresTest(
  'a database that crashes in the midst loses nothing that it has said to have',
  async () => {
    // One that keeps what it has committed.
    await using server = await PostgresServer.start({ safe: true });
    await using fleet = await TestFleet.make(server);
    const { records, link } = await linked(fleet, {}, server);
    await until(() => expect(link.hold).toBeUndefined());
    for (let unit = 0; unit < 5; unit++) make(records);
    link.look();
    await server.stop('SIGKILL');
    make(records);
    link.look();
    await until(() => expect(link.view.connection).toBe('offline'));
    await server.resume();
    await until(() => expect(link.view).toMatchObject({ connection: 'connected', unsent: 0 }));
    await using office = await openDatabase(fleet.address, { name: 'test' });
    expect(await office.query('SELECT count(*) AS rows, max(seq) AS seq FROM record')).toEqual([{ rows: 12, seq: 12 }]);
    expect(await office.query('SELECT count(*) AS good FROM good_unit')).toEqual([{ good: 6 }]);
  },
  90_000,
);
