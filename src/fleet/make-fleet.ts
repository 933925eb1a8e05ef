import { type Migrated, migrate } from './centre/migrations.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { makeQueue } from './rack/queue.ts';

/**
 * Makes the database of a fleet, or brings it to this version: its own schema, and that of the queue. @throws BootctlError those of `migrate`
 */
export async function makeFleet(database: Database, address: string, options: DatabaseOptions): Promise<Migrated> {
  const migrated = await migrate(database);
  await makeQueue(database, address, options);
  return migrated;
}
