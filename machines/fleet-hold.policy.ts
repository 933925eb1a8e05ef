import type { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import type { GrantKind, GrantStock } from './fleet-grant.policy.ts';
import type { StationReason } from './station-reason.ts';

/** What a station knows of its fleet, as far as it may keep it from beginning a unit. */
export interface FleetSituation {
  readonly station: string;
  /** Why the centre does not take this station, or is not reached. */
  readonly error: BootctlError | undefined;
  /** Since when the centre is not reached, as a person reads it: `14:02`; undefined where it is. */
  readonly offlineSince: string | undefined;
  /** Why the centre holds this station. */
  readonly heldBy: string | undefined;
  readonly lot: FleetLotNow | undefined;
  /** Why the lot cannot be run. */
  readonly unusable: BootctlError | undefined;
  /** For so long the station has run since the centre spoke. */
  readonly silent: Milliseconds;
  /** Clock of this computer minus that of the centre; undefined before it has spoken. */
  readonly clockOffset: Milliseconds | undefined;
  readonly stock: GrantStock | undefined;
  /** Of these the centre has none left. */
  readonly dry: readonly GrantKind[];
}

export interface FleetLotNow {
  readonly id: string;
  readonly state: 'open' | 'held' | 'closed';
  readonly heldBy: string | null;
  readonly lease: Milliseconds;
}

/** Dates in the records would be wrong. A clock decides nothing else. */
const wrongClock: Milliseconds = 300_000;

/** Two that speak as one station would give out the same numbers; another file of records has forgotten numbers. */
const isDouble = (error: BootctlError | undefined): error is BootctlError =>
  error?.code === 'station-taken-over' || error?.code === 'fleet-records-forked';

/** Why no unit may begin; the most urgent first. Undefined where one may. */
export function fleetHold(now: FleetSituation): StationReason | undefined {
  const { error, heldBy, clockOffset = 0, lot, unusable, silent } = now;
  if (isDouble(error)) return { code: 'fleet-double', error: error.code, detail: error.message };
  if (heldBy !== undefined) return { code: 'fleet-holds', why: heldBy };
  if (Math.abs(clockOffset) > wrongClock) return { code: 'clock-wrong', seconds: Math.round(clockOffset / 1000) };
  if (!lot) return { code: now.offlineSince === undefined ? 'lot-none' : 'fleet-awaited', station: now.station };
  if (lot.state === 'closed') return { code: 'lot-closed', lot: lot.id };
  if (unusable) return { code: 'lot-unusable', lot: lot.id, error: unusable.code, detail: unusable.message };
  if (lot.state === 'held') return { code: 'lot-held', lot: lot.id, why: lot.heldBy ?? '' };
  if (silent >= lot.lease) return { code: 'lease-used-up', lot: lot.id, hours: Math.round(lot.lease / 360_000) / 10 };
  return usedUp(now, lot.id);
}

function usedUp({ station, stock, dry, offlineSince }: FleetSituation, lot: string): StationReason | undefined {
  const what = (['units', 'numbers'] as const).find((kind) => (stock?.[kind] ?? 1) <= 0);
  if (!what) return undefined;
  if (offlineSince !== undefined) return { code: 'grant-used-up', lot, what, station, since: offlineSince };
  return dry.includes(what) ? { code: 'lot-given-out', lot, what } : { code: 'grant-awaited', lot, what };
}
