import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { migrate } from '../../src/fleet/centre/migrations.ts';
import { type Database, openDatabase } from '../../src/fleet/database.ts';
import { life, TestChain, TestFleet } from '../helpers/fleet.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const none = '0'.repeat(64);

type Row = ReturnType<TestChain['next']>;

const send = async (station: Database, of: string, rows: readonly Row[]): Promise<number> => {
  const [row] = await station.query<{ seq: number }>(
    'SELECT station_records($1, $2, $3, $4, $5, $6) AS seq',
    ...[of, rows[0]!.seq, rows.map(({ kind }) => kind), rows.map(({ ref }) => ref)],
    ...[rows.map(({ hash }) => hash), rows.map(({ content }) => content)],
  );
  return row!.seq;
};

const claim = (run: string, number: number, unit = run) => ({
  ...{ id: run, station: 'a', seq: number, unit, slot: 'A1', lot: 'L1', serial: `SN${number}`, number, chip_uid: null },
  ...{
    attempt: 1,
    purpose: 'production',
    operator: 'o',
    firmware: 'f',
    profile: 'p',
    plan: 'q',
    bootctl: '1',
    started_at: 5,
  },
});

const end = (run: string, outcome: string, flash = 'written') => ({
  ...{ id: run, ended_at: 9, took_ms: 4.5, outcome, code: null, method: 'm', chip: 'c', flash, result: '{}' },
});

postgresTest('a database is made once, and a second time nothing is missing', async () => {
  const address = await postgres.server.createDatabase();
  await using database = await openDatabase(address, { name: 'test' });
  expect(await migrate(database)).toEqual({ from: 0, to: 2 });
  expect(await migrate(database)).toEqual({ from: 2, to: 2 });
  expect(await database.query('SELECT count(*) AS rows FROM centre')).toEqual([{ rows: 1 }]);
});

postgresTest('a station says hello, is granted units and numbers once, and its runs arrive once', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
  await fleet.lot('L1', ['a']);
  const own = life();
  const hello = await station.query('SELECT * FROM station_hello($1, 0, $2, $3)', own, none, '1.0.0');
  expect(hello).toEqual([
    {
      ...{ station_name: 'a', identity: expect.stringMatching(/^[0-9a-f-]{36}\/a$/), seq: 0, hash: none },
      ...{ must_report: false, held_by: null, server_ms: expect.any(Number) },
    },
  ]);
  const [units, numbers] = [randomUUID(), randomUUID()];
  for (let time = 0; time < 2; time++) {
    expect(await station.query('SELECT station_units($1, $2, $3, 20) AS units', own, units, 'L1')).toEqual([
      { units: 20 },
    ]);
    expect(await station.query('SELECT * FROM station_numbers($1, $2, $3, 30)', own, numbers, 'L1')).toEqual([
      { first: 1, last: 30 },
    ]);
  }
  const chain = new TestChain();
  const rows = [
    chain.next('claim', claim('r1', 1)),
    chain.next('end', end('r1', 'pass'), {
      ...{ position: 0, name: 'enter', value: 12.5, unit: 'ms', low: null, high: 20, outcome: 'pass' },
    }),
    chain.next('note', { id: 'e1', station: 'a', seq: 1, at: 7, operator: 'o', what: 'hold', why: 'w' }),
  ];
  expect(await send(station, own, rows)).toBe(3);
  expect(await send(station, own, rows)).toBe(3);
  expect(await fleet.office.query('SELECT id, outcome, ended_at FROM run')).toEqual([
    { id: 'r1', outcome: 'pass', ended_at: 9 },
  ]);
  expect(await fleet.office.query('SELECT name, value, high FROM measurement')).toEqual([
    { name: 'enter', value: 12.5, high: 20 },
  ]);
  expect(await fleet.office.query('SELECT what FROM station_event')).toEqual([{ what: 'hold' }]);
  expect(await fleet.office.query('SELECT * FROM number_in_unit')).toEqual([
    { lot: 'L1', number: 1, serial: 'SN1', station: 'a', unit: 'r1' },
  ]);
  expect(await fleet.office.query('SELECT * FROM quarantine')).toEqual([]);
  const beat = await station.query('SELECT * FROM station_beat($1, 0, $2, $3)', own, Date.now(), { state: 'ready' });
  expect(beat).toEqual([
    { must_report: false, held_by: null, server_ms: expect.any(Number), lots: expect.any(String) },
  ]);
  await station.query('SELECT station_units_back($1, $2, 5)', own, units);
  expect(await fleet.office.query('SELECT allotted FROM lot')).toEqual([{ allotted: 15 }]);
  expect(await station.query('SELECT id, state FROM station_lots($1)', own)).toEqual([{ id: 'L1', state: 'open' }]);
});

