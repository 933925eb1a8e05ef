import type { ServerResponse } from 'node:http';
import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';
import type { SlotView, StationEvent, StationHandle } from '../jig/station-view.ts';
import { after, firstState, type PageEvent, type PageMessage, type PageState } from './page-state.ts';

/** A page that misses three of these is grey. */
const beatInterval: Milliseconds = 500;
/** Progress of one slot goes to the pages no more often. */
const progressInterval: Milliseconds = 100;
/** A page that was away for longer gets the whole state. */
const mostKept = 500;
/** A page that takes nothing for so long is let go; it connects again. */
const mostUnsent = 1_000_000;
const mostStreams = 32;
/** A browser opens six connections to one host: one is left for requests. */
const mostOfOneAddress = 5;

/** What a page has to know of its server. */
export interface ServerLife {
  /** Another one after each start. */
  readonly life: string;
  /** What is done is chosen at the page. */
  readonly desk: boolean;
}

/** The pages that look at one station. */
export interface Streams extends Disposable {
  /** Answers with a stream of server-sent events; where there are too many, with one that says so and ends. */
  add(response: ServerResponse, lastEventId: string | undefined): void;
}

export function createStreams(station: StationHandle, clock: Clock, server: ServerLife): Streams {
  const pages = new Set<ServerResponse>();
  const story = createStory(station, server);
  const writeAll = (text: string) => {
    for (const page of pages) {
      if (page.writableLength > mostUnsent) page.destroy();
      else page.write(text);
    }
  };
  const paced = paceSlots(clock, (event) => writeAll(story.add({ ...event, t: Math.round(clock.now()) })));
  const unsubscribe = station.subscribe((event) => paced.take(story.shown(event)));
  const beatAll = () => {
    writeAll('event: beat\ndata: 1\n\n');
    beat = clock.setTimeout(beatAll, beatInterval);
  };
  let beat = clock.setTimeout(beatAll, beatInterval);

  return {
    add(response, lastEventId) {
      const address = response.req.socket.remoteAddress;
      const ofAddress = [...pages].filter((page) => page.req.socket.remoteAddress === address);
      response.setHeader('content-type', 'text/event-stream; charset=utf-8').writeHead(200);
      if (pages.size >= mostStreams || ofAddress.length >= mostOfOneAddress) return void response.end(fullText);
      response.write(`retry: 500\n\n${story.since(lastEventId)}`);
      pages.add(response);
      response.on('close', () => pages.delete(response));
    },
    [Symbol.dispose]() {
      unsubscribe();
      paced.stop();
      clock.clearTimeout(beat);
      for (const page of pages) page.destroy();
    },
  };
}

interface Kept {
  readonly id: number;
  readonly text: string;
}

/** What has happened, as text for the pages: the state now, and the last events with their numbers. */
function createStory(station: StationHandle, { life, desk }: ServerLife) {
  const kept: Kept[] = [];
  let state: PageState = firstState(station.view());
  let lastId = 0;
  /** Undefined where what this page has seen is too long ago, or of another life of the server. */
  const missed = (lastEventId: string): readonly Kept[] | undefined => {
    const [ofLife, id] = lastEventId.split('-');
    const seen = Number(id);
    const isKnown = ofLife === life && Number.isInteger(seen) && seen <= lastId && seen >= lastId - kept.length;
    return isKnown ? kept.filter((one) => one.id > seen) : undefined;
  };
  return {
    /** How far a phase is, the slot says: its log has no line for each block. */
    shown(event: StationEvent): StationEvent {
      if (event.event !== 'progress' || event.progress.event !== 'phase.progress') return event;
      const { phase: name, done, total } = event.progress;
      const slot = state.view.slots.find((one) => one.name === event.slot);
      return slot?.state === 'running' ? { event: 'slot', slot: { ...slot, step: { name, done, total } } } : event;
    },
    add(event: PageEvent): string {
      state = after(state, event);
      lastId += 1;
      const text = messageText(`${life}-${lastId}`, event);
      kept.push({ id: lastId, text });
      if (kept.length > mostKept) kept.shift();
      return text;
    },
    since(lastEventId = ''): string {
      const events = missed(lastEventId);
      if (events) return events.map(({ text }) => text).join('');
      state = { ...state, view: station.view() };
      return messageText(`${life}-${lastId}`, { event: 'state', life, desk, state });
    },
  };
}

const fullText = 'retry: 3000\nevent: full\ndata: 1\n\n';

const messageText = (id: string, message: PageMessage): string => `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`;

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
