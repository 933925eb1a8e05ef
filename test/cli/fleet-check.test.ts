import { afterAll, expect } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import { clearAlarm } from '../../src/fleet/troubles.ts';
import { jsonLines } from '../helpers/cli-context.ts';
import { life, TestChain, TestFleet } from '../helpers/fleet.ts';
import { FleetComputers } from '../helpers/fleet-computers.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const computers = new FleetComputers();
afterAll(() => computers[Symbol.dispose]());

const run = {
  ...{ station: 'a', slot: 'A1', lot: 'L1', chip_uid: null, attempt: 1, purpose: 'production', operator: 'o' },
  ...{ firmware: 'f', profile: 'p', plan: 'q', bootctl: '1', started_at: 5 },
};
const ending = {
  ended_at: 9,
  took_ms: 4.5,
  outcome: 'pass',
  code: null,
  method: 'm',
  chip: 'c',
  flash: 'written',
  result: '{}',
};

/** A fleet whose station `a` has made a good unit of number 1, and has written number 1 into a second one. */
const withRecords = async () => {
  const fleet = await TestFleet.make(postgres.server);
  const address = await fleet.join('a');
  await fleet.join('b');
  await fleet.lot('L1', ['a', 'b']);
  await using station = await openDatabase(address, { name: 'a' });
  const own = life();
  await station.query("SELECT station_hello($1, 0, '', '1')", own);
  await station.query('SELECT station_units($1, gen_random_uuid(), $2, 20)', own, 'L1');
  await station.query('SELECT * FROM station_numbers($1, gen_random_uuid(), $2, 30)', own, 'L1');
  const chain = new TestChain();
  const measured = { position: 0, name: 'enter', value: 12.5, unit: 'ms', low: null, high: 20, outcome: 'pass' };
  const rows = [
    chain.next('claim', { ...run, id: 'r1', seq: 1, unit: 'u1', serial: 'SN1', number: 1 }),
    chain.next('end', { ...ending, id: 'r1' }, measured),
    chain.next('note', { id: 'e1', station: 'a', seq: 1, at: 7, operator: 'o', what: 'hold', why: 'w' }),
    chain.next('claim', { ...run, id: 'r2', seq: 2, unit: 'u2', serial: 'SN1', number: 1 }),
    chain.next('end', { ...ending, id: 'r2' }),
  ];
  const columns = (['kind', 'ref', 'hash', 'content'] as const).map((key) => rows.map((row) => row[key]));
  await station.query('SELECT station_records($1, 1, $2, $3, $4, $5)', own, ...columns);
  const check = (...argv: readonly string[]) => computers.run('office', 'check', ...argv, '--database', fleet.address);
  return { fleet, check, hash: chain.hash };
};

postgresTest('fleet check finds every record as it was sent, and lists what a person has to look at', async () => {
  const { fleet, check, hash } = await withRecords();
  await using _fleet = fleet;
  const { status, stdout, stderr } = await check();
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`a: 5 records as they were sent, the last one ${hash.slice(0, 16)}…\nb: no record yet\n`);
  expect(stdout).toMatch(/\n1 +20\S+ \S+ +a +quarantine +serial number SN1 is in two units/);
  expect(stdout).toContain(
    '\nquarantine: Look at the units with this number, and take out those that are wrong. The record stays, and counts nowhere.\nThen `bootctl fleet check --clear 1 --why TEXT`.\n',
  );
  expect(jsonLines((await check('--json')).stdout).find(({ event }) => event === 'alarm')).toMatchObject({
    code: 'quarantine',
    hint: expect.stringContaining('take out those that are wrong'),
  });
  const why = ['--why', 'unit scrapped'];
  expect(await check('--clear', '1', ...why)).toMatchObject({
    stdout: 'Alarm 1 is cleared: unit scrapped\n',
    stderr: '',
  });
  expect((await check()).stdout).toContain('No alarm is open.');
  expect(await fleet.office.query('SELECT cleared_by FROM quarantine')).toEqual([
    { cleared_by: expect.stringMatching(/^\S+@\S+ as owner$/) },
  ]);
  const again = await check('--clear', '1', ...why);
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('[nothing-open]')]);
  await expect(clearAlarm(fleet.office, 1, 'twice', 'anna')).rejects.toMatchObject({ code: 'nothing-open' });
  expect((await check('--clear', '1')).stderr).toContain('--clear and --why go together');
});

