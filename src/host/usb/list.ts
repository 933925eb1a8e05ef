import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from 'usb';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { attribute, usbDevicesFolder } from '../system/sysfs.ts';

/** Where a host finds an enumerated USB device. */
export interface UsbAddress {
  readonly bus: number;
  readonly address: number;
}

/** Bus and address of a listed USB device, out of its path and instance. */
export function usbAddress({ path, instance }: UsbDeviceInfo): UsbAddress {
  const address = /#(\d+)/.exec(instance.slice(path.length))?.[1];
  return { bus: Number.parseInt(path, 10), address: Number(address) };
}

/** The file that stands for a USB device on Linux, such as `/dev/bus/usb/001/005`. */
export const usbfsPath = ({ bus, address }: UsbAddress): string =>
  `/dev/bus/usb/${String(bus).padStart(3, '0')}/${String(address).padStart(3, '0')}`;

/** Of a device descriptor (USB 2.0 §9.6.1). */
const deviceDescriptorLength = 18;

/**
 * The first configuration's whole descriptor, as Linux read it when it enumerated the device: its file begins with the
 * device descriptor, and all configurations follow. Undefined if the file is missing or incomplete.
 */
export function keptConfiguration(info: UsbDeviceInfo, file = usbfsPath(usbAddress(info))): Uint8Array | undefined {
  try {
    const configurations = readFileSync(file).subarray(deviceDescriptorLength);
    const totalLength = configurations.readUInt16LE(2);
    return totalLength > 9 && totalLength <= configurations.length
      ? configurations.subarray(0, totalLength)
      : undefined;
  } catch {
    return undefined;
  }
}

const sysfsDevices = usbDevicesFolder();

/** The names of all USB entries in sysfs, interfaces included. Undefined if there is no such folder. */
export const sysfsNames = (): string | undefined =>
  existsSync(sysfsDevices) ? readdirSync(sysfsDevices).join() : undefined;

/** Whether the enumerated device is still there. Undefined if there is no sysfs. */
export const isListed = ({ path, instance }: UsbDeviceInfo): boolean | undefined =>
  existsSync(sysfsDevices) ? instance === `${path}#${attribute(join(sysfsDevices, path), 'devnum')}` : undefined;

/** A device as it was read, with the inode of its entry, which is another one at each enumeration. */
interface ReadDevice {
  readonly inode: number;
  readonly info: UsbDeviceInfo;
}

/**
 * By the folder of its entry. A device that is still there is read by its number only: where jobs run side by side, each
 * scans the bus every 50 ms, and all boards and adapters are on it.
 */
const readDevices = new Map<string, ReadDevice>();

function knownDevice(folder: string, path: string): UsbDeviceInfo | undefined {
  try {
    const { ino: inode } = lstatSync(folder);
    const known = readDevices.get(folder);
    if (known?.inode === inode && known.info.instance === `${path}#${attribute(folder, 'devnum')}`) return known.info;
    const info = sysfsDevice(folder, path);
    if (info) readDevices.set(folder, { inode, info });
    else readDevices.delete(folder);
    return info;
  } catch {
    return undefined; // leaving
  }
}

function sysfsDevice(folder: string, path: string): UsbDeviceInfo | undefined {
  const names = ['idVendor', 'idProduct', 'bcdDevice', 'devnum', 'serial', 'product'];
  const values = names.map((name) => attribute(folder, name));
  const [vendorId, productId, bcdDevice, devnum, serialNumber, product] = values;
  if (!vendorId || !productId || !bcdDevice || !devnum) return undefined; // leaving, or not enumerated yet
  return {
    path,
    instance: `${path}#${devnum}`,
    vendorId,
    productId,
    bcdDevice,
    ...(serialNumber ? { serialNumber } : {}),
    ...(product ? { product } : {}),
  };
}

/**
 * USB devices from sysfs, without root hubs (`usb1`) and interfaces (`1-2:1.0`). libusb updates its own list by udev
 * events, so it does not change without udevd. Undefined if there is no USB in sysfs.
 */
export async function listSysfsDevices(sys?: string): Promise<readonly UsbDeviceInfo[] | undefined> {
  const folder = usbDevicesFolder(sys);
  if (!existsSync(folder)) return undefined;
  const paths = readdirSync(folder).filter((name) => /^\d+-[\d.]+$/.test(name));
  return paths.sort().flatMap((path) => knownDevice(join(folder, path), path) ?? []);
}

const hexId = (value: number): string => value.toString(16).padStart(4, '0');

/**
 * Converts a USB device of libusb's list. Strings are missing, because reading them needs an open device. The instance
 * follows from address and ids. Hosts that reuse addresses need `UsbArrivals` as well.
 */
export function describeLibusbDevice(
  device: Pick<Device, 'busNumber' | 'deviceAddress' | 'portNumbers' | 'deviceDescriptor'>,
): UsbDeviceInfo | undefined {
  const { busNumber, deviceAddress, portNumbers, deviceDescriptor } = device;
  if (!portNumbers?.length) return undefined; // a root hub
  const path = `${busNumber}-${portNumbers.join('.')}`;
  const vendorId = hexId(deviceDescriptor.idVendor);
  const productId = hexId(deviceDescriptor.idProduct);
  const instance = `${path}#${deviceAddress}/${vendorId}:${productId}`;
  return { path, instance, vendorId, productId, bcdDevice: hexId(deviceDescriptor.bcdDevice) };
}
