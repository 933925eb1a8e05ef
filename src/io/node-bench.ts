import type { Bench } from './bench.ts';
import { nodeSerialPorts } from './node-serial.ts';
import { nodeUsbBus } from './node-usb.ts';
import { systemClock } from './system-clock.ts';

/**
 * The real bench of this host. Making it loads no driver: `serialport`, `usb` and `koffi` are loaded when the first
 * port or USB device is asked for. It holds nothing itself; links and USB devices are disposed by who opened them.
 */
export const nodeBench = (): Bench => ({
  clock: systemClock,
  serial: nodeSerialPorts(),
  usb: nodeUsbBus(),
  async [Symbol.asyncDispose]() {},
});
