import { sleep } from '../../../src/io/clock.ts';
import { systemClock } from '../../../src/io/system-clock.ts';
import { isStandardRequest } from '../../../src/sim/target/standard-requests.ts';
import type { UsbFunction } from '../../../src/sim/usb-function.ts';

/** The same device, `latency` ms late at each request of its driver. */
export function slow(device: UsbFunction, latency: number): UsbFunction {
  const { name, deviceDescriptor, configurationDescriptor } = device;
  return {
    name,
    deviceDescriptor,
    configurationDescriptor,
    control: async (setup, data) => {
      if (!isStandardRequest(setup)) await sleep(systemClock, latency);
      return device.control(setup, data);
    },
    write: async (endpoint, data) => device.write?.(endpoint, data),
    read: (endpoint, length, signal) => device.read?.(endpoint, length, signal) ?? new Promise(() => {}),
    detached: () => device.detached?.(),
  };
}
