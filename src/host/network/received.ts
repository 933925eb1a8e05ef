import type { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { waiting } from '../system/waiting.ts';

/** Bytes that have come over a network and were not taken yet. */
export class Received {
  #chunks: Uint8Array[] = [];
  #lost: BootctlError | undefined;
  #wake = () => {};

  push(bytes: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(bytes));
    this.#wake();
  }

  /** No more will come. What has come can still be taken. */
  end(lost: BootctlError): void {
    this.#lost ??= lost;
    this.#wake();
  }

  /** What has come, as words, where it is short and nothing else. */
  text(): string {
    const words = Buffer.concat(this.#chunks).toString('latin1').trim();
    return /^[\x20-\x7e\r\n]{1,200}$/.test(words) ? words.replace(/\s+/g, ' ') : '';
  }

  discard(): void {
    this.#chunks = [];
  }

  /** Everything so far, at least one byte; none when `timeout` passes first. @throws BootctlError `adapter-lost` */
  async take(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (this.#chunks.length === 0 && !this.#lost) {
      await waiting(timeout, signal, (wake) => {
        this.#wake = wake;
        return wake;
      });
    }
    signal?.throwIfAborted();
    if (this.#chunks.length === 0 && this.#lost) throw this.#lost;
    const bytes = Uint8Array.from(Buffer.concat(this.#chunks));
    this.#chunks = [];
    return bytes;
  }
}
