import type { Writable } from 'node:stream';

/**
 * Bytes under way that the agent has not read yet, at most. The channel of a User Mode Linux guest is a tty. Linux throttles
 * one at 4096 - 128 unread bytes (drivers/tty/n_tty.c), and this one is never heard again: line_throttle() takes its
 * descriptor away for good (arch/um/drivers/line.c, Linux 7.3; seen as an agent that answers nothing any more).
 */
const window = 2048;

/** Writes no more than the other end has room for. */
export class PacedOutput {
  readonly #output: Writable;
  #waiting = Buffer.alloc(0);
  #sent = 0;
  #received = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  write(text: string): void {
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(text)]);
    this.#send();
  }

  /** The other end has read so many bytes since it listens. */
  received(total: number): void {
    this.#received = total;
    this.#send();
  }

  #send(): void {
    const part = this.#waiting.subarray(0, window - (this.#sent - this.#received));
    if (part.length === 0) return;
    this.#waiting = this.#waiting.subarray(part.length);
    this.#sent += part.length;
    this.#output.write(part);
  }
}
