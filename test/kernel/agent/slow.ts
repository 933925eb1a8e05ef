import { sleep } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import type { UsbFunction } from '../../../src/sim/board/usb-function.ts';
import { isStandardRequest } from '../../../src/sim/chip/standard-requests.ts';

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
