import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';

/** What was heard where it is text, and when the last of it had come. */
export interface Heard {
  readonly text: string;
  readonly at: Milliseconds;
}

/** Listens on the adapter while an experiment runs: an application may say something at its start. */
export class Hearing {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  #at: Milliseconds = 0;
  #stop: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();
  #bytes: number[] = [];
  #lost: unknown;

  constructor(link: SerialLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  async begin(): Promise<void> {
    await this.end();
    await this.#link.drainInput();
    const stop = new AbortController();
    this.#stop = stop;
    this.#bytes = [];
    this.#done = this.#listen(stop.signal);
  }

  /** @throws BootctlError `adapter-lost` */
  async end(): Promise<Heard> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#done;
    if (this.#lost !== undefined) throw this.#lost;
    return { text: textOf(this.#bytes), at: this.#at };
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const bytes = await this.#link.receive(longest, signal);
        if (bytes.length > 0) this.#at = this.#clock.now();
        this.#bytes.push(...bytes);
      }
    } catch (error) {
      if (!signal.aborted) this.#lost = error;
    }
  }
}

/** Of one call; the next one follows. */
const longest = 1_000;
const mostlyText = 0.9;

/** Bytes of another rate or format are no text. */
function textOf(bytes: readonly number[]): string {
  const isText = (byte: number) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
  if (bytes.filter(isText).length < mostlyText * bytes.length) return '';
  return String.fromCharCode(...bytes.filter(isText)).slice(0, 1_000);
}
