import { canonicalJson } from '../base/canonical-json.ts';
import { sha256Hex } from '../base/sha256.ts';
import type { Sqlite } from './sqlite.ts';

export type ChainKind = 'claim' | 'end' | 'note';

export interface ChainRow {
  readonly seq: number;
  readonly kind: ChainKind;
  /** Id of the run or the event. */
  readonly ref: string;
  readonly previous: string;
  readonly hash: string;
}

/** What the first row has as its previous one. */
export const beforeTheFirst = '0'.repeat(64);

/** What was recorded, as it stands in the tables now; none where its row is gone. */
const contents: Readonly<Record<ChainKind, (sqlite: Sqlite, ref: string) => readonly object[]>> = {
  claim: (sqlite, run) =>
    sqlite.all(
      `SELECT id, station, seq, unit, slot, lot, serial, number, chip_uid, attempt, purpose, operator, firmware, profile, plan,
       bootctl, started_at FROM run WHERE id = ?`,
      run,
    ),
  end: (sqlite, run) => [
    ...sqlite.all<object>(
      'SELECT id, ended_at, took_ms, outcome, code, method, chip, flash, result FROM run WHERE id = ? AND outcome IS NOT NULL',
      run,
    ),
    ...sqlite.all<object>(
      'SELECT position, name, value, unit, low, high, outcome FROM measurement WHERE run = ? ORDER BY position',
      run,
    ),
  ],
  note: (sqlite, id) =>
    sqlite.all('SELECT id, station, seq, at, operator, what, why FROM station_event WHERE id = ?', id),
};

/** Adds what has just been written, as it was stored. Within the same transaction. */
export function appendToChain(sqlite: Sqlite, station: string, kind: ChainKind, ref: string): void {
  const [last] = sqlite.all<{ seq: number; hash: string }>('SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1');
  const previous = last?.hash ?? beforeTheFirst;
  sqlite.run(
    'INSERT INTO chain (station, seq, kind, ref, previous, hash) VALUES (?, ?, ?, ?, ?, ?)',
    ...[station, (last?.seq ?? 0) + 1, kind, ref, previous],
    chainHash(sqlite, kind, ref, previous),
  );
}

/** SHA-256 over the text of a row. */
export const chainHash = (sqlite: Sqlite, kind: ChainKind, ref: string, previous: string): string =>
  sha256Hex(chainText(sqlite, kind, ref, previous));

/** What is hashed: the canonical JSON of the previous hash, the kind and the rows, as they stand in the tables now. */
export const chainText = (sqlite: Sqlite, kind: ChainKind, ref: string, previous: string): string =>
  canonicalJson([previous, kind, ...contents[kind](sqlite, ref)]);
