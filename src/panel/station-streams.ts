import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';
import type { SlotView, StationEvent, StationHandle } from '../jig/station-view.ts';
import { after, firstState, type PageEvent, type PageMessage, type PageState } from './page-state.ts';
import { createStory, createStreams, type Streams } from './streams.ts';

/** Progress of one slot goes to the pages no more often. */
const progressInterval: Milliseconds = 100;

/** What a page has to know of its server. */
export interface ServerLife {
  /** Another one after each start. */
  readonly life: string;
  /** What is done is chosen at the page. */
  readonly desk: boolean;
}

/** The pages that look at one station. */
export function createStationStreams(station: StationHandle, clock: Clock, { life, desk }: ServerLife): Streams {
  let state: PageState = firstState(station.view());
  const story = createStory<PageMessage>(life, () => {
    state = { ...state, view: station.view() };
    return { event: 'state', life, desk, state };
  });
  const streams = createStreams(clock, story);
  const paced = paceSlots(clock, (event) => {
    const timed: PageEvent = { ...event, t: Math.round(clock.now()) };
    state = after(state, timed);
    streams.write(story.add(timed));
  });
  const unsubscribe = station.subscribe((event) => paced.take(shownIn(state, event)));
  return {
    add: streams.add,
    [Symbol.dispose]() {
      unsubscribe();
      paced.stop();
      streams[Symbol.dispose]();
    },
  };
}

/** How far a phase is, the slot says: its log has no line for each block. */
function shownIn({ view }: PageState, event: StationEvent): StationEvent {
  if (event.event !== 'progress' || event.progress.event !== 'phase.progress') return event;
  const { phase: name, done, total } = event.progress;
  const slot = view.slots.find((one) => one.name === event.slot);
  return slot?.state === 'running' ? { event: 'slot', slot: { ...slot, step: { name, done, total } } } : event;
}

/** Lets a slot's state through at once, and of its progress within one step the newest at intervals. */
function paceSlots(clock: Clock, tell: (event: StationEvent) => void) {
  const last = new Map<string, { readonly slot: SlotView; readonly at: Milliseconds }>();
  const waiting = new Map<string, unknown>();
  const forget = (name: string) => {
    clock.clearTimeout(waiting.get(name));
    waiting.delete(name);
  };
  const send = (event: StationEvent & { readonly event: 'slot' }) => {
    forget(event.slot.name);
    last.set(event.slot.name, { slot: event.slot, at: clock.now() });
    tell(event);
  };
  return {
    take(event: StationEvent): void {
      if (event.event !== 'slot') {
        tell(event);
        return;
      }
      const { slot } = event;
      const before = last.get(slot.name);
      const wait = before && isSameStep(before.slot, slot) ? before.at + progressInterval - clock.now() : 0;
      forget(slot.name);
      if (wait > 0)
        waiting.set(
          slot.name,
          clock.setTimeout(() => send(event), wait),
        );
      else send(event);
    },
    stop(): void {
      for (const timer of waiting.values()) clock.clearTimeout(timer);
    },
  };
}

const isSameStep = (one: SlotView, other: SlotView): boolean =>
  one.state === other.state && one.run === other.run && one.step !== undefined && one.step.name === other.step?.name;