postgresTest.each([
  ['a run that was changed', "UPDATE run SET outcome = 'fail' WHERE id = 'r1'", 'record 2: the run in the reports'],
  ['a measurement', 'UPDATE measurement SET value = 11', 'record 2: a measurement in the reports'],
  ['an event that was taken out', 'DELETE FROM station_event', 'record 3: the event in the reports'],
  [
    'a record that was changed',
    `ALTER TABLE record DROP CONSTRAINT record_check;
     UPDATE record SET content = replace(content, '"pass"', '"fail"') WHERE seq = 2`,
    'record 2: it was changed',
  ],
  [
    'a record that was changed with its hash',
    `UPDATE record SET content = replace(content, '"hold"', '"held"'),
       hash = encode(sha256(convert_to(replace(content, '"hold"', '"held"'), 'UTF8')), 'hex') WHERE seq = 3`,
    'record 4: it does not follow record 3',
  ],
  ['a record that was taken out', 'DELETE FROM record WHERE seq = 3', 'record 3: it is missing'],
  [
    'an end that was cut off',
    'DELETE FROM quarantine; DELETE FROM record WHERE seq > 3',
    'record 4: it is missing, up to 5',
  ],
])('fleet check finds %s', async (_, sql, problem) => {
  const { fleet, check } = await withRecords();
  await using _fleet = fleet;
  for (const statement of sql.split(';')) await fleet.office.query(statement);
  const { status, stdout, stderr } = await check();
  expect(status).toBe(7);
  expect(stdout).toContain(`a: ${problem}`);
  expect(stderr).toContain('Records of a are not as they were sent [fleet-changed]');
  const json = await check('--json');
  expect(jsonLines(json.stdout).at(-1)).toMatchObject({
    event: 'result',
    ok: false,
    exitCode: 7,
    error: { code: 'fleet-changed' },
  });
});

postgresTest('after a restore a station that will not report is gone past, and may report after all', async () => {
  const { fleet, check } = await withRecords();
  await using _fleet = fleet;
  const state = async () =>
    (await fleet.office.query<{ number_next: number; allotted: number }>('SELECT number_next, allotted FROM lot'))[0];
  expect(await state()).toEqual({ number_next: 31, allotted: 20 });
  await fleet.office.query("SELECT note_restored('as a test has it')");
  expect((await check()).stdout).toContain('before these have told what they were granted: a, b');
  expect((await check('--skip-ahead', '40', '--station', 'b')).stderr).toContain('--yes');
  const skipped = await check('--skip-ahead', '40', '--station', 'b', '--yes');
  expect(skipped.stderr).toBe('');
  expect(skipped.stdout).toContain('L1: the next 40 numbers go to nobody, and 40 units count as made by it');
  expect(await state()).toEqual({ number_next: 71, allotted: 60 });
  expect((await check()).stdout).toContain('before these have told what they were granted: a\n');
  const again = await check('--skip-ahead', '40', '--station', 'b', '--yes');
  expect([again.status, again.stderr]).toEqual([
    2,
    expect.stringContaining('no station b is waited for [nothing-open]'),
  ]);
  // It turns up: what it was granted in truth takes the place of what was assumed.
  const [login] = await fleet.office.query<{ login: string }>("SELECT login FROM station WHERE name = 'b'");
  await fleet.office.query(`ALTER ROLE "${login!.login}" PASSWORD 'of-a-test'`);
  const address = postgres.server.address(login!.login, 'of-a-test', new URL(fleet.address).pathname.slice(1));
  await using b = await openDatabase(address, { name: 'b' });
  expect(await b.query("SELECT must_report FROM station_hello('one', 0, '', '1')")).toEqual([{ must_report: true }]);
  const grants = [
    { kind: 'numbers', id: '00000000-0000-4000-8000-000000000001', lot: 'L1', first: 31, last: 50 },
    { kind: 'units', id: '00000000-0000-4000-8000-000000000002', lot: 'L1', units: 15, returned: 0 },
  ];
  await b.query("SELECT station_report('one', $1)", JSON.stringify(grants));
  expect(await state()).toEqual({ number_next: 71, allotted: 35 });
  expect(await fleet.office.query("SELECT must_report, held_by FROM station WHERE name = 'b'")).toEqual([
    { must_report: false, held_by: null },
  ]);
});
