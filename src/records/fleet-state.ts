import type { Milliseconds } from '../base/units.ts';
import { beforeTheFirst } from './chain.ts';
import type { ChainPlace } from './outbox.ts';
import type { Sqlite } from './sqlite.ts';

/** What a station knows of its link to the centre. */
export interface LinkState {
  /** The last row of the chain of which the centre has said that it is there. */
  readonly acked: ChainPlace;
  /** Fleet and station as whom the centre knows these records; null before its first word. */
  readonly ackedAs: string | null;
  /** For so long at most the station has run since the centre spoke. */
  readonly silent: Milliseconds;
}

export function linkState(sqlite: Sqlite): LinkState {
  const [row] = sqlite.all<ChainPlace & Omit<LinkState, 'acked'>>(
    'SELECT acked_seq AS seq, acked_hash AS hash, acked_as AS "ackedAs", silent_ms AS silent FROM fleet_link',
  );
  if (!row) return { acked: { seq: 0, hash: beforeTheFirst }, ackedAs: null, silent: 0 };
  const { seq, hash, ...link } = row;
  return { acked: { seq, hash }, ...link };
}

export function keepLinkState(sqlite: Sqlite, { acked, ackedAs, silent }: LinkState): void {
  sqlite.run(
    `INSERT INTO fleet_link (id, acked_seq, acked_hash, acked_as, silent_ms) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
     SET acked_seq = excluded.acked_seq, acked_hash = excluded.acked_hash, acked_as = excluded.acked_as,
       silent_ms = excluded.silent_ms`,
    ...[acked.seq, acked.hash, ackedAs, Math.ceil(silent)],
  );
}

/** What the centre has said last of a lot. */
export interface LotState {
  readonly id: string;
  /** Of its definition: another one is another lot. */
  readonly signature: string;
  /** So long the station goes on without a word of the centre. */
  readonly lease: Milliseconds;
  readonly state: 'open' | 'held' | 'closed';
  readonly heldBy: string | null;
}

/** A lot as the centre has it. */
export interface FleetLot extends LotState {
  /** The text that was signed. */
  readonly definition: string;
  readonly signer: string;
}

/** In the order in which they are made. */
export const lotStates = (sqlite: Sqlite): readonly LotState[] =>
  sqlite.all('SELECT id, signature, lease_ms AS lease, state, held_by AS "heldBy" FROM fleet_lot ORDER BY position');

/** In the order in which they are made. */
export const fleetLots = (sqlite: Sqlite): readonly FleetLot[] =>
  sqlite.all(
    `SELECT id, definition, signature, signer, lease_ms AS lease, state, held_by AS "heldBy" FROM fleet_lot ORDER BY position`,
  );

/** Within a transaction: these, and no others. */
export function keepFleetLots(sqlite: Sqlite, lots: readonly FleetLot[]): void {
  sqlite.run('DELETE FROM fleet_lot');
  for (const [position, { id, definition, signature, signer, lease, state, heldBy }] of lots.entries())
    sqlite.run(
      `INSERT INTO fleet_lot (id, position, definition, signature, signer, lease_ms, state, held_by)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, position, definition, signature, signer, lease, state, heldBy],
    );
}
