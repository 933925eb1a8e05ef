import type { Device } from 'usb';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { describeLibusbDevice } from './list.ts';

/** What is read of a device of libusb's list. */
export type ListedDevice = Pick<Device, 'busNumber' | 'deviceAddress' | 'portNumbers' | 'deviceDescriptor'>;

/**
 * Tells apart enumerations that have the same address, which macOS and Windows give again: each arrival has its number. A
 * device has arrived anew where libusb has another object for it, or where a scan or an event has shown it gone meanwhile. The devices of the last scan are held, so that `usb` makes no second object for one that stays.
 */
export class UsbArrivals {
  #present = new Map<ListedDevice, number>();
  #arrivals = 0;

  /** The devices of a fresh scan. */
  scanned(devices: readonly ListedDevice[]): readonly UsbDeviceInfo[] {
    const before = this.#present;
    this.#present = new Map(devices.map((device) => [device, before.get(device) ?? ++this.#arrivals]));
    return devices.flatMap((device) => {
      const info = describeLibusbDevice(device);
      return info ? [{ ...info, instance: `${info.instance}.${this.#present.get(device)}` }] : [];
    });
  }

  /** A `detach` of libusb. An `attach` tells nothing more, and may come after the scan that has shown the device. */
  left(device: ListedDevice): void {
    this.#present.delete(device);
  }
}
