import { fromCallback } from 'xstate';
import { type UsbWatchInput, type UsbWatchOutput, usbWatchMachine } from '../../../machines/usb-watch.machine.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Bench } from '../../bench/bench.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { Job } from './job.ts';
import { runMachine } from './run-machine.ts';

/** Our own scan runs beside the hotplug hints, because without udevd there are none. */
const scanPeriod: Milliseconds = 50;

/** A high-speed hub reports changes of its ports every 256 ms (USB 2.0 §11.23.1, bInterval 0x0C of the status change endpoint). */
const leavingTime: Milliseconds = 300;
const leavingScan: Milliseconds = 20;

/** Waits for a newcomer on the bus. Rejects with the signal's reason when aborted. */
export async function watchUsb(
  { bench }: Pick<Job, 'bench'>,
  input: UsbWatchInput,
  signal?: AbortSignal,
): Promise<UsbWatchOutput> {
  const machine = usbWatchMachine.provide({
    actors: {
      watchBus: fromCallback(({ sendBack }) => watchBus(bench, (devices) => sendBack({ type: 'usb.listed', devices }))),
    },
  });
  const output = await runMachine(machine, input, { clock: bench.clock, signal });
  signal?.throwIfAborted();
  return output;
}

/** Lists the bus now, on every hint and every `scanPeriod`, one scan at a time. Returns the function that stops it. */
export function watchBus(
  { usb, clock }: Pick<Bench, 'usb' | 'clock'>,
  onListed: (devices: readonly UsbDeviceInfo[]) => void,
): () => void {
  let stopped = false;
  let scanning = false;
  let hinted = false;
  let timer: unknown;
  const scan = async () => {
    if (scanning) {
      hinted = true;
      return;
    }
    scanning = true;
    clock.clearTimeout(timer);
    // A scan that fails in the middle of a re-enumeration is repeated by the next one.
    const devices = await usb.list().catch(() => undefined);
    scanning = false;
    if (stopped) return;
    if (devices) onListed(devices);
    if (stopped) return;
    timer = clock.setTimeout(scan, hinted ? 0 : scanPeriod);
    hinted = false;
  };
  const unsubscribe = usb.onChange(scan);
  void scan();
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
    unsubscribe();
  };
}

/** Which of these leave the bus in a reset that is just over. A hub may tell of a device that has left only after its longest interval. */
export async function thoseThatLeave(
  { usb, clock }: Bench,
  devices: readonly UsbDeviceInfo[],
  signal?: AbortSignal,
): Promise<readonly UsbDeviceInfo[]> {
  const deadline = clock.now() + leavingTime;
  for (;;) {
    const listed = new Set((await usb.list()).map(({ instance }) => instance));
    const left = devices.filter(({ instance }) => !listed.has(instance));
    if (left.length === devices.length || clock.now() >= deadline) return left;
    await sleep(clock, leavingScan, signal);
  }
}
