import type { Database } from '../database.ts';
import type { SignedDefinition } from './definition.ts';
import type { LotContent } from './read-lot.ts';

/** Who sits at the computer: it stands in the history of the lot, beside the user of the database. */
export type Person = string;

/**
 * Stores a lot with its files, as a draft: no station hears of it before it is started.
 * @throws BootctlError `lot-taken`; `fleet-refused` where no office of the fleet has the key; `station-unknown`
 */
export function createLot(
  office: Database,
  { text, signature, signer }: SignedDefinition,
  contents: readonly LotContent[],
  stations: readonly string[],
  person: Person,
): Promise<void> {
  return office.transaction(async () => {
    for (const { name, content } of contents) await office.query('SELECT office_image($1, $2)', name, content);
    await office.query('SELECT office_lot($1, $2, $3, $4)', text, signer, signature, person);
    const { id } = JSON.parse(text) as { readonly id: string };
    if (stations.length > 0) await assignStations(office, id, stations, person);
  });
}

/** @throws BootctlError `lot-unknown`, `lot-closed`, `station-unknown` */
export async function assignStations(
  office: Database,
  id: string,
  stations: readonly string[],
  person: Person,
): Promise<void> {
  await office.query('SELECT office_assign($1, $2, $3)', id, stations, person);
}

/**
 * `start` lets stations make it, `hold` stops it at the next unit of each, `close` ends it for ever.
 * @throws BootctlError `lot-unknown`, `lot-closed`; `station-unknown` where a lot without stations is started
 */
export async function changeState(
  office: Database,
  id: string,
  what: 'start' | 'hold' | 'close',
  why: string,
  person: Person,
): Promise<void> {
  await office.query('SELECT office_state($1, $2, $3, $4)', id, what, why, person);
}
