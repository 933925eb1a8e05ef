import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { type Database, openDatabase } from '../../src/fleet/database.ts';
import { CentreTalk } from '../../src/fleet/link/centre-talk.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { grantReport, stockOf, writeOff } from '../../src/records/fleet-grants.ts';
import type { OpenRecords } from '../../src/records/open-records.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { failed, openAt, passed, range, recordsFolder, request } from '../helpers/records.ts';

const postgres = usePostgres();
const lot = 'L1';
const quantity = 30;

class Killed extends Error {}

/** The process dies at its `left`th step: before a step, or behind it and before anything heard of it. */
class Fate {
  left: number;

  constructor(steps: number) {
    this.left = steps;
  }

  step(): void {
    if (this.left-- <= 0) throw new Killed();
  }

  async around<Result>(work: () => Promise<Result>): Promise<Result> {
    this.step();
    const result = await work();
    this.step();
    return result;
  }
}

const mortalRecords = (records: OpenRecords, fate: Fate): OpenRecords =>
  new Proxy(records, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function' || key === 'counts')
        return typeof value === 'function' ? value.bind(target) : value;
      return (...args: unknown[]) => {
        fate.step();
        const result = value.apply(target, args);
        fate.step();
        return result;
      };
    },
  });

const mortalDatabase = (database: Database, fate: Fate): Database => ({
  query: (sql, ...values) => fate.around(() => database.query(sql, ...values)),
  transaction: (work) => database.transaction(work),
  listen: (channel, heard) => database.listen(channel, heard),
  lost: database.lost,
  [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
});

type Deed = 'units' | 'numbers' | 'pass' | 'fail' | 'send' | 'leave' | 'report';
const deeds: readonly Deed[] = ['units', 'numbers', 'pass', 'pass', 'pass', 'fail', 'send', 'leave', 'report'];

/** One life of a station, up to its death. */
async function live(path: string, address: string, fate: Fate, plan: readonly Deed[]): Promise<void> {
  const open = openAt(path);
  const records = mortalRecords(open, fate);
  const { username, password } = new URL(address);
  const none = () => {};
  const talk = new CentreTalk({
    ...{ station: 'a', address, records, clock: systemClock, now: Date.now, version: '1' },
    login: { user: decodeURIComponent(username), password: decodeURIComponent(password) },
    open: async (...args) => mortalDatabase(await openDatabase(...args), fate),
    ...{ view: () => ({}), keepLots: async () => {}, onLost: none, onLots: none, onCurrent: none, onOffset: none },
  });
  try {
    let { acked } = await talk.greet();
    for (const deed of plan) acked = await act(deed, records, talk, acked);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    await talk[Symbol.asyncDispose]();
    open[Symbol.dispose]();
  }
}

async function act(deed: Deed, records: OpenRecords, talk: CentreTalk, acked: number): Promise<number> {
  if (deed === 'units' || deed === 'numbers') await talk.ask({ lot, kind: deed, most: 7 });
  if (deed === 'pass' || deed === 'fail') make(records, deed);
  if (deed === 'report') await talk.report();
  if (deed === 'leave') {
    records.transaction((sqlite) => writeOff(sqlite, lot, records.counts(lot).passed));
    await talk.giveBack();
  }
  return deed === 'send' ? (await talk.send({ after: acked, rows: 3 })).acked : acked;
}

function make(records: OpenRecords, deed: 'pass' | 'fail'): void {
  try {
    const { run } = records.claim(
      request({ lot, isGranted: true, quantity, serial: range(1, 100), failedBefore: 'burn' }),
    );
    records.finish(run, deed === 'pass' ? passed() : failed());
  } catch (error) {
    if (!isBootctlError(error, 'grant-used-up')) throw error;
  }
}

/** All of what is left arrives, and is compared with what the station has. */
async function check(fleet: TestFleet, path: string, address: string): Promise<void> {
  await live(path, address, new Fate(1e9), ['units', 'numbers', 'report']);
  for (let rest = 1; rest > 0; ) {
    await live(path, address, new Fate(1e9), Array(40).fill('send'));
    const [row] = await fleet.office.query<{ seq: number }>('SELECT seq FROM station');
    const records = openAt(path);
    rest =
      records.transaction((sqlite) => sqlite.all<{ seq: number }>('SELECT max(seq) AS seq FROM chain'))[0]!.seq -
      row!.seq;
    records[Symbol.dispose]();
  }
  using records = openAt(path);
  const local = records.transaction(grantReport);
  const centre = await fleet.office.query(
    `SELECT 'units' AS kind, id::text, lot, units, returned, NULL AS first, NULL AS last FROM allotment
     UNION ALL SELECT 'numbers', id::text, lot, NULL, NULL, first, last FROM serial_block`,
  );
  const key = (row: object) =>
    JSON.stringify(
      Object.entries(row)
        .filter(([, value]) => value !== null)
        .sort(),
    );
  expect(centre.map((row) => key(row as object)).sort()).toEqual(local.map(key).sort());
  const { units } = records.transaction((sqlite) => stockOf(sqlite, lot, records.counts(lot).passed));
  const [sums] = await fleet.office.query<{ allotted: number; good: number; put: number }>(
    'SELECT allotted, (SELECT count(*) FROM good_unit) AS good, (SELECT count(*) FROM quarantine) AS put FROM lot',
  );
  expect(sums).toEqual({ allotted: records.counts(lot).passed + units, good: records.counts(lot).passed, put: 0 });
  expect(sums!.allotted).toBeLessThanOrEqual(quantity);
}

postgresTest(
  'a station that dies between any two steps of a grant makes no unit too many, and no number twice',
  async () => {
    const lives = fc.array(
      fc.record({
        steps: fc.integer({ min: 0, max: 60 }),
        plan: fc.array(fc.constantFrom(...deeds), { maxLength: 12 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(lives, async (all) => {
        await using fleet = await TestFleet.make(postgres.server);
        const address = await fleet.join('a');
        await fleet.lot(lot, ['a'], { quantity, last: 100 });
        const path = join(recordsFolder(), 'records.db');
        for (const { steps, plan } of all) await live(path, address, new Fate(steps), plan);
        await check(fleet, path, address);
      }),
      { numRuns: Number(process.env.BOOTCTL_RUNS ?? 5) },
    );
  },
  240_000,
);

postgresTest('a grant that was given and not heard is the same when it is asked for again', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const address = await fleet.join('a');
  await fleet.lot(lot, ['a'], { quantity, last: 100 });
  const path = join(recordsFolder(), 'records.db');
  let steps = 0;
  for (; steps < 60; steps++) {
    await live(path, address, new Fate(steps), ['numbers']);
    const [row] = await fleet.office.query<{ blocks: number }>('SELECT count(*) AS blocks FROM serial_block');
    expect(row!.blocks).toBeLessThanOrEqual(1);
    using records = openAt(path);
    if (records.transaction((sqlite) => stockOf(sqlite, lot, 0)).numbers > 0) break;
  }
  expect(steps).toBeLessThan(60);
  expect(await fleet.office.query('SELECT first, last FROM serial_block')).toEqual([{ first: 1, last: 7 }]);
});
