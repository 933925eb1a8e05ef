import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { verifiedDefinition } from '../../src/fleet/lot/definition.ts';
import { jsonLines } from '../helpers/cli-context.ts';
import { FleetComputers } from '../helpers/fleet-computers.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const computers = new FleetComputers();
afterAll(() => computers[Symbol.dispose]());
copyFileSync('test/fixtures/firmware/blink-f405.hex', join(computers.folder, 'boot.hex'));

const lotFile = (id: string, { quantity = 100, first = 1, last = 999, format = 'SN{number:06}' } = {}): string => {
  const name = `${id}.yaml`;
  const serial = `{ from: range, first: ${first}, last: ${last}, format: "${format}" }`;
  const text = `id: "${id}"\nquantity: ${quantity}\nlease: 8h\nprofile: rc-cap\nimage: boot.hex\nunit:\n  serial: ${serial}\n`;
  writeFileSync(join(computers.folder, name), text);
  return name;
};

/** A fleet with the stations `<name>-a` and `<name>-b`. */
const madeFleet = async (name: string) => {
  const address = await postgres.server.createDatabase();
  await computers.run('office', 'init', address);
  for (const station of ['a', 'b'])
    await computers.run(`${name}-${station}`, 'join', '--station', `${name}-${station}`, '--database', address);
  const lot = (...argv: readonly string[]) => computers.run('office', 'lot', ...argv, '--database', address);
  return { address, lot };
};

postgresTest(
  'a lot is created, started, made, held, started again and closed; a station hears of it and verifies it',
  async () => {
    const { lot } = await madeFleet('one');
    const created = await lot('create', lotFile('2611-A'), '--station', 'one-a');
    expect([created.status, created.stderr]).toEqual([0, '']);
    expect(created.stdout).toMatch(
      /^2611-A: 100 units, signed by SHA256:\S+\n {2}for one-a\n {2}boot\.hex {2}[0-9a-f]{64}\n/,
    );
    await using station = await computers.open('one-a', 'one-a');
    const { signers } = computers.login('one-a', 'one-a');
    await station.query("SELECT station_hello('life', 0, '', '1')");
    const lots = () =>
      station.query<{
        id: string;
        definition: string;
        signature: string;
        signer: string;
        state: string;
        held_by: string;
      }>("SELECT * FROM station_lots('life')");
    expect(await lots()).toEqual([]);
    expect((await lot('start', '2611-A')).stdout).toBe('2611-A: open: its stations make it\n');
    const [row] = await lots();
    const definition = verifiedDefinition(row!.id, { ...row!, text: row!.definition }, signers);
    expect(definition).toMatchObject({
      id: '2611-A',
      quantity: 100,
      leaseSeconds: 28_800,
      unit: { serial: { first: 1 } },
    });
    const [image] = await station.query<{ content: Uint8Array }>(
      'SELECT station_image($1, 0, 1000000) AS content',
      definition.images[0]!.sha256,
    );
    expect(image!.content.length).toBeGreaterThan(1000);
    await station.query("SELECT station_units('life', gen_random_uuid(), '2611-A', 20)");
    await station.query("SELECT station_numbers('life', gen_random_uuid(), '2611-A', 30)");
    expect((await lot('hold', '2611-A', '--why', 'adhesive')).status).toBe(0);
    expect(await lots()).toMatchObject([{ state: 'held', held_by: 'adhesive' }]);
    await expect(station.query("SELECT station_units('life', gen_random_uuid(), '2611-A', 20)")).rejects.toMatchObject({
      code: 'lot-held',
    });
    await lot('start', '2611-A', '--why', 'reel changed');
    await lot('assign', '2611-A', '--station', 'one-b');
    const { stdout } = await lot('show', '2611-A');
    expect(stdout).toContain('2611-A: open\n  100 units: 0 good, 20 more allotted to stations, 80 to nobody yet\n');
    expect(stdout).toContain(
      'numbers 1 to 999: 0 in good units, 0 in units that are not good, 30 more granted to stations, 969 free',
    );
    const squeezed = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, '|'));
    expect(squeezed).toContain('one-a|20|0|30|not heard yet');
    expect(squeezed).toContain('one-b|0|0|0|not heard yet');
    expect((await lot('close', '2611-A')).stderr).toContain('Add `--yes`');
    await lot('close', '2611-A', '--yes');
    const late = await lot('start', '2611-A', '--json');
    expect([late.status, late.stderr]).toEqual([2, expect.stringContaining('lot 2611-A is closed [lot-closed]')]);
    expect(jsonLines(late.stdout)).toMatchObject([{ event: 'result', ok: false, error: { code: 'lot-closed' } }]);
    const [shown] = jsonLines((await lot('show', '2611-A', '--json')).stdout);
    expect(shown).toMatchObject({
      ...{ event: 'lot', id: '2611-A', state: 'closed', quantity: 100, allotted: 20, good: 0 },
      numbers: { first: 1, last: 999, inGoodUnits: 0, inOtherUnits: 0, atStations: 30, free: 969 },
    });
    const changes = shown!.changes as readonly { what: string; why: string; person: string }[];
    expect(changes.map(({ what, why }) => [what, why])).toEqual([
      ['create', ''],
      ['assign', 'one-a'],
      ['start', ''],
      ['hold', 'adhesive'],
      ['start', 'reel changed'],
      ['assign', 'one-b'],
      ['close', ''],
    ]);
    for (const { person } of changes) expect(person).toMatch(/^\S+@\S+ as owner$/);
    expect((await lot('show')).stdout).toMatch(/2611-A +closed +0 +20 +100 +one-a, one-b +20/);
  },
);

