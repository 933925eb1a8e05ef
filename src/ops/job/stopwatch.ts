import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';

/** Adds up how long each named part of a job took. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #started: Milliseconds;
  readonly #parts: Record<string, Milliseconds> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#started = clock.now();
  }

  async time<T>(part: string, work: () => Promise<T>): Promise<T> {
    const from = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#parts[part] = (this.#parts[part] ?? 0) + this.#clock.now() - from;
    }
  }

  /** Durations of the parts so far, in whole ms, and of all since the start as `total`. */
  read(): Readonly<Record<string, Milliseconds>> {
    const all = { ...this.#parts, total: this.#clock.now() - this.#started };
    return Object.fromEntries(Object.entries(all).map(([part, ms]) => [part, Math.round(ms)]));
  }
}