postgresTest('a number in two units is put aside, with an alarm, and what follows arrives', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
  await fleet.lot('L1', ['a']);
  const own = life();
  await station.query('SELECT * FROM station_hello($1, 0, $2, $3)', own, none, '1.0.0');
  await station.query('SELECT station_units($1, $2, $3, 20)', own, randomUUID(), 'L1');
  await station.query('SELECT * FROM station_numbers($1, $2, $3, 30)', own, randomUUID(), 'L1');
  const chain = new TestChain();
  const rows = [
    chain.next('claim', claim('r1', 1)),
    chain.next('end', end('r1', 'pass')),
    chain.next('claim', { ...claim('r2', 1), seq: 2 }),
    chain.next('end', end('r2', 'pass')),
    chain.next('claim', { ...claim('r3', 2), seq: 3 }),
    chain.next('end', end('r3', 'pass')),
  ];
  expect(await send(station, own, rows)).toBe(6);
  expect(await fleet.office.query('SELECT seq, why FROM quarantine')).toEqual([
    { seq: 4, why: 'serial number SN1 is in two units: one of station a, and one of station a (run 2)' },
  ]);
  expect(await fleet.office.query('SELECT code FROM alarm')).toEqual([{ code: 'quarantine' }]);
  expect(await fleet.office.query('SELECT unit FROM good_unit ORDER BY unit')).toEqual([
    { unit: 'r1' },
    { unit: 'r3' },
  ]);
});

postgresTest(
  'a station that makes more good units than it was allotted is put aside; a unit that fails again counts no more',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
    await fleet.lot('L1', ['a']);
    const own = life();
    await station.query('SELECT * FROM station_hello($1, 0, $2, $3)', own, none, '1.0.0');
    await station.query('SELECT station_units($1, $2, $3, 2)', own, randomUUID(), 'L1');
    await station.query('SELECT * FROM station_numbers($1, $2, $3, 30)', own, randomUUID(), 'L1');
    const chain = new TestChain();
    let runs = 0;
    const run = (unit: number, outcome: string) => {
      const id = `r${++runs}`;
      return [chain.next('claim', { ...claim(id, unit, `u${unit}`), seq: runs }), chain.next('end', end(id, outcome))];
    };
    const good = () => fleet.office.query('SELECT lot, station, good FROM good_count');
    await send(station, own, [...run(1, 'pass'), ...run(2, 'pass')]);
    expect(await good()).toEqual([{ lot: 'L1', station: 'a', good: 2 }]);
    await send(station, own, run(3, 'pass'));
    expect(await fleet.office.query('SELECT why FROM quarantine')).toEqual([
      { why: 'station a has made 3 good units of lot L1, and was allotted 2 (run 3)' },
    ]);
    await send(station, own, run(2, 'fail'));
    expect(await good()).toEqual([{ lot: 'L1', station: 'a', good: 1 }]);
    await send(station, own, [...run(2, 'pass'), ...run(2, 'pass')]);
    expect(await good()).toEqual([{ lot: 'L1', station: 'a', good: 2 }]);
    expect(await fleet.office.query('SELECT count(*) AS units FROM good_unit')).toEqual([{ units: 2 }]);
  },
);

