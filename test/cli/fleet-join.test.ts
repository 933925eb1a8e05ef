import { statSync } from 'node:fs';
import { afterAll, expect } from 'vitest';
import { type Database, openDatabase } from '../../src/fleet/database.ts';
import { joinStation } from '../../src/fleet/join.ts';
import { FleetComputers } from '../helpers/fleet-computers.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const computers = new FleetComputers();
afterAll(() => computers[Symbol.dispose]());

const made = async () => {
  const address = await postgres.server.createDatabase();
  const { stdout } = await computers.run('office', 'init', address);
  return { address, fingerprint: /SHA256:\S+/.exec(stdout)![0] };
};

postgresTest('fleet join leaves a login for its user alone, and shows the keys that fleet init has shown', async () => {
  const { address, fingerprint } = await made();
  const { status, stdout } = await computers.run('jig1', 'join', '--station', 'line2-a', '--database', address);
  expect(status).toBe(0);
  expect(stdout).toContain(`\n  ${fingerprint}  `);
  const file = computers.file('jig1', 'line2-a.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { user, password, database, signers } = computers.login('jig1', 'line2-a');
  const name = new URL(address).pathname.slice(1);
  expect(user).toBe(`station:${name}:line2-a`);
  expect(database).toBe(`postgres://127.0.0.1:${postgres.server.port}/${name}`);
  expect(signers).toEqual([
    { id: expect.stringMatching(/^[0-9a-f]{64}$/), publicKey: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n/) },
  ]);
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect(stdout).not.toContain(password);
  await using station = await computers.open('jig1', 'line2-a');
  expect(await station.query("SELECT station_name FROM station_hello('one', 0, '', '1')")).toEqual([
    { station_name: 'line2-a' },
  ]);
});

postgresTest(
  'a second computer of a name is refused, with who has it since when; the first may join again',
  async () => {
    const { address } = await made();
    const join = (computer: string, ...more: readonly string[]) =>
      computers.run(computer, 'join', '--station', 'line3-a', '--database', address, ...more);
    expect(await join('jig2')).toMatchObject({ status: 0 });
    const second = await join('jig3');
    expect([second.status, second.stderr]).toEqual([2, expect.stringContaining('[station-joined]')]);
    expect(second.stderr).toMatch(/Station line3-a has joined on 20\d\d-\d\d-\d\d by \S+@\S+ as owner/);
    const before = computers.login('jig2', 'line3-a');
    const office2 = await computers.run('office2', 'init', address);
    expect(office2.stdout).toContain(
      'these stations do not know it before `bootctl fleet join` is run there again: line3-a\n',
    );
    const again = await join('jig2');
    expect(again.stdout).toContain('this computer is station line3-a already');
    const after = computers.login('jig2', 'line3-a');
    expect(after).toEqual({ ...before, signers: [before.signers[0], expect.anything()] });
  },
);

postgresTest('the password of a station is in no statement that a server may log', async () => {
  const { address } = await made();
  await using office = await openDatabase(address, { name: 'test' });
  const statements: string[] = [];
  const heard: Database = {
    query: (sql, ...values) => {
      statements.push(sql, JSON.stringify(values));
      return office.query(sql, ...values);
    },
    transaction: (work) => office.transaction(work),
    listen: (channel, hear) => office.listen(channel, hear),
    lost: office.lost,
    [Symbol.asyncDispose]: async () => {},
  };
  const { user, password } = await joinStation(heard, 'line4-a', 'anna');
  expect(statements.some((text) => text.startsWith('CREATE ROLE "station:'))).toBe(true);
  expect(statements.filter((text) => text.includes(password))).toEqual([]);
  const name = new URL(address).pathname.slice(1);
  await using _station = await openDatabase(postgres.server.address(user, password, name), { name: 'a' });
});

postgresTest('a station that is retired cannot log in, is waited for no longer, and its name is spent', async () => {
  const { address } = await made();
  await computers.run('jig5', 'join', '--station', 'line5-a', '--database', address);
  const refused = await computers.run('office', 'retire', 'line5-a', '--database', address);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  const { status, stdout } = await computers.run('office', 'retire', 'line5-a', '--yes', '--database', address);
  expect([status, stdout]).toEqual([0, 'Station line5-a is retired; its login is gone.\n']);
  await expect(computers.open('jig5', 'line5-a')).rejects.toMatchObject({ code: 'fleet-refused' });
  const again = await computers.run('jig6', 'join', '--station', 'line5-a', '--database', address);
  expect(again.stderr).toMatch(
    /, and was retired on 20\d\d-\d\d-\d\d by .* \[station-joined\]\n {2}A name is used once/,
  );
  const twice = await computers.run('office', 'retire', 'line5-a', '--yes', '--database', address);
  expect(twice.stderr).toContain('No station has the name line5-a [station-unknown]');
});

postgresTest('a name that is a station of another fleet at this computer is not overwritten', async () => {
  const [one, other] = [await made(), await made()];
  await computers.run('jig7', 'join', '--station', 'line7-a', '--database', one.address);
  const { status, stderr } = await computers.run('jig7', 'join', '--station', 'line7-a', '--database', other.address);
  expect([status, stderr]).toEqual([2, expect.stringContaining('This computer is station line7-a of ')]);
});

postgresTest.each(['../up', 'a b', '-x'])('%s is no name of a station', async (name) => {
  const { status, stderr } = await computers.run('jig8', 'join', `--station=${name}`, '--database', 'postgres://h/d');
  expect([status, stderr]).toEqual([2, expect.stringContaining('Letters, digits')]);
});
