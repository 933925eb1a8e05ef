import type { UsbBus, UsbDeviceInfo } from '../../bench/usb-bus.ts';

export type HostPlatform = 'linux' | 'darwin' | 'win32';

/**
 * How hosts differ in their reports and their behaviour, from drivers and documents. No such host has been measured.
 */
export interface HostManner {
  /** Its name for adapters. */
  readonly port: string;
  /** The kernel asserts both lines while it opens a port; Windows keeps them off (serialport_win.cpp, DCB: DISABLE). */
  readonly opensQuietly: boolean;
  /** Each line is moved by a call of its own, RTS first (EscapeCommFunction); elsewhere TIOCMSET moves both. */
  readonly movesRtsFirst: boolean;
  /** Queued control requests run in order by document (Linux: Documentation/driver-api/usb/URB.rst). */
  readonly keepsOrder: boolean;
  /**
   * A listing has the strings of a device, and the log has failed enumerations. Elsewhere the device would have to be
   * opened.
   */
  readonly tellsStrings: boolean;
}

export const hostManners: Readonly<Record<HostPlatform, HostManner>> = {
  linux: { port: '/dev/ttySIM0', opensQuietly: false, movesRtsFirst: false, keepsOrder: true, tellsStrings: true },
  darwin: {
    port: '/dev/cu.usbserial-SIM0',
    opensQuietly: false,
    movesRtsFirst: false,
    keepsOrder: false,
    tellsStrings: false,
  },
  win32: { port: 'COM3', opensQuietly: true, movesRtsFirst: true, keepsOrder: false, tellsStrings: false },
};

/** Address that every device gets again at its place. Arrivals differ by their number. */
const reusedAddress = 7;

/** A bus as macOS and Windows show it by libusb: the same address again, no strings, no log. */
export function withoutStrings(usb: UsbBus): UsbBus {
  const shown = ({ path, instance, vendorId, productId, bcdDevice }: UsbDeviceInfo): UsbDeviceInfo => {
    const arrival = instance.slice(path.length + 1);
    return {
      path,
      instance: `${path}#${reusedAddress}/${vendorId}:${productId}.${arrival}`,
      vendorId,
      productId,
      bcdDevice,
    };
  };
  return {
    list: async () => (await usb.list()).map(shown),
    onChange: (listener) => usb.onChange(listener),
    open: async (info) => {
      const { path } = info;
      const arrival = info.instance.slice(info.instance.lastIndexOf('.') + 1);
      const device = await usb.open({ ...info, instance: `${path}#${arrival}` });
      Object.defineProperty(device, 'info', { value: info });
      return device;
    },
  };
}
