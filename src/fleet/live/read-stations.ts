import type { Milliseconds } from '../../base/units.ts';
import type { Database } from '../database.ts';
import { readBeatView } from './beat-view.ts';
import type { FleetStation } from './fleet-view.ts';

/** Three beats of a station, which come every two seconds. */
export const stationSilence: Milliseconds = 6_000;

interface Row {
  readonly name: string;
  readonly is_connected: boolean | null;
  readonly heard: number | null;
  readonly held_by: string | null;
  readonly must_report: boolean;
  readonly version: string | null;
  readonly clock_offset_ms: number | null;
  readonly unsent: number | null;
  readonly seq: number;
  readonly view: unknown;
}

/** What a station has said of itself, as it was read last. */
export type BeatViews = Map<string, ReturnType<typeof readBeatView>>;

/**
 * All stations that have not left, by their names. What one says of itself is only read where its name is in `heard`, or where
 * `views` has nothing of it yet; `views` keeps it.
 */
export async function readStations(
  database: Database,
  views: BeatViews,
  heard: Iterable<string>,
): Promise<readonly FleetStation[]> {
  const known = [...views.keys()];
  const rows = await database.query<Row>(
    `SELECT name, beat_at > clock_timestamp() - $1 * interval '1 ms' AS is_connected,
       (extract(epoch FROM beat_at) * 1000)::BIGINT AS heard, held_by, must_report, version, clock_offset_ms, unsent, seq,
       CASE WHEN name = ANY ($2::TEXT[]) OR name <> ALL ($3::TEXT[]) THEN view END AS view
     FROM station WHERE left_at IS NULL ORDER BY name COLLATE "C"`,
    ...[stationSilence, [...heard], known],
  );
  for (const { name, view } of rows) if (view !== null) views.set(name, readBeatView(view));
  return rows.map((row) => stationOf(row, views.get(row.name) ?? readBeatView(undefined)));
}

function stationOf(row: Row, { lot, state, heldBy, heldReason, slots }: ReturnType<typeof readBeatView>): FleetStation {
  const isConnected = row.is_connected ?? false;
  const offset = row.clock_offset_ms;
  return {
    name: row.name,
    isConnected,
    lastHeard: isConnected ? undefined : (row.heard ?? undefined),
    heldBy: row.held_by ?? heldBy,
    heldReason: row.held_by === null ? heldReason : undefined,
    mustReport: row.must_report,
    version: row.version ?? undefined,
    clockOffset: offset === null ? undefined : Math.round(offset / 100) * 100,
    unsent: row.unsent ?? 0,
    received: row.seq,
    ...{ lot, state, slots },
  };
}
