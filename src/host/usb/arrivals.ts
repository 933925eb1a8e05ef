import type { Device } from 'usb';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { describeLibusbDevice } from './list.ts';

/** The fields of a device of libusb's list that are read. */
export type ListedDevice = Pick<Device, 'busNumber' | 'deviceAddress' | 'portNumbers' | 'deviceDescriptor'>;

/**
 * Numbers each arrival of a device, because macOS and Windows reuse addresses. A device has arrived anew if libusb has
 * another object for it, or if a scan or an event showed it gone meanwhile. The devices of the last scan are
 * referenced, so that `usb` makes no second object for one that stays.
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

  /** A `detach` of libusb. An `attach` is not used: it may come after the scan that has shown the device. */
  left(device: ListedDevice): void {
    this.#present.delete(device);
  }
}
