/**
 * Bytes under way to the agent that it has not read yet, at most. The channel of a User Mode Linux guest is a tty. Linux throttles
 * one at 4096 - 128 unread bytes (drivers/tty/n_tty.c), and this one is never heard again: line_throttle() takes its
 * descriptor away for good (arch/um/drivers/line.c, Linux 7.3; seen as an agent that answers nothing any more).
 */
export const windowToAgent = 2048;

/**
 * The other way the descriptor is a socket of 208 KiB, of which each write of a tty takes twice its bytes. A writer that finds it full
 * is not always woken (seen on a busy machine as an agent that never ends an answer of 200 kB).
 */
export const windowToHost = 32 * 1024;
/** The host says after so many bytes what it has read. */
export const confirmedBytes = windowToHost / 4;

/** Writes no more than the other end has room for. */
export class PacedOutput {
  readonly #output: { write(bytes: Buffer): void };
  readonly #window: number;
  #waiting = Buffer.alloc(0);
  #sent = 0;
  #received = 0;

  constructor(output: { write(bytes: Buffer): void }, window: number) {
    this.#output = output;
    this.#window = window;
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
    const part = this.#waiting.subarray(0, this.#window - (this.#sent - this.#received));
    if (part.length === 0) return;
    this.#waiting = this.#waiting.subarray(part.length);
    this.#sent += part.length;
    this.#output.write(part);
  }
}
