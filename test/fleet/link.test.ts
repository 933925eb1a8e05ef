import { expect, onTestFinished, vi } from 'vitest';
import type { LotRow } from '../../src/fleet/link/centre-talk.ts';
import { FleetLink } from '../../src/fleet/link/fleet-link.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { keepFleetLots } from '../../src/records/fleet-state.ts';
import type { OpenRecords } from '../../src/records/open-records.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { openAt, passed, range, recordsFolder, request } from '../helpers/records.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';

const postgres = usePostgres();
const station = 'line2-a';

async function joined(fleet: TestFleet) {
  const proxy = await TcpProxy.start(postgres.server.port);
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
    expect(link.view).toMatchObject({ unsent: 4, unsentSince: expect.any(Number) });
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
