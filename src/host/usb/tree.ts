import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ResolvePlace } from '../../bench/usb-place.ts';
import { placesBy, type RootHub, type TreeDevice, type UsbTree } from '../../bench/usb-tree.ts';
import { attribute, usbDevicesFolder } from '../system/sysfs.ts';

const realFolder = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

const entriesOf = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

const linked = (folder: string, name: string): string | undefined => {
  const target = realFolder(join(folder, name));
  return target && basename(target);
};

/**
 * As udev names what is above a device: of each run of folders of one subsystem the deepest (systemd,
 * udev-builtin-path_id.c). Other subsystems than these two have no USB controllers.
 */
function controllerName(rootHub: string): string {
  const names: string[] = [];
  let before: string | undefined;
  for (let folder = dirname(rootHub); dirname(folder) !== folder; folder = dirname(folder)) {
    const subsystem = linked(folder, 'subsystem');
    const isNamed = subsystem === 'pci' || subsystem === 'platform';
    if (isNamed && subsystem !== before) names.unshift(`${subsystem}-${basename(folder)}`);
    before = subsystem;
  }
  return names.join('-');
}

function rootHub(devices: string, name: string): RootHub | undefined {
  const hub = realFolder(join(devices, name));
  if (hub === undefined) return undefined;
  const driver = linked(dirname(hub), 'driver');
  const vendor = attribute(dirname(hub), 'vendor')?.replace(/^0x/, '').toLowerCase();
  return {
    bus: Number(name.slice(3)),
    revision: Number.parseInt(attribute(hub, 'version') ?? '2', 10),
    controller: controllerName(hub),
    ...(driver === undefined ? {} : { driver }),
    ...(vendor === undefined ? {} : { vendorId: vendor }),
  };
}

/** The root hubs of this host; none where it has no sysfs. */
export function rootHubs(sys?: string): readonly RootHub[] {
  const devices = usbDevicesFolder(sys);
  return entriesOf(devices)
    .filter((name) => /^usb\d+$/.test(name))
    .flatMap((name) => rootHub(devices, name) ?? [])
    .sort((a, b) => a.bus - b.bus);
}

/** Resolves places by the root hubs of now. */
export const hostPlaces = (sys?: string): ResolvePlace => placesBy(rootHubs(sys));

/** What Linux lists of USB in sysfs; nothing is opened. */
export function usbTree(sys?: string): UsbTree {
  const folder = usbDevicesFolder(sys);
  const entries = entriesOf(folder);
  const devices = entries
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .flatMap((path) => device(folder, path, entries) ?? []);
  return { rootHubs: rootHubs(sys), devices, switches: switchesIn(folder, entries) };
}

/** bDeviceClass of a hub, and bDeviceProtocol of one at high speed (USB 2.0 §11.23.1). */
const hubClass = '09';
const translators: Readonly<Record<string, TreeDevice['translators']>> = { '01': 'single', '02': 'multi' };

function device(folder: string, path: string, entries: readonly string[]): TreeDevice | undefined {
  const own = join(folder, path);
  const [vendorId, productId, kind, protocol] = ['idVendor', 'idProduct', 'bDeviceClass', 'bDeviceProtocol'].map(
    (name) => attribute(own, name),
  );
  if (vendorId === undefined || productId === undefined) return undefined; // half enumerated, or leaving
  const isHub = kind === hubClass;
  const speed = Number(attribute(own, 'speed') ?? 0);
  const kindOfHub = isHub && speed === 480 ? translators[protocol ?? ''] : undefined;
  return {
    path,
    name: [`${vendorId}:${productId}`, attribute(own, 'product')].filter(Boolean).join(' '),
    isHub,
    speed,
    endpoints:
      1 +
      entries
        .filter((name) => name.startsWith(`${path}:`))
        .reduce((sum, name) => sum + endpointsOf(join(folder, name)), 0),
    ...(kindOfHub === undefined ? {} : { translators: kindOfHub }),
    ...(isHub ? { ports: Number(attribute(own, 'maxchild') ?? 0) } : {}),
    ...powerOf(own),
  };
}

/** bit 6 of bmAttributes, which sysfs has in hexadecimal. */
const selfPowered = 0x40;

/** `100mA`; nothing while the device has no configuration. */
function powerOf(folder: string): Pick<TreeDevice, 'power'> {
  const milliamps = /^(\d+)mA$/.exec(attribute(folder, 'bMaxPower') ?? '')?.[1];
  if (milliamps === undefined) return {};
  const attributes = Number.parseInt(attribute(folder, 'bmAttributes') ?? '0', 16);
  return { power: { milliamps: Number(milliamps), isSelfPowered: (attributes & selfPowered) !== 0 } };
}

/** bNumEndpoints of an interface, which sysfs has in hexadecimal. */
const endpointsOf = (folder: string): number => Number.parseInt(attribute(folder, 'bNumEndpoints') ?? '0', 16);

/** `1-3:1.0/1-3-port2/disable`, or `1-0:1.0/usb1-port2/disable` of a root hub (Linux 6.0 and later, sysfs-bus-usb). */
function switchesIn(folder: string, entries: readonly string[]): UsbTree['switches'] {
  const found = entries.flatMap((entry) => {
    const [, hub] = /^(\d+-[\d.]+):1\.0$/.exec(entry) ?? [];
    if (hub === undefined) return [];
    const name = hub.endsWith('-0') ? hub.slice(0, -2) : hub;
    return entriesOf(join(folder, entry)).flatMap((port) => {
      const number = /-port(\d+)$/.exec(port)?.[1];
      const file = join(folder, entry, port, 'disable');
      return number !== undefined && existsSync(file)
        ? [[`${name}#${number}`, mayWrite(file) ? 'allowed' : 'denied'] as const]
        : [];
    });
  });
  return Object.fromEntries(found);
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
