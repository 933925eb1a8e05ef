import type pg from 'pg';
import type { SoakStation } from './soak-station.ts';
import { RecordsFile } from './sqlite.ts';

/** Good units by the files of the stations; one whose file is just being written keeps the count that `known` has of it. */
export function goodUnits(stations: readonly SoakStation[], known: Map<string, number>): number {
  for (const { name, records } of stations) {
    try {
      using file = new RecordsFile(records);
      const [row] = file.rows<{ good: number }>('SELECT count(*) AS good FROM unit WHERE is_good = 1');
      known.set(name, row!.good);
    } catch {
      // It is locked, or not there yet.
    }
  }
  return [...known.values()].reduce((sum, good) => sum + good, 0);
}

/** Records of the stations that are not in the database. */
export async function unsentRecords(centre: pg.Client, stations: readonly SoakStation[]): Promise<number> {
  const { rows } = await centre.query<{ name: string; seq: number }>(
    'SELECT name, seq::INT AS seq FROM bootctl.station',
  );
  const here = new Map(rows.map(({ name, seq }) => [name, seq]));
  return stations.reduce((sum, { name, records }) => {
    using file = new RecordsFile(records);
    const [last] = file.rows<{ seq: number | null }>('SELECT max(seq) AS seq FROM chain');
    return sum + (last?.seq ?? 0) - (here.get(name) ?? 0);
  }, 0);
}
