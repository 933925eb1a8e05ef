import type { Database } from '../database.ts';
import type { FleetAlarm, Quarantine } from './fleet-view.ts';

const mostShown = 50;
const longestText = 500;

/** Alarms that nobody has cleared, the newest first. */
export async function readAlarms(database: Database): Promise<readonly FleetAlarm[]> {
  const rows = await database.query<FleetAlarm & { readonly station: string | null; readonly lot: string | null }>(
    `SELECT id, (extract(epoch FROM at) * 1000)::BIGINT AS at, station, lot, code, left(why, $2) AS why
     FROM alarm WHERE cleared_at IS NULL ORDER BY id DESC LIMIT $1`,
    ...[mostShown, longestText],
  );
  return rows.map(({ station, lot, ...alarm }) => ({ ...alarm, station: station ?? undefined, lot: lot ?? undefined }));
}

export async function readQuarantine(database: Database): Promise<Quarantine> {
  const newest = await database.query<Quarantine['newest'][number] & { readonly count: number }>(
    `SELECT station, seq, (extract(epoch FROM at) * 1000)::BIGINT AS at, left(why, $2) AS why, count(*) OVER () AS count
     FROM quarantine WHERE cleared_at IS NULL ORDER BY quarantine.at DESC, station, seq DESC LIMIT $1`,
    ...[mostShown, longestText],
  );
  return { count: newest[0]?.count ?? 0, newest: newest.map(({ count: _, ...one }) => one) };
}
