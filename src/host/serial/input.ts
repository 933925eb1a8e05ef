import { readSync } from 'node:fs';
import type { Milliseconds } from '../../base/units.ts';
import { SystemCallError } from '../system/ioctl.ts';
import { systemClock } from '../system/system-clock.ts';
import { waiting } from '../system/waiting.ts';

/** Input of an open port. */
export interface SerialInput {
  receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array>;
  discard(): Promise<void>;
}

/** The part of a POSIX binding of serialport that signals waiting input. */
export interface PolledPort {
  readonly isOpen: boolean;
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', callback: () => void): unknown; stop(): void };
}

/** The part of the Windows binding that reads. */
export interface ReadPort {
  readonly isOpen: boolean;
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>;
  flush(): Promise<void>;
}

const none = new Uint8Array(0);

/**
 * Input on Linux and macOS, read only while a caller waits. In between, the kernel keeps the bytes. serialport's own
 * reader is not used: once started it cannot be stopped, and after an unplug it reads end of file for ever at full
 * CPU load (dist/unix-read.js). serialport opens ports with O_NONBLOCK, so that a read returns at once: a thread for it would
 * only add its own start to each of the ROM's answers.
 */
export function polledInput(port: PolledPort): SerialInput {
  const buffer = Buffer.alloc(4096);
  const descriptor = (): number => {
    if (!port.isOpen || port.fd === null) throw new SystemCallError('read', 'EBADF');
    return port.fd;
  };
  const readNow = (): Uint8Array => {
    const open = descriptor();
    try {
      const bytesRead = readSync(open, buffer, 0, buffer.length, null);
      if (bytesRead === 0) throw new SystemCallError('read: end of file', 'EIO'); // only a hung-up tty returns it
      return Uint8Array.from(buffer.subarray(0, bytesRead));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return none;
      throw error;
    }
  };
  return {
    async receive(timeout, signal) {
      const deadline = systemClock.now() + timeout;
      for (;;) {
        signal?.throwIfAborted();
        const bytes = readNow();
        const left = deadline - systemClock.now();
        if (bytes.length > 0 || left <= 0) return bytes;
        descriptor(); // polling again with a poller that was closed meanwhile would crash the process
        await waiting(left, signal, (wake) => {
          port.poller.once('readable', wake);
          return () => port.poller.stop(); // calls back the waiting caller
        });
      }
    },
    async discard() {
      while (readNow().length > 0);
    },
  };
}

/** Input on Windows. One overlapped read stays pending, and its bytes are queued here. */
class PendingInput implements SerialInput {
  readonly #port: ReadPort;
  readonly #buffer = Buffer.alloc(4096);
  #arrived = Buffer.alloc(0);
  #reading = false;
  #failure: unknown;
  #wake = () => {};

  constructor(port: ReadPort) {
    this.#port = port;
  }

  async receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (this.#arrived.length === 0 && this.#failure === undefined) {
      void this.#read();
      await waiting(timeout, signal, (wake) => {
        this.#wake = wake;
        return wake;
      });
    }
    if (this.#arrived.length === 0) {
      signal?.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
    }
    const bytes = Uint8Array.from(this.#arrived);
    this.#arrived = Buffer.alloc(0);
    return bytes;
  }

  async discard(): Promise<void> {
    await this.#port.flush();
    this.#arrived = Buffer.alloc(0);
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const { bytesRead } = await this.#port.read(this.#buffer, 0, this.#buffer.length);
      this.#arrived = Buffer.concat([this.#arrived, this.#buffer.subarray(0, bytesRead)]);
    } catch (error) {
      this.#failure = error;
    }
    this.#reading = false;
    this.#wake();
  }
}

/** Input of a port on Windows. */
export const pendingInput = (port: ReadPort): SerialInput => new PendingInput(port);
