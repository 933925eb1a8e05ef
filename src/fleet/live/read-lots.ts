import type { Database } from '../database.ts';
import type { FleetLot } from './fleet-view.ts';

interface Row {
  readonly id: string;
  readonly state: FleetLot['state'];
  readonly held_by: string | null;
  readonly stations: readonly string[];
  readonly quantity: number;
  readonly allotted: number;
  readonly good: number;
  readonly units: number;
  readonly first_pass: number;
  readonly pass: number;
  readonly fail: number;
  readonly error: number;
  readonly aborted: number;
}

/**
 * A unit that was at two stations is one: its chip says so, else its number. Its first run is that of its station's order, and between
 * stations that of their clocks: it is a figure, and decides nothing. A run counts as `src/records/report/yields.ts` has it.
 */
const lots = `
  WITH ended AS (
    SELECT r.lot, r.station, r.unit, r.seq, r.started_at, r.outcome FROM run r JOIN lot l ON l.id = r.lot
    WHERE r.purpose = 'production' AND r.outcome IS NOT NULL),
  made AS (
    SELECT lot, station, unit, coalesce('chip ' || max(chip_uid), 'serial ' || max(serial), station || ' ' || unit) AS key
    FROM run WHERE purpose = 'production' GROUP BY lot, station, unit),
  first_run AS (
    SELECT DISTINCT ON (e.lot, m.key) e.lot, e.outcome FROM ended e JOIN made m USING (lot, station, unit)
    WHERE e.outcome IN ('pass', 'fail') ORDER BY e.lot, m.key, e.started_at, e.station, e.seq),
  firsts AS (
    SELECT lot, count(*) AS units, count(*) FILTER (WHERE outcome = 'pass') AS first_pass FROM first_run GROUP BY lot),
  runs AS (
    SELECT lot, count(*) FILTER (WHERE outcome = 'pass') AS pass, count(*) FILTER (WHERE outcome = 'fail') AS fail,
      count(*) FILTER (WHERE outcome = 'error') AS error, count(*) FILTER (WHERE outcome = 'aborted') AS aborted
    FROM ended GROUP BY lot)
  SELECT l.id, l.state, l.held_by, l.quantity, l.allotted,
    ARRAY(SELECT s.station FROM lot_station s WHERE s.lot = l.id ORDER BY s.station COLLATE "C") AS stations,
    (SELECT count(*) FROM good_unit g WHERE g.lot = l.id) AS good,
    coalesce(units, 0) AS units, coalesce(first_pass, 0) AS first_pass,
    coalesce(pass, 0) AS pass, coalesce(fail, 0) AS fail, coalesce(error, 0) AS error, coalesce(aborted, 0) AS aborted
  FROM lot l LEFT JOIN firsts f ON f.lot = l.id LEFT JOIN runs r ON r.lot = l.id
  WHERE l.state <> 'closed' OR l.changed_at > now() - interval '1 day'
  ORDER BY l.created_at DESC, l.id`;

/** Those that are not closed, or were not a day ago; the newest first. */
export async function readLots(database: Database): Promise<readonly FleetLot[]> {
  const rows = await database.query<Row>(lots);
  return rows.map(({ id, state, held_by, stations, quantity, allotted, good, units, first_pass, ...outcomes }) => ({
    ...{ id, state, heldBy: held_by ?? undefined, stations, quantity, allotted, good, units, firstPass: first_pass },
    runs: outcomes,
  }));
}
