import { beforeTheFirst, type ChainRow, chainText } from './chain.ts';
import type { Instant } from './records.ts';
import type { Sqlite } from './sqlite.ts';

/** A row of the chain as it is sent: `content` is the text that was hashed. */
export interface OutgoingRecord extends ChainRow {
  readonly content: string;
}

/** A place in the chain. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: string;
}

/** The last row; of an empty chain what its first row will follow. */
export const lastOfChain = (sqlite: Sqlite): ChainPlace =>
  sqlite.all<ChainPlace>('SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1')[0] ?? {
    seq: 0,
    hash: beforeTheFirst,
  };

/** Hash of a row; undefined where there is none. */
export const hashInChain = (sqlite: Sqlite, seq: number): string | undefined =>
  seq === 0 ? beforeTheFirst : sqlite.all<{ hash: string }>('SELECT hash FROM chain WHERE seq = ?', seq)[0]?.hash;

/** The rows behind `seq`, so many at most, and no more text than `most` characters but for the first. */
export function recordsAfter(sqlite: Sqlite, seq: number, rows: number, most: number): readonly OutgoingRecord[] {
  const outgoing: OutgoingRecord[] = [];
  let length = 0;
  const chain = sqlite.all<ChainRow>(
    'SELECT seq, kind, ref, previous, hash FROM chain WHERE seq > ? ORDER BY seq LIMIT ?',
    ...[seq, rows],
  );
  for (const row of chain) {
    const content = chainText(sqlite, row.kind, row.ref, row.previous);
    length += content.length;
    if (outgoing.length > 0 && length > most) return outgoing;
    outgoing.push({ ...row, content });
  }
  return outgoing;
}

const times = {
  claim: 'SELECT started_at AS at FROM run WHERE id = ?',
  end: 'SELECT ended_at AS at FROM run WHERE id = ?',
  note: 'SELECT at FROM station_event WHERE id = ?',
} as const;

/** When the first row behind `seq` was written; undefined where there is none. */
export function firstAfter(sqlite: Sqlite, seq: number): Instant | undefined {
  const [row] = sqlite.all<ChainRow>('SELECT kind, ref FROM chain WHERE seq > ? ORDER BY seq LIMIT 1', seq);
  return row && sqlite.all<{ at: Instant }>(times[row.kind], row.ref)[0]?.at;
}
