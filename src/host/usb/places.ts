import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseUsbPlace, type ResolvePlace } from '../../bench/usb-place.ts';
import { attribute, usbDevicesFolder } from '../system/sysfs.ts';

/** A root hub. A controller for USB 3 has two: one for the devices of USB 2, one for its own. */
export interface RootHub {
  readonly bus: number;
  /** USB revision, such as 2. */
  readonly revision: number;
  /** As udev's ID_PATH names it, such as `pci-0000:00:14.0`. */
  readonly controller: string;
}

const realFolder = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/**
 * As udev names what is above a device: of each run of folders of one subsystem the deepest (systemd,
 * udev-builtin-path_id.c). Other subsystems than these two have no USB controllers.
 */
function controllerName(rootHub: string): string {
  const names: string[] = [];
  let before: string | undefined;
  for (let folder = dirname(rootHub); dirname(folder) !== folder; folder = dirname(folder)) {
    const link = realFolder(join(folder, 'subsystem'));
    const subsystem = link && basename(link);
    const isNamed = subsystem === 'pci' || subsystem === 'platform';
    if (isNamed && subsystem !== before) names.unshift(`${subsystem}-${basename(folder)}`);
    before = subsystem;
  }
  return names.join('-');
}

/** The root hubs of this host; none where it has no sysfs. */
export function rootHubs(sys?: string): readonly RootHub[] {
  const devices = usbDevicesFolder(sys);
  const folder = realFolder(devices);
  const names = folder === undefined ? [] : readdirSync(folder).filter((name) => /^usb\d+$/.test(name));
  return names
    .flatMap((name) => {
      const hub = realFolder(join(devices, name));
      if (hub === undefined) return [];
      const revision = Number.parseInt(attribute(hub, 'version') ?? '2', 10);
      return [{ bus: Number(name.slice(3)), revision, controller: controllerName(hub) }];
    })
    .sort((a, b) => a.bus - b.bus);
}

/**
 * Resolves places by the root hubs of now. Adapters and targets are devices of USB 2, and so is their root hub where the name
 * does not say which.
 */
export function hostPlaces(sys?: string): ResolvePlace {
  const hubs = rootHubs(sys);
  return (text) => {
    const place = parseUsbPlace(text);
    if (!place || 'path' in place) return place?.path;
    const own = hubs.filter(({ controller }) => controller === place.controller);
    const { revision } = place;
    const hub =
      revision === undefined
        ? (own.find((one) => one.revision < 3) ?? own[0])
        : own.find((one) => one.revision === revision);
    return hub && `${hub.bus}-${place.ports}`;
  };
}

/** A USB path as a place that stays the same whatever starts first; the path itself where the controller has no name. */
export function lastingPlace(path: string, sys?: string): string {
  const [bus, ports] = path.split('-');
  const hub = rootHubs(sys).find((one) => one.bus === Number(bus));
  if (!hub || hub.controller === '') return path;
  const place = `${hub.controller}-usb-0:${ports}`;
  return hostPlaces(sys)(place) === path ? place : `${hub.controller}-usbv${hub.revision}-0:${ports}`;
}
