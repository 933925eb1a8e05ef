import { BootctlError } from '../base/errors.ts';
import type { Database } from './database.ts';

/** What a station had been granted of a lot when it was retired, and what of it has arrived. */
export interface LeftBehind {
  readonly lot: string;
  /** Good units that it may have made. */
  readonly units: number;
  readonly good: number;
}

/**
 * Ends a station whose computer is gone: its login is dropped, it is not waited for after a restore, and its lots are shared among
 * the others. What it was granted stays counted as used, because it may have been made. The name is spent.
 * @throws BootctlError `station-unknown`
 */
export function retireStation(database: Database, name: string, person: string): Promise<readonly LeftBehind[]> {
  return database.transaction(async () => {
    const [left] = await database.query<{ login: string }>(
      `UPDATE station SET left_at = clock_timestamp(), left_by = $2 || ' as ' || session_user, must_report = false
       WHERE name = $1 AND left_at IS NULL RETURNING login`,
      ...[name, person],
    );
    if (!left) throw new BootctlError('station-unknown', `No station has the name ${name}`);
    await database.query('DELETE FROM lot_station WHERE station = $1', name);
    const [row] = await database.query<{ statement: string }>(
      `SELECT format('DROP ROLE IF EXISTS %I', $1::text) AS statement`,
      left.login,
    );
    await database.query(row!.statement);
    return database.query<LeftBehind>(
      `SELECT lot, sum(units - returned)::BIGINT AS units,
         (SELECT count(*) FROM good_unit g WHERE g.lot = a.lot AND g.station = $1) AS good
       FROM allotment a WHERE station = $1 GROUP BY lot ORDER BY lot`,
      name,
    );
  });
}
