import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { sleep } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import { settleUdev } from './udev.ts';

const devices = '/sys/bus/usb/devices';
const enumerationTimeout = 10_000;

/** What the kernel made of the device at a USB path; undefined until it is configured and its driver has bound. */
function boundDevice(usbPath: string, wantsTty: boolean): { tty?: string; driver?: string } | undefined {
  const first = `${devices}/${usbPath}:1.0`;
  if (!existsSync(first)) return undefined;
  if (!wantsTty) return {};
  const entries = readdirSync(first);
  const serial = entries.find((name) => /^ttyUSB\d+$/.test(name));
  const acm = entries.includes('tty') ? readdirSync(`${first}/tty`)[0] : undefined;
  const tty = serial ?? acm;
  if (tty === undefined || !existsSync(`/dev/${tty}`)) return undefined;
  return { tty: `/dev/${tty}`, driver: basename(readlinkSync(`${first}/driver`)) };
}

/** Waits until the kernel, and udev where it runs, are done with a device that was plugged in. */
export async function waitForDevice(usbPath: string, wantsTty: boolean): Promise<{ tty?: string; driver?: string }> {
  const deadline = systemClock.now() + enumerationTimeout;
  for (;;) {
    const bound = boundDevice(usbPath, wantsTty);
    if (bound) {
      await settleUdev();
      return bound;
    }
    if (systemClock.now() > deadline) throw new Error(`nothing bound at ${usbPath} within ${enumerationTimeout} ms`);
    await sleep(systemClock, 10);
  }
}
