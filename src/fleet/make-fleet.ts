import { migrate } from './centre/migrations.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { makeQueue } from './rack/queue.ts';

/**
 * Makes the database of a fleet, or brings it to this version: its own schema, and that of the queue. Returns how many steps of its own
 * were missing. @throws BootctlError those of `migrate`
 */
export async function makeFleet(database: Database, address: string, options: DatabaseOptions): Promise<number> {
  const steps = await migrate(database);
  await makeQueue(database, address, options);
  return steps;
}
