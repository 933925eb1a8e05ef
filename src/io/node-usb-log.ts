import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { UsbTrouble, UsbTroubles } from './usb-bus.ts';

/** Longest record of the kernel's log that is read, in bytes (linux/printk.h: PRINTKRB_RECORD_MAX and its header). */
const recordLimit = 8192;

/**
 * What the USB core says of a device that it could not enumerate, and of the port it gives up (linux 6.12
 * drivers/usb/core/hub.c); the kernel's own names stand before the colon.
 */
const troubleTexts =
  /^usb (\S+): (device descriptor read\/\w+, error -\d+|device not accepting address \d+, error -\d+|device not responding to setup address\.?|unable to enumerate USB device|cannot (?:enable|reset)\b.*)/i;

/** USB path out of a device's name `1-2.3`, or a port's: `usb1-port2` of a root hub, `1-2-port3` of another. */
function pathOf(name: string): string | undefined {
  if (/^\d+-[\d.]+$/.test(name)) return name;
  const [, hub, port] = /^(?:usb)?(\d+(?:-[\d.]+)?)-port(\d+)$/.exec(name) ?? [];
  return hub === undefined ? undefined : `${hub}${hub.includes('-') ? '.' : '-'}${port}`;
}

/** A record of /dev/kmsg, `level,sequence,time,flags;text` (Documentation/ABI/testing/dev-kmsg). */
export function parseRecord(record: string): { readonly sequence: number; readonly trouble?: UsbTrouble } | undefined {
  const [, number, text] = /^\d+,(\d+),[^;]*;([^\n]*)/.exec(record) ?? [];
  if (number === undefined) return undefined;
  const [, name = '', what = ''] = troubleTexts.exec(text ?? '') ?? [];
  const path = pathOf(name);
  return { sequence: Number(number), ...(path === undefined ? {} : { trouble: { path, text: what } }) };
}

/** All records that the kernel still has; reading never waits. Throws where this user may not read the log. */
function* records(file: string): Generator<string> {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(recordLimit);
  try {
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
  } finally {
    closeSync(descriptor);
  }
}

/** Failed enumerations after the record `mark`; none where the log cannot be read, as in most containers. */
export function kernelTroubles(mark = Number.POSITIVE_INFINITY, file = '/dev/kmsg'): UsbTroubles {
  let newest = -1;
  const troubles: UsbTrouble[] = [];
  try {
    for (const record of records(file)) {
      const parsed = parseRecord(record);
      if (!parsed) continue;
      newest = parsed.sequence;
      if (parsed.trouble && parsed.sequence > mark) troubles.push(parsed.trouble);
    }
  } catch {
    return { mark: Number.POSITIVE_INFINITY, troubles: [] };
  }
  return { mark: newest, troubles };
}
