import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';

/** Timers of one run of a program; a reset clears them all at once. */
export class Timers {
  readonly #clock: Clock;
  readonly #pending = new Set<unknown>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delay: Milliseconds, callback: () => void): void {
    const id = this.#clock.setTimeout(() => {
      this.#pending.delete(id);
      callback();
    }, delay);
    this.#pending.add(id);
  }

  clear(): void {
    for (const id of this.#pending) this.#clock.clearTimeout(id);
    this.#pending.clear();
  }
}
