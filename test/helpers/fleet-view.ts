import type { FleetStation } from '../../src/fleet/live/fleet-view.ts';

/** A station of a fleet as its page has it: connected, with a lot, and with nothing against it. */
export const fleetStation = (name: string, changes: Partial<FleetStation> = {}): FleetStation => ({
  ...{ name, isConnected: true, lastHeard: undefined, heldBy: undefined, heldReason: undefined, mustReport: false },
  ...{ version: '1.0.0', clockOffset: 0, unsent: 0, received: 0, lot: '2611-A', state: 'ready', slots: [] },
  ...changes,
});
