import { count } from '../../../base/text.ts';
import type { PortInfo } from '../../../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../../bench/usb-bus.ts';
import { knownAdapter } from './known-adapters.ts';

/** Adapters on the USB bus without a serial port: no driver has them, or another program took them away from it. */
export interface WithoutPort {
  readonly seen: string;
  readonly advice: string;
}

/** Undefined where each known adapter on the bus has its port. A port whose USB path is not known is told by its ids. */
export function adaptersWithoutPort(
  devices: readonly UsbDeviceInfo[],
  ports: readonly PortInfo[],
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
  const what = found.length === 1 ? `a ${first.chip.name}` : count(found.length, 'USB-serial adapter');
  return {
    seen: `${what} is plugged in (${places}), but without a serial port`,
    advice: `On Linux, brltty takes such adapters where it is installed: \`sudo apt remove brltty\`, and plug it in again. Otherwise its driver is missing (\`sudo modprobe ${first.chip.driver}\`), or another program holds its USB interface.`,
  };
}
