import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase, sharedAddress, shown } from '../../src/fleet/database.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();

const refusal = (address: string) =>
  openDatabase(address, { name: 'test' }).then(
    () => undefined,
    (error: unknown) => error,
  );

postgresTest('an address says how it is encrypted, as with libpq', async () => {
  const plain = await postgres.server.createDatabase();
  const at = (mode: string) => `${plain}?sslmode=${mode}`;
  expect(await refusal(at('require'))).toMatchObject({
    code: 'fleet-unreachable',
    message: expect.stringContaining('does not support SSL'),
    hint: expect.stringContaining('ssl = on'),
  });
  const certificate = await postgres.server.encrypt();
  const isEncrypted = async (address: string) => {
    await using database = await openDatabase(address, { name: 'test' });
    const [row] = await database.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return row!.ssl;
  };
  // The settings are read again a moment after they were asked for.
  await expect.poll(() => refusal(at('require')), { timeout: 10_000 }).toBeUndefined();
  expect(await isEncrypted(at('require'))).toBe(true);
  expect(await isEncrypted(at('disable'))).toBe(false);
  expect(await isEncrypted(plain)).toBe(false);
  expect(await refusal(at('verify-full'))).toMatchObject({
    code: 'fleet-unreachable',
    message: expect.stringContaining('self-signed certificate'),
    hint: expect.stringContaining('sslrootcert=FILE'),
  });
  const trusted = `&sslrootcert=${encodeURIComponent(certificate)}`;
  expect(await isEncrypted(at('verify-full') + trusted)).toBe(true);
  const otherName = (mode: string) => at(mode).replace('@127.0.0.1:', '@localhost:') + trusted;
  expect(await refusal(otherName('verify-full'))).toMatchObject({ message: expect.stringContaining('altnames') });
  expect(await isEncrypted(otherName('verify-ca'))).toBe(true);
  expect(await refusal(`${at('verify-full')}&sslrootcert=/no/such.crt`)).toMatchObject({ code: 'usage' });
  expect(await refusal(at('verify-ca'))).toMatchObject({ code: 'usage' });
  expect(await refusal(at('maybe'))).toMatchObject({ code: 'usage', message: 'sslmode=maybe is not known' });
});

postgresTest('a password that nobody has given is asked for by its name', async () => {
  const address = new URL(await postgres.server.createDatabase());
  address.password = '';
  expect(await refusal(address.href)).toMatchObject({
    code: 'fleet-refused',
    message: expect.stringContaining('a password is asked for, and none was given'),
    hint: expect.stringContaining('PGPASSWORD'),
  });
});

test('another computer is asked for encryption, and gets no login without', async () => {
  const heard: Buffer[] = [];
  const server = createServer((socket) =>
    socket.on('data', (data) => {
      heard.push(data);
      socket.write('N');
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  const { port } = server.address() as { port: number };
  expect(await refusal(`postgres://anna:secret@127.0.0.2:${port}/fleet`)).toMatchObject({ code: 'fleet-unreachable' });
  server.close();
  // SSLRequest: length 8, code 80877103 (PostgreSQL manual, 55.7).
  expect(Buffer.concat(heard)).toEqual(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
});

test('what is shown of an address has no password', () => {
  const address = 'postgres://anna:secret@db/fleet?sslmode=require&password=secret2';
  expect(shown(address)).toBe('postgres://anna@db/fleet?sslmode=require');
  expect(sharedAddress(address)).toBe('postgres://db/fleet?sslmode=require');
});
