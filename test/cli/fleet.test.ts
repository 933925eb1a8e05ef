import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const folder = mkdtempSync(join(tmpdir(), 'bootctl-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A command at a computer, whose state folder has this name. */
const fleet = (computer: string, ...argv: readonly string[]) =>
  runCli(['fleet', ...argv], { openBench: untouchableBench, stateFolder: join(folder, computer) });

postgresTest('fleet init says what it did, keeps the key for its user alone, and does nothing twice', async () => {
  const address = await postgres.server.createDatabase();
  const first = await fleet('office', 'init', address);
  expect([first.status, first.stderr]).toEqual([0, '']);
  expect(first.stdout).toMatch(/schema 2 was made, with the roles bootctl_station, bootctl_office, bootctl_worker\n/);
  expect(first.stdout).toMatch(/\n {2}SHA256:[A-Za-z0-9+/]{43}\n/);
  expect(first.stdout).toContain('bootctl fleet join --station NAME --database postgres://owner@127.0.0.1');
  expect(first.stdout).not.toContain('postgres-of-a-test');
  const key = join(folder, 'office', 'fleet', 'office.pem');
  expect(readFileSync(key, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'office', 'fleet')).mode & 0o777).toBe(0o700);
  const text = readFileSync(key, 'utf8');
  const second = await fleet('office', 'init', '--database', address, '--json');
  expect(jsonLines(second.stdout)).toMatchObject([
    { event: 'fleet', schema: { from: 2, to: 2 }, key: { path: key, isNew: false, isAdded: false } },
    { event: 'result', ok: true },
  ]);
  expect(readFileSync(key, 'utf8')).toBe(text);
});

postgresTest('fleet init refuses a key that it cannot use', async () => {
  const address = await postgres.server.createDatabase();
  const key = join(folder, 'key.pem');
  writeFileSync(key, 'no key', { mode: 0o600 });
  const none = await fleet('office', 'init', address, '--key', key);
  expect([none.status, none.stderr]).toEqual([
    2,
    expect.stringContaining(`${key} is no private key in PEM [key-unusable]`),
  ]);
  chmodSync(key, 0o644);
  const open = await fleet('office', 'init', address, '--key', key);
  expect(open.stderr).toContain(`others may read ${key}; \`chmod 600 ${key}\` ends that`);
});

const asUser = async (name: string, rights: string) => {
  const address = new URL(await postgres.server.createDatabase());
  const admin = await postgres.server.admin(address.pathname.slice(1));
  await admin.query(`CREATE ROLE ${name} LOGIN ${rights} PASSWORD 'of-a-test'`);
  const statement = (sql: string) => admin.query(sql);
  return {
    address: postgres.server.address(name, 'of-a-test', address.pathname.slice(1)),
    owned: address.href,
    statement,
    [Symbol.asyncDispose]: () => admin.end(),
  };
};

postgresTest('fleet init names the statement that its user needs, and that statement helps', async () => {
  await using user = await asUser('plain', '');
  const noRoles = await fleet('office', 'init', user.address);
  expect([noRoles.status, noRoles.stderr]).toEqual([2, expect.stringContaining('[fleet-unfit]')]);
  expect(noRoles.stderr).toContain('As postgres, in psql: ALTER ROLE plain CREATEROLE;');
  await user.statement('ALTER ROLE plain CREATEROLE');
  const noSchema = await fleet('office', 'init', user.address);
  const hint = /As postgres, in psql: (ALTER DATABASE fleet\d+ OWNER TO plain);/.exec(noSchema.stderr);
  await user.statement(hint![1]!);
  expect(await fleet('office', 'init', user.address)).toMatchObject({ status: 0 });
});

postgresTest('fleet init of a fleet that somebody else has made names that user', async () => {
  await using user = await asUser('second', 'CREATEROLE');
  await fleet('office', 'init', user.owned);
  const { status, stderr } = await fleet('office', 'init', user.address);
  expect([status, stderr]).toEqual([2, expect.stringContaining('belongs to owner, and you are second')]);
});

postgresTest('fleet init wants UTF8', async () => {
  const admin = await postgres.server.admin();
  await admin.query(
    "CREATE DATABASE latin OWNER owner ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
  );
  await admin.end();
  const address = new URL(await postgres.server.createDatabase());
  address.pathname = 'latin';
  const { stderr } = await fleet('office', 'init', address.href);
  expect(stderr).toContain('The database latin has the encoding LATIN1');
});

postgresTest('a fleet command without a database says how to name one', async () => {
  const { status, stderr } = await fleet('office', 'init');
  expect([status, stderr]).toEqual([2, expect.stringContaining('BOOTCTL_DATABASE')]);
});
