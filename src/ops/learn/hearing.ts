import type { SerialLink } from '../../bench/serial-link.ts';

/** Listens on the adapter while an experiment runs: an application may say something at its start. */
export class Hearing {
  readonly #link: SerialLink;
  #stop: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();
  #bytes: number[] = [];
  #lost: unknown;

  constructor(link: SerialLink) {
    this.#link = link;
  }

  async begin(): Promise<void> {
    await this.end();
    await this.#link.drainInput();
    const stop = new AbortController();
    this.#stop = stop;
    this.#bytes = [];
    this.#done = this.#listen(stop.signal);
  }

  /** What was heard, where it is text. @throws BootctlError `adapter-lost` */
  async end(): Promise<string> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#done;
    if (this.#lost !== undefined) throw this.#lost;
    return textOf(this.#bytes);
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) this.#bytes.push(...(await this.#link.receive(longest, signal)));
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
