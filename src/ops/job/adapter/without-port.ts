import { count } from '../../../base/text.ts';
import type { PortInfo } from '../../../bench/serial-link.ts';
import type { UsbBus, UsbDeviceInfo } from '../../../bench/usb-bus.ts';
import { type KnownAdapter, knownAdapter } from './known-adapters.ts';

/** Adapters on the USB bus without a serial port: no driver has them, or another program took them away from it. */
export interface WithoutPort {
  readonly seen: string;
  readonly advice: string;
}

/** By the USB path of an adapter: which drivers have its interfaces. */
export type DriversByPath = Readonly<Record<string, readonly string[]>>;

/** Which drivers have the adapters on the bus, where the host says that. */
export async function driversOfAdapters(
  { drivers }: Pick<UsbBus, 'drivers'>,
  devices: readonly UsbDeviceInfo[],
): Promise<DriversByPath> {
  if (!drivers) return {};
  const adapters = devices.filter((device) => knownAdapter(device));
  return Object.fromEntries(await Promise.all(adapters.map(async (one) => [one.path, await drivers(one)] as const)));
}

/** Undefined where each known adapter on the bus has its port. A port whose USB path is not known is told by its ids. */
export function adaptersWithoutPort(
  devices: readonly UsbDeviceInfo[],
  ports: readonly PortInfo[],
  drivers: DriversByPath = {},
): WithoutPort | undefined {
  const hasPort = ({ path, vendorId, productId }: UsbDeviceInfo) =>
    ports.some((port) =>
      port.usbPath === undefined ? port.vendorId === vendorId && port.productId === productId : port.usbPath === path,
    );
  const found = devices.flatMap((device) => {
    const chip = knownAdapter(device);
    return chip && !hasPort(device) ? [{ ...device, chip }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  const places = found
    .map(({ path, vendorId, productId }) => `${vendorId}:${productId} at USB path ${path}`)
    .join(', ');
  const what = found.length === 1 ? `a ${first.chip.name} is` : `${count(found.length, 'USB-serial adapter')} are`;
  return {
    seen: `${what} plugged in (${places}), but without a serial port`,
    advice: whatToDo(first.chip, drivers[first.path]),
  };
}

/** By who has its interfaces; where the host does not say that, what is possible stands together. */
function whatToDo({ driver }: KnownAdapter, holders: readonly string[] | undefined): string {
  const load = `\`sudo modprobe ${driver}\``;
  const brltty = 'brltty does that where it is installed: `sudo apt remove brltty`, and plug it in again';
  if (holders === undefined)
    return `On Linux, brltty takes such adapters where it is installed: \`sudo apt remove brltty\`, and plug it in again. Otherwise its driver is missing (${load}), or another program holds its USB interface.`;
  if (holders.length === 0) return `No driver has it: ${load}.`;
  if (holders.includes('usbfs')) return `A program has taken it from its driver; ${brltty}.`;
  if (holders.includes(driver))
    return `Its driver ${driver} has it, so its port is only not visible here: in a container pass it through (\`docker run --device /dev/ttyUSB0 …\`).`;
  return `The driver ${holders.join(', ')} has it, and not ${driver}: unload that one, and plug the adapter in again.`;
}
