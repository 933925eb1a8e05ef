import { BootctlError } from '../../base/errors.ts';
import type { Database } from '../database.ts';
import { centreFunctions } from './centre-functions.ts';
import { grantFunctions } from './grant-functions.ts';
import { linkFunctions } from './link-functions.ts';
import { officeFunctions } from './office-functions.ts';
import { rackTables } from './rack-tables.ts';
import { recordFunctions } from './record-functions.ts';
import { grants, roles } from './roles.ts';
import { refuseUnfitServer } from './server.ts';
import { submitFunctions } from './submit-functions.ts';
import { tables } from './tables.ts';
import { workerFunctions } from './worker-functions.ts';

/** Changes of the tables, step by step; a step that was released is never changed. */
export const migrations: readonly (readonly string[])[] = [
  [...tables, ...rackTables],
  // Which fleet this is, also after a restore.
  ['ALTER TABLE centre ADD COLUMN fleet UUID NOT NULL DEFAULT gen_random_uuid()'],
];

/** They hold nothing, and are made anew at each migration. */
const functions: readonly string[] = [
  ...[centreFunctions, recordFunctions, linkFunctions, grantFunctions, officeFunctions].flat(),
  ...[workerFunctions, submitFunctions].flat(),
];

/** Two at once would make the same things; any number that nothing else takes. */
const lock = 0x626f6f74;

/** What a migration has found and done. */
export interface Migrated {
  /** Number of the schema before; 0 where there was none. */
  readonly from: number;
  readonly to: number;
}

/**
 * Brings a database to the schema of this version, in one transaction; a new one gets all of it. `steps` are those of this version.
 * @throws BootctlError `fleet-newer`; `fleet-unfit` where the server or the rights of the user are not enough
 */
export function migrate(database: Database, steps = migrations): Promise<Migrated> {
  return database.transaction(async () => {
    await database.query('SELECT pg_advisory_xact_lock($1)', lock);
    await refuseUnfitServer(database);
    await database.query('CREATE SCHEMA IF NOT EXISTS bootctl');
    await database.query('CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public');
    await database.query(
      'CREATE TABLE IF NOT EXISTS bootctl.migration (number BIGINT PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())',
    );
    const from = await schemaOf(database);
    if (from > steps.length) throw newer(from, steps.length);
    for (const role of roles) await makeRole(database, role);
    for (const [index, statements] of steps.entries()) {
      if (index < from) continue;
      for (const statement of statements) await database.query(statement);
      await database.query('INSERT INTO migration (number) VALUES ($1)', index + 1);
    }
    await dropFunctions(database);
    for (const statement of functions) await database.query(statement);
    await database.query('INSERT INTO centre (id, fingerprint) VALUES (1, fingerprint()) ON CONFLICT DO NOTHING');
    for (const statement of grants) await database.query(statement);
    return { from, to: steps.length };
  });
}

/** @throws BootctlError `fleet-missing`, `fleet-newer` where the database is not that of this version */
export async function requireSchema(database: Database): Promise<void> {
  const here = await schemaOf(database);
  if (here > migrations.length) throw newer(here, migrations.length);
  if (here < migrations.length)
    throw new BootctlError(
      'fleet-missing',
      `The database has schema ${here}, and this bootctl needs ${migrations.length}`,
    );
}

const newer = (here: number, known: number): BootctlError =>
  new BootctlError('fleet-newer', `The database has schema ${here}, and this bootctl knows ${known}`);

async function schemaOf(database: Database): Promise<number> {
  const [row] = await database.query<{ last: number | null }>('SELECT max(number) AS last FROM bootctl.migration');
  return row?.last ?? 0;
}

async function makeRole(database: Database, role: string): Promise<void> {
  const known = await database.query('SELECT 1 FROM pg_roles WHERE rolname = $1', role);
  if (known.length === 0) await database.query(`CREATE ROLE ${role} NOLOGIN`);
}

/** Of the schema, all: one whose columns have changed cannot be replaced. */
async function dropFunctions(database: Database): Promise<void> {
  const known = await database.query<{ name: string }>(
    `SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'bootctl'::regnamespace`,
  );
  for (const { name } of known) await database.query(`DROP FUNCTION ${name} CASCADE`);
}
