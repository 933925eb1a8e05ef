import type { Database } from './database.ts';

/** What a person has to look at. Times are milliseconds since 1970, by the clock of the database. */
export interface OpenAlarm {
  readonly number: number;
  readonly at: number;
  readonly station: string | null;
  readonly lot: string | null;
  readonly code: string;
  readonly why: string;
}

/** What `skipAhead` has set aside of one lot. */
export interface SkippedLot {
  readonly lot: string;
  /** Null where its units have no numbers of a range. */
  readonly numbers: number | null;
  readonly units: number;
}

/** Alarms that nobody has cleared, the oldest first. */
export const openAlarms = (office: Database): Promise<readonly OpenAlarm[]> =>
  office.query(
    `SELECT id AS number, (extract(epoch FROM at) * 1000)::BIGINT AS at, station, lot, code, why
     FROM alarm WHERE cleared_at IS NULL ORDER BY id`,
  );

/** Stations that have to report what they were granted, since the database was put back; before that nothing is granted to anybody. */
export async function waitedFor(office: Database): Promise<readonly string[]> {
  const rows = await office.query<{ name: string }>(
    'SELECT name FROM station WHERE must_report AND skipped_at IS NULL ORDER BY name COLLATE "C"',
  );
  return rows.map(({ name }) => name);
}

/** A person has looked: what the alarm has put aside is listed no longer, and the station that it has held goes on. @throws BootctlError `nothing-open` */
export async function clearAlarm(office: Database, number: number, why: string, person: string): Promise<void> {
  await office.query('SELECT office_clear($1, $2, $3)', number, why, person);
}

/**
 * For a station that will not report after a restore: of each of its lots the next `ahead` numbers go to nobody, and as many units
 * count as its own. @throws BootctlError `nothing-open`
 */
export const skipAhead = (
  office: Database,
  station: string,
  ahead: number,
  person: string,
): Promise<readonly SkippedLot[]> =>
  office.query('SELECT lot_id AS lot, numbers, units FROM office_skip($1, $2, $3)', station, ahead, person);
