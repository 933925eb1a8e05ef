import type { Bench } from '../bench/bench.ts';
import { nodeGpioChips } from './gpio/node-gpio.ts';
import { withNetworkPorts } from './network/network-ports.ts';
import { nodeSerialPorts } from './serial/node-serial.ts';
import { nodeCommands } from './system/host-commands.ts';
import { systemClock } from './system/system-clock.ts';
import { nodeHubPorts } from './usb/hub-ports.ts';
import { nodeUsbBus } from './usb/node-usb.ts';

/**
 * The real bench of this host. Making it loads no driver: `serialport`, `usb` and `koffi` are loaded when the first
 * port or USB device is requested. The bench owns nothing: the code that opened a link or USB device also disposes it.
 */
export function nodeBench(): Bench {
  const usb = nodeUsbBus();
  return {
    clock: systemClock,
    serial: withNetworkPorts(nodeSerialPorts()),
    usb,
    gpio: nodeGpioChips(),
    commands: nodeCommands,
    hubPorts: nodeHubPorts(usb),
    async [Symbol.asyncDispose]() {},
  };
}
