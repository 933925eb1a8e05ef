import { afterChange, type FleetChange, type FleetView } from '../fleet/live/fleet-view.ts';

/** `life`: of the server; a page that has been loaded from another loads again. */
export type FleetMessage =
  | { readonly event: 'state'; readonly life: string; readonly view: FleetView }
  | { readonly event: 'change'; readonly change: FleetChange };

/** The view of a page after a message; undefined before the first. */
export const fleetAfter = (view: FleetView | undefined, message: FleetMessage): FleetView | undefined =>
  message.event === 'state' ? message.view : view && afterChange(view, message.change);
