import type { Database } from './database.ts';
import type { Signer } from './lot/definition.ts';

/** A signer that the database knows, with the office that it belongs to. */
export interface KnownSigner extends Signer {
  readonly name: string;
}

/** Whoever may sign lots of this fleet, the first first. */
export const knownSigners = (database: Database): Promise<readonly KnownSigner[]> =>
  database.query<KnownSigner>('SELECT id, public_key AS "publicKey", name FROM signer ORDER BY added_at, id');

/** Makes a key known. Returns whether it was not. */
export async function addSigner(database: Database, { id, publicKey }: Signer, name: string): Promise<boolean> {
  const added = await database.query(
    'INSERT INTO signer (id, name, public_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
    ...[id, name, publicKey],
  );
  return added.length > 0;
}

/** Stations that have joined before and trust the keys of then: they learn of a new one by another `fleet join`. */
export async function stationsJoined(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    'SELECT name FROM station WHERE left_at IS NULL ORDER BY name COLLATE "C"',
  );
  return rows.map(({ name }) => name);
}
