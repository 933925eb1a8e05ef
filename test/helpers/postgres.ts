import { afterAll, beforeAll, test } from 'vitest';
import { PostgresServer, programs } from './postgres-server.ts';

export { PostgresServer } from './postgres-server.ts';

/** Why there is no PostgreSQL here, or undefined. `BOOTCTL_REQUIRE=postgres` makes that an error. */
function whyNot(): string | undefined {
  const missing = programs() ? undefined : 'PostgreSQL is not installed (Debian: postgresql)';
  if (missing && (process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('postgres')) throw new Error(missing);
  return missing;
}

/** A test that needs a PostgreSQL. */
export const postgresTest = test.skipIf(whyNot() !== undefined);

/** One server for the tests of a file. */
export function usePostgres(): { readonly server: PostgresServer } {
  const used: { server?: PostgresServer } = {};
  beforeAll(async () => {
    if (programs()) used.server = await PostgresServer.start();
  }, 60_000);
  afterAll(async () => used.server?.[Symbol.asyncDispose](), 60_000);
  return used as { readonly server: PostgresServer };
}
