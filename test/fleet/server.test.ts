import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseUnfitServer } from '../../src/fleet/centre/server.ts';
import type { Database } from '../../src/fleet/database.ts';
import { makeOfficeKey, readOfficeKey } from '../../src/fleet/office-key.ts';

const good = {
  ...{ version: '15.8', number: 150_008, encoding: 'UTF8', user: 'anna', database: 'fleet' },
  ...{ mayMakeRoles: true, mayMakeSchemas: true, otherOwner: null, hasGist: false, offersGist: true },
};

const check = (state: Partial<Record<keyof typeof good, unknown>>) =>
  refuseUnfitServer({ query: async () => [{ ...good, ...state }] } as unknown as Database);

test.each([
  [
    { version: '12.22', number: 120_022 },
    'This is PostgreSQL 12.22, and a fleet needs 13 or newer',
    'Debian 12 has 15',
  ],
  [{ offersGist: false }, 'The server lacks the extension btree_gist', 'apt-get install postgresql-contrib'],
  [{ encoding: 'SQL_ASCII' }, 'has the encoding SQL_ASCII', 'createdb -E UTF8 -T template0 -O anna NAME'],
  [{ mayMakeRoles: false, user: 'Anna B' }, 'may not make roles', 'ALTER ROLE "Anna B" CREATEROLE;'],
])('a server that will not do is refused with what helps: %j', async (state, message, hint) => {
  await expect(check(state)).rejects.toMatchObject({
    code: 'fleet-unfit',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});

test('the oldest server that will do, and one that has the extension already', async () => {
  await expect(check({ version: '13.0', number: 130_000 })).resolves.toBeUndefined();
  await expect(check({ hasGist: true, offersGist: false })).resolves.toBeUndefined();
});

test('the key of an office is made once, and nothing else is taken for one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-key-'));
  const path = join(folder, 'office.pem');
  expect(() => readOfficeKey(path)).toThrow(expect.objectContaining({ code: 'key-unusable' }));
  const made = await makeOfficeKey(path);
  expect([made.isNew, statSync(path).mode & 0o777]).toEqual([true, 0o600]);
  expect(await makeOfficeKey(path)).toEqual({ key: made.key, isNew: false });
  expect(readOfficeKey(path)).toBe(made.key);
  writeFileSync(path, 'x');
  await expect(makeOfficeKey(path)).rejects.toMatchObject({ code: 'key-unusable' });
  await expect(makeOfficeKey(join(folder, 'no', 'office.pem'))).rejects.toMatchObject({ code: 'key-unusable' });
  rmSync(folder, { recursive: true });
});
