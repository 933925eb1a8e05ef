import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PortInfo } from '../../bench/serial-link.ts';
import { attribute } from '../system/sysfs.ts';

/** The fields of serialport's `list()` that bootctl uses. */
export interface ListedPort {
  readonly path: string;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly locationId?: string | undefined;
}

const hexId = (text: string | undefined): string | undefined =>
  text && /^(0x)?[0-9a-f]{1,4}$/i.test(text) ? text.replace(/^0x/i, '').toLowerCase().padStart(4, '0') : undefined;

/**
 * Bus and ports out of a macOS location id: bus in the top byte, then one port number in each hex digit
 * (libusb 1.0.30, os/darwin_usb.c). Windows location ids (`Port_#0003.Hub_#0001`) do not name the whole path.
 */
function usbPathOfLocation(locationId: string | undefined): string | undefined {
  const [, bus, ports] = /^(?:0x)?([0-9a-f]{2})([0-9a-f]{6})$/i.exec(locationId ?? '') ?? [];
  if (bus === undefined || ports === undefined) return undefined;
  const numbers = [...ports.replace(/0+$/, '')].map((digit) => Number.parseInt(digit, 16));
  return numbers.length === 0 ? undefined : `${Number.parseInt(bus, 16)}-${numbers.join('.')}`;
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };
const withoutEmpty = ({ path, ...rest }: Loose<Omit<PortInfo, 'path'>> & { readonly path: string }): PortInfo => ({
  path,
  ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value)),
});

/** Converts a port of serialport's list: ids in four lower-case digits, macOS locations as USB paths. */
export const normalizePort = (port: ListedPort): PortInfo =>
  withoutEmpty({
    path: port.path,
    vendorId: hexId(port.vendorId),
    productId: hexId(port.productId),
    serialNumber: port.serialNumber,
    manufacturer: port.manufacturer,
    usbPath: usbPathOfLocation(port.locationId),
  });

/** The USB device above a tty's driver device: the first folder upwards that has a device number. */
function usbDeviceAbove(folder: string, root: string): string | undefined {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    if (attribute(at, 'devnum')) return at;
  }
  return undefined;
}

/** `1.1` of the folder `1-3.2:1.1`, which lies below that of its device. */
const interfaceOf = (driver: string, usb: string): string | undefined =>
  /^[^/:]+:(\d+\.\d+)(?:\/|$)/.exec(driver.slice(usb.length + 1))?.[1];

async function sysfsPort(root: string, name: string): Promise<PortInfo | undefined> {
  const tty = join(root, 'class/tty', name);
  const driver = await realpath(join(tty, 'device')).catch(() => undefined);
  if (driver === undefined) return undefined; // a console, a pty: no hardware behind it
  if (attribute(tty, 'type') === '0') return undefined; // PORT_UNKNOWN (linux/serial_core.h): no UART there
  const path = `/dev/${name.replaceAll('!', '/')}`;
  const usb = usbDeviceAbove(driver, root);
  if (usb === undefined) return { path };
  return withoutEmpty({
    path,
    vendorId: hexId(attribute(usb, 'idVendor')),
    productId: hexId(attribute(usb, 'idProduct')),
    serialNumber: attribute(usb, 'serial'),
    manufacturer: attribute(usb, 'manufacturer'),
    usbPath: basename(usb),
    usbInterface: interfaceOf(driver, usb),
  });
}

const byPath = (a: PortInfo, b: PortInfo): number =>
  Number(a.usbPath === undefined) - Number(b.usbPath === undefined) ||
  a.path.localeCompare(b.path, 'en', { numeric: true });

/**
 * Serial ports from sysfs, adapters first. Unlike serialport's list it needs neither `udevadm` nor a running udevd, and
 * it has the USB path. Undefined if there is no sysfs.
 */
export async function listSysfsPorts(sys = '/sys'): Promise<readonly PortInfo[] | undefined> {
  const root = await realpath(sys).catch(() => sys);
  const names = await readdir(join(root, 'class/tty')).catch(() => undefined);
  if (names === undefined) return undefined;
  const ports = await Promise.all(names.map((name) => sysfsPort(root, name)));
  return ports.filter((port) => port !== undefined).sort(byPath);
}
