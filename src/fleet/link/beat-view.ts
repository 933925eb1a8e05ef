import type { StationView } from '../../jig/station-view.ts';

/** What of a station its fleet is told with each beat. */
export const beatView = ({ lot, state, heldBy, heldReason, counts, simulated, slots }: StationView): object => ({
  ...{ lot, state, heldBy, heldReason, counts, simulated },
  slots: slots.map(({ name, state: now, serial, heldBy: why, verdict }) => ({
    ...{ name, state: now, serial, heldBy: why },
    verdict: verdict && { outcome: verdict.outcome, code: verdict.code },
  })),
});
