import { svg, type TemplateResult } from 'lit';
import type { FleetSlot, FleetStation } from '../../../fleet/live/fleet-view.ts';
import type { Shown } from '../shown.ts';

/** What a tile of a station looks like. */
export type StationShown = 'held' | 'silent' | 'new' | 'reports' | 'ready' | 'busy' | 'stopped';

export function shownStation({ isConnected, lastHeard, heldBy, mustReport, state, slots }: FleetStation): StationShown {
  if (heldBy !== undefined) return 'held';
  if (!isConnected) return lastHeard === undefined ? 'new' : 'silent';
  if (mustReport) return 'reports';
  if (state === 'stopped' || state === 'draining') return 'stopped';
  return slots.some((slot) => slot.state === 'running') ? 'busy' : 'ready';
}

export const stationShapes: Readonly<Record<StationShown, TemplateResult>> = {
  held: svg`<path d="M8 5v14M16 5v14" />`,
  silent: svg`<path d="M5 5l14 14M19 5L5 19" />`,
  new: svg`<circle cx="12" cy="12" r="8" />`,
  reports: svg`<path d="M12 6v6l4 3" /><circle cx="12" cy="12" r="9" />`,
  ready: svg`<path d="M4 13l6 6L21 6" />`,
  busy: svg`<path d="M7 4l12 8-12 8z" />`,
  stopped: svg`<path d="M6 6h12v12H6z" />`,
};

/** As the page of the station itself shows it. */
export const shownSlot = ({ state, outcome }: FleetSlot): Shown => (state === 'verdict' ? (outcome ?? 'error') : state);
