import type { WriteStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { type TraceEvent, type TraceHeader, traceVersion } from './trace-event.ts';

/** The first bytes of every trace. A file that begins otherwise must not be replaced. */
const beginning = '{"trace":"bootctl",';

/**
 * A trace file under way. Lines go out as events happen, but never hold up their caller: a slow disk
 * must not use up the time for which a capacitor holds BOOT0.
 */
export class TraceWriter implements AsyncDisposable {
  readonly #stream: WriteStream;
  #isBroken = false;
  #origin: Milliseconds = 0;

  /** `onFailure` is called once, when the file takes no more. */
  constructor(file: FileHandle, onFailure: (error: Error) => void) {
    this.#stream = file.createWriteStream();
    this.#stream.on('error', (error) => {
      if (!this.#isBroken) onFailure(error);
      this.#isBroken = true;
    });
  }

  /** Writes the header; times of events count from `origin` on. */
  start(header: Omit<TraceHeader, 'trace' | 'version' | 'clock'>, origin: Milliseconds): void {
    this.#origin = origin;
    this.#write({ trace: 'bootctl', version: traceVersion, clock: 'ms', ...header });
  }

  add(event: TraceEvent): void {
    const { event: name, t, ...rest } = event;
    const end = 'end' in event ? { end: this.#since(event.end) } : {};
    this.#write({ event: name, t: this.#since(t), ...rest, ...end });
  }

  /** Resolves when all lines are in the file, or it has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream.closed) return;
    const closed = new Promise<void>((resolve) => this.#stream.once('close', () => resolve()));
    this.#stream.end();
    await closed;
  }

  #write(line: object): void {
    if (!this.#isBroken) this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  /** In whole microseconds. */
  #since(t: Milliseconds): Milliseconds {
    return Math.round((t - this.#origin) * 1000) / 1000;
  }
}

/**
 * Opens a file for a trace. It may replace an older trace, but no other file. `name` is the path as the person gave it.
 * @throws BootctlError `trace-unwritable`
 */
export async function createTrace(path: string, name: string, onFailure: (error: Error) => void): Promise<TraceWriter> {
  let file: FileHandle;
  try {
    if (await holdsSomethingElse(path)) {
      throw new BootctlError('trace-unwritable', `${name} exists and is not a trace: it was not changed`, {
        hint: 'Give the trace a name of its own.',
      });
    }
    // The trace contains the bytes of the flash, possibly keys, so only its owner may read it.
    file = await open(path, 'w', 0o600);
  } catch (error) {
    if (error instanceof BootctlError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BootctlError('trace-unwritable', `Cannot write the trace ${name}: ${reason}`, { cause: error });
  }
  return new TraceWriter(file, onFailure);
}

async function holdsSomethingElse(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size === 0) return false;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning.length), 0, beginning.length, 0);
    return buffer.toString('latin1', 0, bytesRead) !== beginning;
  } finally {
    await file.close();
  }
}
