import type { Clock } from '../bench/clock.ts';
import type { LineState } from '../bench/serial-link.ts';

/** What physically happened on a simulated bench; tests assert on this, not on bootctl's output. */
export type TruthEvent =
  | { readonly what: 'lines'; readonly adapter: string; readonly rts: LineState; readonly dtr: LineState }
  /** A GPIO of the host has this level from now on. */
  | { readonly what: 'gpio'; readonly chip: string; readonly offset: number; readonly level: 0 | 1 }
  | { readonly what: 'gpio-held' | 'gpio-given-back'; readonly chip: string; readonly offsets: readonly number[] }
  /** A program of the host was started. */
  | { readonly what: 'command'; readonly argv: readonly string[] }
  /** A hub cuts or restores the power of its port. */
  | { readonly what: 'port-power'; readonly port: string; readonly isOn: boolean }
  | { readonly what: 'nrst'; readonly level: 0 | 1 }
  | {
      readonly what: 'boot0-sampled';
      readonly volts: number;
      readonly level: 0 | 1;
      readonly boots: 'rom' | 'application' | 'nothing';
    }
  | { readonly what: 'enumerated' | 'vanished'; readonly path: string; readonly device: string }
  /** A program of the host has opened the device. */
  | { readonly what: 'usb-opened'; readonly path: string }
  /** The first DFU request of this kind since the ROM has started: `DNLOAD`. */
  | { readonly what: 'dfu-request'; readonly request: string }
  | { readonly what: 'rom-interface'; readonly selected: 'usb' | 'usart' | 'another' }
  /** The ROM has measured the host's rate, with this relative error. */
  | { readonly what: 'usart-measured'; readonly baudRate: number; readonly deviation: number }
  /** The host has set the longest time in ms that a chip keeps bytes back. A full packet goes out earlier. */
  | { readonly what: 'latency-set'; readonly latency: number }
  /** So many bytes were kept back until the chip's timer had expired. */
  | { readonly what: 'latency-expired'; readonly latency: number; readonly bytes: number }
  | { readonly what: 'erased'; readonly address: number; readonly bytes: number }
  | { readonly what: 'programmed'; readonly address: number; readonly bytes: number }
  | { readonly what: 'programmed-without-erase'; readonly address: number }
  | { readonly what: 'left'; readonly address: number }
  | { readonly what: 'application'; readonly state: 'running' | 'crashed' }
  | { readonly what: 'fault'; readonly name: string };

/** A truth event with its board and its time on the bench's clock, in ms. */
export type TimedTruth = TruthEvent & { readonly t: number; readonly board: string };

/** Append-only record of a bench. */
export class TruthLog {
  readonly events: TimedTruth[] = [];
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: TimedTruth) => void>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  add(board: string, event: TruthEvent): void {
    const timed = { ...event, board, t: this.#clock.now() };
    this.events.push(timed);
    for (const listener of this.#listeners) listener(timed);
  }
  /** Calls `listener` for each later event. Faults that follow an event subscribe here. Returns the unsubscriber. */
  onEvent(listener: (event: TimedTruth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  of<W extends TruthEvent['what']>(what: W): (TimedTruth & { what: W })[] {
    return this.events.filter((event): event is TimedTruth & { what: W } => event.what === what);
  }
}