postgresTest('what cannot be is refused, and nothing of it is stored', async () => {
  const { lot, address } = await madeFleet('two');
  expect((await lot('show')).stdout).toContain('There is no lot');
  await lot('create', lotFile('B1', { first: 1, last: 500 }));
  const refused = async (code: string, message: string, ...argv: readonly string[]) => {
    const { status, stderr } = await lot(...argv);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`[${code}]`)]);
    expect(stderr).toContain(message);
  };
  await refused('lot-taken', 'lot B1 is there since 20', 'create', lotFile('B1'));
  await refused('lot-taken', 'are those of lot B1, which has 1 to 500', 'create', lotFile('B2', { first: 500 }));
  await refused(
    'station-unknown',
    'no station has the name two-c',
    'create',
    lotFile('B3', { first: 501 }),
    '--station',
    'two-c',
  );
  await refused('station-unknown', 'lot B1 has no station', 'start', 'B1');
  await refused('lot-unknown', 'no lot has the id B3', 'show', 'B3');
  await refused('lot-invalid', 'B4.yaml:2:11: quantity: found 0', 'create', lotFile('B4', { quantity: 0 }));
  await refused('usage', "required option '--why <text>'", 'hold', 'B1');
  await refused('key-unusable', 'There is no key at', 'create', lotFile('B5', { first: 501 }), '--key', 'none.pem');
  // A key that no `fleet init` has made known here.
  await computers.run('stranger', 'init', await postgres.server.createDatabase());
  const key = computers.file('stranger', 'office.pem');
  await refused(
    'fleet-refused',
    'no office of this fleet has the key',
    'create',
    lotFile('B6', { first: 501 }),
    '--key',
    key,
  );
  expect(jsonLines((await lot('show', '--json')).stdout).map(({ id }) => id)).toEqual(['B1', undefined]);
  // With the lot in the number, or behind what the stations of a closed lot were granted, they are others.
  expect((await lot('create', lotFile('B7', { format: '{lot}-{number}' }))).status).toBe(0);
  await lot('close', 'B1', '--yes');
  expect((await lot('create', lotFile('B8', { first: 1, last: 500 }))).status).toBe(0);
  expect((await computers.run('office', 'lot', 'show', '--database', `${address}x`)).stderr).toContain(
    '[fleet-refused]',
  );
});

postgresTest('a user with the role of the office makes lots, and no stations; a station does neither', async () => {
  const { address } = await madeFleet('three');
  const name = new URL(address).pathname.slice(1);
  const admin = await postgres.server.admin(name);
  await admin.query("CREATE ROLE planner LOGIN PASSWORD 'of-a-test'");
  const planner = postgres.server.address('planner', 'of-a-test', name);
  const as = (user: string, ...argv: readonly string[]) => computers.run('office', ...argv, '--database', user);
  const before = await as(planner, 'lot', 'show');
  expect([before.status, before.stderr]).toEqual([2, expect.stringContaining('GRANT bootctl_office TO')]);
  await admin.query('GRANT bootctl_office TO planner');
  await admin.end();
  expect((await as(planner, 'lot', 'create', lotFile('C1'), '--station', 'three-a')).status).toBe(0);
  expect((await as(planner, 'lot', 'start', 'C1')).status).toBe(0);
  expect((await as(planner, 'lot', 'show', 'C1')).stdout).toMatch(/start +\S+@\S+ as planner/);
  expect((await as(planner, 'check')).status).toBe(0);
  expect((await as(planner, 'join', '--station', 'three-c')).stderr).toContain('[fleet-refused]');
  const { user, password } = computers.login('three-a', 'three-a');
  const station = postgres.server.address(user, password, name);
  for (const argv of [['show'], ['start', 'C1'], ['hold', 'C1', '--why', 'w'], ['close', 'C1', '--yes']])
    expect((await as(station, 'lot', ...argv)).stderr).toContain('[fleet-refused]');
  await using direct = await computers.open('three-a', 'three-a');
  for (const call of [
    "office_state('C1', 'close', '', '')",
    "office_assign('C1', '{}', '')",
    "office_clear(1, '', '')",
  ])
    await expect(direct.query(`SELECT ${call}`)).rejects.toMatchObject({ code: 'fleet-refused' });
});
