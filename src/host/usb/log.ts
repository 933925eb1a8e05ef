import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UsbTrouble, UsbTroubles } from '../../bench/usb-bus.ts';

/** Longest record of the kernel's log that is read, in bytes (linux/printk.h: PRINTKRB_RECORD_MAX and its header). */
const recordLimit = 8192;

/**
 * Messages of the USB core about a device that was plugged in, that could not be enumerated, and about a port that it
 * gives up (linux 6.1 and 6.12 drivers/usb/core/hub.c). The kernel's own names stand before the colon. The first
 * message comes at once, an error after a third of a second (-71) or after 15 s (-110). Older kernels log a nonsense
 * answer with its length, as `error 18`.
 */
const troubleTexts =
  /^usb (\S+): (new (?:low|full|high)-speed USB device number \d+|device descriptor read\/\w+, error -?\d+|device not accepting address \d+, error -?\d+|device not responding to setup address\.?|can't read configurations, error -?\d+|unable to enumerate USB device|cannot (?:enable|reset)\b.*)/i;
/** Logged for a device that was enumerated after all (hub.c, announce_device and usb_disconnect). */
const settledTexts = /^usb (\S+): (?:New USB device found|USB disconnect)\b/;

/** USB path out of a device's name `1-2.3`, or a port's: `usb1-port2` of a root hub, `1-2-port3` of another. */
function pathOf(name: string): string | undefined {
  if (/^\d+-[\d.]+$/.test(name)) return name;
  const [, hub, port] = /^(?:usb)?(\d+(?:-[\d.]+)?)-port(\d+)$/.exec(name) ?? [];
  return hub === undefined ? undefined : `${hub}${hub.includes('-') ? '.' : '-'}${port}`;
}

export interface KernelRecord {
  readonly sequence: number;
  readonly trouble?: UsbTrouble;
  /** USB path of a device that was enumerated or has just left. */
  readonly settled?: string;
}

/** A record of /dev/kmsg, `level,sequence,time,flags;text` (Documentation/ABI/testing/dev-kmsg). */
export function parseRecord(record: string): KernelRecord | undefined {
  const [, number, text = ''] = /^\d+,(\d+),[^;]*;([^\n]*)/.exec(record) ?? [];
  if (number === undefined) return undefined;
  const sequence = Number(number);
  const settled = pathOf(settledTexts.exec(text)?.[1] ?? '');
  if (settled !== undefined) return { sequence, settled };
  const [, name = '', what = ''] = troubleTexts.exec(text) ?? [];
  const path = pathOf(name);
  return path === undefined ? { sequence } : { sequence, trouble: { path, text: what } };
}

/** Records that are read at a stretch. A long log must not hold up the timers of another job, perhaps in its hold window. */
const atAStretch = 100;
/** More enumerations than fail in one job. */
const mostKept = 500;

/**
 * The kernel's log, read on from where the last call ended: the first one reads all that the kernel still has, up to
 * thousands of records, the others only what is new.
 */
export class KernelLog {
  readonly #file: string;
  #descriptor: number | undefined;
  #newest = -1;
  #troubles: readonly (UsbTrouble & { readonly sequence: number })[] = [];
  #reading: Promise<void> = Promise.resolve();

  constructor(file = '/dev/kmsg') {
    this.#file = file;
  }

  /** Failed enumerations after the record `mark`. None if the log cannot be read, as in most containers. */
  async troubles(mark = Number.POSITIVE_INFINITY): Promise<UsbTroubles> {
    // One after the other: the place where the next one goes on belongs to the open file.
    const read = this.#reading.then(() => this.#readOn());
    this.#reading = read.catch(() => this.#close());
    try {
      await read;
    } catch {
      return { mark: Number.POSITIVE_INFINITY, troubles: [] };
    }
    const later = this.#troubles.filter(({ sequence }) => sequence > mark);
    return { mark: this.#newest, troubles: later.map(({ path, text }) => ({ path, text })) };
  }

  async #readOn(): Promise<void> {
    this.#descriptor ??= openSync(this.#file, constants.O_RDONLY | constants.O_NONBLOCK);
    let count = 0;
    for (const record of records(this.#descriptor)) {
      this.#take(parseRecord(record));
      if (++count % atAStretch === 0) await nextTurn();
    }
  }

  #take(record: KernelRecord | undefined): void {
    if (!record) return;
    const { sequence, trouble, settled } = record;
    this.#newest = sequence;
    if (trouble) this.#troubles = [...this.#troubles, { ...trouble, sequence }].slice(-mostKept);
    if (settled) this.#troubles = this.#troubles.filter(({ path }) => path !== settled);
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The records up to the newest one. Reading never waits. Throws if this user may not read the log. */
function* records(descriptor: number): Generator<string> {
  const buffer = Buffer.alloc(recordLimit);
  for (;;) {
    try {
      const length = readSync(descriptor, buffer);
      if (length === 0) return;
      yield buffer.toString('utf8', 0, length);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return; // that was the newest
      if (code !== 'EPIPE') throw error; // EPIPE: overwritten meanwhile; the next read goes on behind
    }
  }
}