postgresTest(
  'a database that was put back grants nothing before each station has told what it was granted',
  async () => {
    await using fleet = await TestFleet.make(postgres.server);
    await using a = await openDatabase(await fleet.join('a'), { name: 'a' });
    await using b = await openDatabase(await fleet.join('b'), { name: 'b' });
    await fleet.lot('L1', ['a', 'b']);
    const [lifeA, lifeB] = [life(), life()];
    await fleet.office.query("UPDATE centre SET fingerprint = 'of another life'");
    const hello = 'SELECT must_report FROM station_hello($1, 0, $2, $3)';
    expect(await a.query(hello, lifeA, none, '1')).toEqual([{ must_report: true }]);
    expect(await b.query(hello, lifeB, none, '1')).toEqual([{ must_report: true }]);
    const block = { kind: 'numbers', id: randomUUID(), lot: 'L1', first: 1, last: 30 };
    const units = { kind: 'units', id: randomUUID(), lot: 'L1', units: 10, returned: 2 };
    await a.query('SELECT station_report($1, $2)', lifeA, JSON.stringify([block, units]));
    await expect(a.query('SELECT station_units($1, $2, $3, 20)', lifeA, randomUUID(), 'L1')).rejects.toMatchObject({
      code: 'lot-held',
      message: expect.stringContaining('has not heard yet of b'),
    });
    await b.query('SELECT station_report($1, $2)', lifeB, '[]');
    expect(await b.query('SELECT * FROM station_numbers($1, $2, $3, 30)', lifeB, randomUUID(), 'L1')).toEqual([
      { first: 31, last: 60 },
    ]);
    expect(await fleet.office.query('SELECT allotted FROM lot')).toEqual([{ allotted: 8 }]);
  },
);

postgresTest('a station has no right to any table, and to no function but those of its protocol', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
  await expect(fleet.join('a')).rejects.toMatchObject({ code: 'station-joined' });
  const [tables, functions] = [
    await station.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'bootctl'"),
    await station.query<{ name: string }>(
      "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'bootctl'::regnamespace AND has_function_privilege(oid, 'EXECUTE') ORDER BY 1",
    ),
  ];
  expect(tables.length).toBeGreaterThan(15);
  for (const { name } of tables)
    await expect(station.query(`SELECT 1 FROM ${name}`)).rejects.toMatchObject({ code: 'fleet-refused' });
  expect(functions.map(({ name }) => name.replace(/\(.*/, ''))).toEqual([
    ...['station_beat', 'station_hello', 'station_image', 'station_lots', 'station_numbers', 'station_records'],
    ...['station_report', 'station_units', 'station_units_back'],
  ]);
});

postgresTest.each([
  ['fleet-missing', 'SELECT * FROM station_hello()', 'station_hello'],
  [
    'fleet-records-gap',
    "SELECT station_records('one', 5, '{}', '{}', '{}', '{}')",
    'record 1 is to come next, and came 5',
  ],
  ['station-taken-over', "SELECT station_beat('two', 0, 0, '{}')", 'another process speaks for station a'],
  [
    'lot-unknown',
    "SELECT station_units('one', gen_random_uuid(), 'no-such', 1)",
    'lot no-such is not assigned to station a',
  ],
  ['lot-held', "SELECT station_units('one', gen_random_uuid(), 'L1', 1)", 'lot L1 is held'],
] as const)('%s', async (code, sql, message) => {
  await using fleet = await TestFleet.make(postgres.server);
  await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
  await fleet.lot('L1', ['a']);
  await fleet.office.query("UPDATE lot SET state = 'held'");
  await station.query("SELECT station_hello('one', 0, '', '1')");
  await expect(station.query(sql)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

postgresTest('what keeps a fleet away is said by its name', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const wrong = new URL(fleet.address);
  wrong.password = 'wrong';
  await expect(openDatabase(wrong.href, { name: 'test' })).rejects.toMatchObject({
    code: 'fleet-refused',
    message: expect.stringMatching(/^postgres:\/\/owner@127.0.0.1:\d+\/fleet\d+: password authentication failed/),
  });
  await expect(openDatabase('postgres://x@127.0.0.1:1/fleet', { name: 'test' })).rejects.toMatchObject({
    code: 'fleet-unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await expect(openDatabase('http://127.0.0.1/', { name: 'test' })).rejects.toMatchObject({ code: 'usage' });
  await fleet.office.query('INSERT INTO migration (number) VALUES (1000)');
  await expect(migrate(fleet.office)).rejects.toMatchObject({ code: 'fleet-newer' });
});
