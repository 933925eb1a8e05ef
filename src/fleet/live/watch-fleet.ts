import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { Instant } from '../../records/records.ts';
import type { Database } from '../database.ts';
import { changeBetween, emptyFleet, type FleetChange, type FleetHandle, type FleetView } from './fleet-view.ts';
import { FleetReader } from './read-fleet.ts';

/** What comes within it is read at once: a hundred stations beat fifty times a second. */
const betweenReadings: Milliseconds = 500;
/** That a station is silent, nobody says. */
const lookForSilence: Milliseconds = 2_000;
const betweenFigures: Milliseconds = 2_000;
const connectAgain: Milliseconds = 1_000;
/** Reading is at most this part of the time, however many records there are. */
const busyAtMost = 1 / 20;
/** A network that drops everything is noticed after so long. */
export const watchPatience: Milliseconds = 5_000;

export interface WatchOptions {
  readonly connect: () => Promise<Database>;
  readonly clock: Clock;
  readonly now: () => Instant;
}

/** A fleet as it is, by one connection that comes again when it was lost. */
export class FleetWatch implements FleetHandle, AsyncDisposable {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<(change: FleetChange) => void>();
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  #view: FleetView = emptyFleet;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  view(): FleetView {
    return this.#view;
  }

  subscribe(listener: (change: FleetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { connect, clock, now } = this.#options;
    while (!this.#end.signal.aborted) {
      try {
        await using database = await connect();
        await this.#watch(database);
      } catch (error) {
        if (this.#end.signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        this.#set({ ...this.#view, lost: { since: this.#view.lost?.since ?? now(), message } });
      }
      await sleep(clock, connectAgain, this.#end.signal).catch(() => {});
    }
  }

  /** Until the connection is lost. */
  async #watch(database: Database): Promise<never> {
    const { clock } = this.#options;
    const signal = AbortSignal.any([this.#end.signal, database.lost]);
    const reader = new FleetReader(database);
    const news = await listen(database);
    let figuresDue = clock.now();
    for (;;) {
      const began = clock.now();
      const { stations, ...troubles } = await reader.now(news.take());
      this.#set({ ...this.#view, lost: undefined, stations, ...troubles });
      const read = clock.now();
      if (read >= figuresDue) {
        this.#set({ ...this.#view, ...(await reader.figures(stations)) });
        figuresDue = clock.now() + Math.max(betweenFigures, (clock.now() - read) / busyAtMost);
      }
      await sleep(clock, Math.max(betweenReadings, (read - began) / busyAtMost), signal);
      await news.wait(clock, lookForSilence, signal);
    }
  }

  #set(view: FleetView): void {
    const change = changeBetween(this.#view, view);
    this.#view = view;
    if (change) for (const listener of this.#listeners) listener(change);
  }
}

/** What stations and the office notify, gathered until it is taken. */
async function listen(database: Database) {
  const heard = new Set<string>();
  let wake = () => {};
  const hear = (name: string) => {
    heard.add(name);
    wake();
  };
  await database.listen('bootctl_fleet', hear);
  await database.listen('bootctl_lot', hear);
  return {
    take: (): readonly string[] => {
      const names = [...heard];
      heard.clear();
      return names;
    },
    /** Until there is something, and no longer than `longest`. */
    async wait(clock: Clock, longest: Milliseconds, signal: AbortSignal): Promise<void> {
      if (heard.size > 0) return signal.throwIfAborted();
      const early = new AbortController();
      wake = () => early.abort();
      await sleep(clock, longest, AbortSignal.any([early.signal, signal])).catch(() => {});
      wake = () => {};
      signal.throwIfAborted();
    },
  };
}
