import type { Database } from '../database.ts';
import type { FleetStation, FleetView, SlotDrift } from './fleet-view.ts';
import { readDrift } from './read-drift.ts';
import { readLots } from './read-lots.ts';
import { type BeatViews, readStations } from './read-stations.ts';
import { readAlarms, readQuarantine } from './read-troubles.ts';

/** Reads a fleet again and again by one connection, and of it what has changed. */
export class FleetReader {
  readonly #database: Database;
  readonly #views: BeatViews = new Map();
  readonly #drifts = new Map<string, { readonly received: number; readonly drifts: readonly SlotDrift[] }>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** `heard`: names of stations that may have said something else than before. */
  async now(heard: Iterable<string>): Promise<Pick<FleetView, 'stations' | 'alarms' | 'quarantine'>> {
    return {
      stations: await readStations(this.#database, this.#views, heard),
      alarms: await readAlarms(this.#database),
      quarantine: await readQuarantine(this.#database),
    };
  }

  /** What is computed from the records: it takes longer the more of them there are. */
  async figures(stations: readonly FleetStation[]): Promise<Pick<FleetView, 'lots' | 'drifts'>> {
    const lots = await readLots(this.#database);
    for (const { name, received } of stations) {
      if (this.#drifts.get(name)?.received === received) continue;
      this.#drifts.set(name, { received, drifts: await readDrift(this.#database, name) });
    }
    return { lots, drifts: stations.flatMap(({ name }) => this.#drifts.get(name)?.drifts ?? []) };
  }
}

/** A fleet as it is now. @throws BootctlError `fleet-missing`, `fleet-refused`, `fleet-unreachable` */
export async function readFleet(database: Database): Promise<FleetView> {
  const reader = new FleetReader(database);
  const now = await reader.now([]);
  return { lost: undefined, ...now, ...(await reader.figures(now.stations)) };
}
