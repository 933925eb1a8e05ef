import { isBootctlError } from '../base/errors.ts';
import { requireSchema } from './centre/migrations.ts';
import { type Database, openDatabase } from './database.ts';

/**
 * The database of a fleet, as somebody of an office: who made the fleet, or a user with the role bootctl_office.
 * @throws BootctlError those of `openDatabase`; `fleet-missing`, `fleet-newer`; `fleet-refused` without that role
 */
export async function openOffice(address: string, name: string): Promise<Database> {
  const database = await openDatabase(address, { name });
  try {
    await requireSchema(database);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw isBootctlError(error, 'fleet-refused')
      ? error.withHint('Whoever made the fleet gives the right, in psql: GRANT bootctl_office TO USER;')
      : error;
  }
}
