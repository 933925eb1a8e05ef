import type { Sqlite } from './sqlite.ts';

/** Where the numbers of a lot's range are. Each is at one place, and none at two. */
export interface NumberAccount {
  readonly lot: string;
  readonly first: number;
  readonly last: number;
  /** In a unit that has passed. */
  readonly used: readonly number[];
  /** May be in a unit that has not passed; another unit cannot have it. */
  readonly burnt: readonly number[];
  /** Of runs that have not ended. */
  readonly claimed: readonly number[];
  /** Nobody has it: never claimed, or given back because the flash was not touched. */
  readonly free: number;
}

/** Of each lot with a range, in the order of their beginning; of the range that jig.yaml named last. */
export function numberAccounts(sqlite: Sqlite): readonly NumberAccount[] {
  const lots = sqlite.all<{ id: string; first: number; last: number }>(
    `SELECT id, number_first AS first, number_last AS last FROM lot WHERE number_first IS NOT NULL ORDER BY opened_at, id`,
  );
  return lots.map(({ id, first, last }) => accountOf(sqlite, id, first, last));
}

function accountOf(sqlite: Sqlite, lot: string, first: number, last: number): NumberAccount {
  const rows = sqlite.all<{ number: number; state: string }>(
    'SELECT number, state FROM serial_number WHERE lot = ? AND number BETWEEN ? AND ? ORDER BY number',
    ...[lot, first, last],
  );
  const inState = (wanted: string) => rows.filter(({ state }) => state === wanted).map(({ number }) => number);
  const [used, burnt, claimed] = [inState('used'), inState('burnt'), inState('claimed')];
  return { lot, first, last, used, burnt, claimed, free: last - first + 1 - rows.length };
}
