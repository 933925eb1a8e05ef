import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';

/** Takes bytes out of a link in the portions that a protocol asks for. Bytes that arrive early or late are kept. */
export class ByteReader {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #kept: readonly number[] = [];

  constructor(link: SerialLink, clock: Clock, signal?: AbortSignal) {
    this.#link = link;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * Exactly `count` bytes, or undefined when they are not all there within `timeout`: those that are stay for the next
   * call.
   */
  async take(count: number, timeout: Milliseconds): Promise<Uint8Array | undefined> {
    const deadline = this.#clock.now() + timeout;
    while (this.#kept.length < count) {
      this.#signal?.throwIfAborted();
      const left = deadline - this.#clock.now();
      if (left <= 0) return undefined;
      this.#kept = [...this.#kept, ...(await this.#link.receive(left, this.#signal))];
    }
    const taken = this.#kept.slice(0, count);
    this.#kept = this.#kept.slice(count);
    return Uint8Array.from(taken);
  }

  /** Gives bytes back, to be taken next. */
  pushBack(bytes: Uint8Array): void {
    this.#kept = [...bytes, ...this.#kept];
  }

  /** All bytes that have arrived and were not taken yet. */
  rest(): Uint8Array {
    return Uint8Array.from(this.#kept);
  }

  /** Discards received bytes, here and in the port. */
  async discard(): Promise<void> {
    this.#kept = [];
    await this.#link.drainInput();
  }
}
