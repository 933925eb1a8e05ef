import type {
  SlotState,
  SlotView,
  StationAnswer,
  StationEvent,
  StationHandle,
  StationRequest,
  StationView,
} from '../../src/jig/station-view.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';

export const slotView = (name: string, changes: Partial<SlotView> = {}): SlotView => ({
  name,
  state: 'waiting',
  needs: ['scan'],
  serial: undefined,
  run: undefined,
  attempt: undefined,
  step: undefined,
  verdict: undefined,
  heldBy: undefined,
  heldReason: undefined,
  adapter: undefined,
  since: 0,
  ...changes,
});

export const stationView = (changes: Partial<StationView> = {}): StationView => ({
  station: 'line2-a',
  lot: '2611-A',
  quantity: 500,
  profile: 'rc-cap',
  image: 'app.hex',
  simulated: false,
  state: 'ready',
  heldBy: undefined,
  heldReason: undefined,
  counts: { units: 0, passed: 0, firstPass: 0, runs: { pass: 0, fail: 0, error: 0, aborted: 0 } },
  slots: ['A1', 'A2', 'A3', 'A4'].map((name) => slotView(name)),
  lastRuns: [],
  strangers: [],
  ...changes,
});

/** A station that does what a test says, and keeps what it was asked. */
export interface ScriptedStation extends StationHandle {
  readonly asked: StationRequest[];
  /** Of the next requests. */
  answer: (request: StationRequest) => StationAnswer;
  tell(event: StationEvent): void;
  /** Changes one slot and tells of it. */
  slot(name: string, state: SlotState, changes?: Partial<SlotView>): void;
  progress(slot: string, run: string, ...events: ProgressEvent[]): void;
}

export function scriptedStation(first: Partial<StationView> = {}): ScriptedStation {
  let view = stationView(first);
  const listeners = new Set<(event: StationEvent) => void>();
  const station: ScriptedStation = {
    asked: [],
    answer: () => ({ ok: true }),
    view: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request(request) {
      station.asked.push(request);
      return station.answer(request);
    },
    tell(event) {
      if (event.event === 'station') view = event.view;
      if (event.event === 'slot')
        view = { ...view, slots: view.slots.map((slot) => (slot.name === event.slot.name ? event.slot : slot)) };
      if (event.event === 'run')
        view = { ...view, counts: event.counts, lastRuns: [event.run, ...view.lastRuns].slice(0, 20) };
      for (const listener of listeners) listener(event);
    },
    slot(name, state, changes = {}) {
      const before = view.slots.find((slot) => slot.name === name)!;
      station.tell({ event: 'slot', slot: { ...before, state, needs: [], step: undefined, ...changes } });
    },
    progress(slot, run, ...events) {
      for (const progress of events) station.tell({ event: 'progress', slot, run, progress });
    },
  };
  return station;
}
