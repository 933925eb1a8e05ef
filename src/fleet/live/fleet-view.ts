import type { Milliseconds } from '../../base/units.ts';
import type { SlotState, StationView } from '../../jig/station-view.ts';
import type { Instant, Outcome } from '../../records/records.ts';

/** All that is shown of a fleet. Times are those of the centre. */
export interface FleetView {
  /** Undefined while the database is there. */
  readonly lost: DatabaseLoss | undefined;
  readonly stations: readonly FleetStation[];
  readonly lots: readonly FleetLot[];
  readonly drifts: readonly SlotDrift[];
  /** Until a person has looked at them; the newest first. */
  readonly alarms: readonly FleetAlarm[];
  readonly quarantine: Quarantine;
}

export interface DatabaseLoss {
  /** By the clock of this computer. */
  readonly since: Instant;
  readonly message: string;
}

export interface FleetStation {
  readonly name: string;
  readonly isConnected: boolean;
  /** Of a station that is not connected: when it was heard last; undefined where it never was. */
  readonly lastHeard: Instant | undefined;
  /** By the centre or by itself. */
  readonly heldBy: string | undefined;
  /** The same as it says it to its own page, where it is held by itself. */
  readonly heldReason: ToldReason | undefined;
  /** The centre was put back, and waits for what this station was granted. */
  readonly mustReport: boolean;
  readonly version: string | undefined;
  /** Its clock minus that of the centre, in steps of 0.1 s. */
  readonly clockOffset: Milliseconds | undefined;
  /** Records that it had at its last beat, and that were not here. */
  readonly unsent: number;
  /** Records of it that are here. */
  readonly received: number;
  /** What it makes, and how it is; undefined before its first beat. */
  readonly lot: string | undefined;
  readonly state: StationView['state'] | undefined;
  readonly slots: readonly FleetSlot[];
}

/** A StationReason, if the station is of our version. */
export interface ToldReason {
  readonly code: string;
  readonly [name: string]: string | number | readonly string[];
}

export interface FleetSlot {
  readonly name: string;
  readonly state: SlotState;
  readonly outcome: Outcome | undefined;
  readonly code: string | undefined;
  readonly serial: string | undefined;
  readonly heldBy: string | undefined;
}

/** By the records that have arrived. */
export interface FleetLot {
  readonly id: string;
  readonly state: 'draft' | 'open' | 'held' | 'closed';
  readonly heldBy: string | undefined;
  readonly stations: readonly string[];
  readonly quantity: number;
  /** Good units that stations have made or may still make. */
  readonly allotted: number;
  readonly good: number;
  /** That ended as pass or fail at least once, at whichever station. */
  readonly units: number;
  /** Whose first run that counts has passed, over all stations. */
  readonly firstPass: number;
  readonly runs: Readonly<Record<Outcome, number>>;
}

/** Where the hold margin of a slot moves; as `jig report` has it of one station. */
export interface SlotDrift {
  readonly station: string;
  readonly slot: string;
  readonly n: number;
  readonly mean: Milliseconds;
  readonly low: Milliseconds | undefined;
  readonly cpk: number | undefined;
  readonly perHundredRuns: number | undefined;
  readonly crossesIn: number | undefined;
  readonly isAlarm: boolean;
}

export interface FleetAlarm {
  readonly id: number;
  readonly at: Instant;
  readonly station: string | undefined;
  readonly lot: string | undefined;
  readonly code: string;
  readonly why: string;
}

/** Records that contradict what is known, and that nobody has cleared. */
export interface Quarantine {
  readonly count: number;
  /** The newest first. */
  readonly newest: readonly {
    readonly station: string;
    readonly seq: number;
    readonly at: Instant;
    readonly why: string;
  }[];
}

export const emptyFleet: FleetView = {
  ...{ lost: undefined, stations: [], lots: [], drifts: [], alarms: [] },
  quarantine: { count: 0, newest: [] },
};

/** What is different; of stations only those that are. Null where the database is there again: JSON has no undefined. */
export interface FleetChange extends Partial<Omit<FleetView, 'lost' | 'stations'>> {
  readonly lost?: DatabaseLoss | null;
  readonly stations?: readonly FleetStation[];
  readonly gone?: readonly string[];
}

/** Undefined where nothing is different. */
export function changeBetween(before: FleetView, now: FleetView): FleetChange | undefined {
  const known = new Map(before.stations.map((station) => [station.name, JSON.stringify(station)]));
  const stations = now.stations.filter((station) => known.get(station.name) !== JSON.stringify(station));
  const names = new Set(now.stations.map(({ name }) => name));
  const gone = [...known.keys()].filter((name) => !names.has(name));
  const others = (['lots', 'drifts', 'alarms', 'quarantine'] as const).filter((key) => differ(before[key], now[key]));
  const change: FleetChange = {
    ...(differ(before.lost, now.lost) ? { lost: now.lost ?? null } : {}),
    ...(stations.length > 0 ? { stations } : {}),
    ...(gone.length > 0 ? { gone } : {}),
    ...Object.fromEntries(others.map((key) => [key, now[key]])),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

const differ = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other);

/** The view after a change; the same everywhere, so that a reload changes nothing. */
export function afterChange(view: FleetView, change: FleetChange): FleetView {
  const { lost, stations = [], gone = [], ...others } = change;
  const changed = new Map(stations.map((station) => [station.name, station]));
  const kept = view.stations.filter(({ name }) => !changed.has(name) && !gone.includes(name));
  return {
    ...view,
    ...others,
    ...(lost === undefined ? {} : { lost: lost ?? undefined }),
    stations: [...kept, ...stations].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** What a view holds of a fleet. */
export interface FleetHandle {
  readonly view: () => FleetView;
  /** Returns the unsubscriber. */
  readonly subscribe: (listener: (change: FleetChange) => void) => () => void;
}
