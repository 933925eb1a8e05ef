import { parseUsbPlace, type ResolvePlace, withInterface } from './usb-place.ts';

/** A root hub. A controller for USB 3 has two: one for the devices of USB 2, one for its own. */
export interface RootHub {
  readonly bus: number;
  /** USB revision, such as 2. */
  readonly revision: number;
  /** As udev's ID_PATH names it, such as `pci-0000:00:14.0`. */
  readonly controller: string;
  /** Kernel driver, such as `xhci_hcd`. */
  readonly driver?: string;
  /** PCI vendor, four lower-case hex digits. */
  readonly vendorId?: string;
}

/** A device with its place in the tree. */
export interface TreeDevice {
  readonly path: string;
  /** `0403:6001 FT232R USB UART`. */
  readonly name: string;
  readonly isHub: boolean;
  /** Mbit/s: 12, 480, … */
  readonly speed: number;
  /** Endpoints of its present configuration, the one for control included. */
  readonly endpoints: number;
  /** Of a hub for USB 2 at high speed: one translator for all its ports, or one each (USB 2.0 §11.23.1, bDeviceProtocol). */
  readonly translators?: 'single' | 'multi';
  /** Of a hub. */
  readonly ports?: number;
  /** What its present configuration declares: bMaxPower in mA, and that it can have a supply of its own (USB 2.0 table 9-10). */
  readonly power?: { readonly milliamps: number; readonly isSelfPowered: boolean };
}

/** What a kernel lists of USB. */
export interface UsbTree {
  readonly rootHubs: readonly RootHub[];
  readonly devices: readonly TreeDevice[];
  /** Ports whose power the kernel can switch, as `1-3#2`, or `1#2` of the root hub of bus 1; whether this user may. */
  readonly switches: Readonly<Record<string, 'allowed' | 'denied'>>;
}

/**
 * Resolves places by root hubs. Adapters and targets are devices of USB 2, and so is their root hub where the name does not
 * say which.
 */
export function placesBy(rootHubs: readonly RootHub[]): ResolvePlace {
  return (text) => {
    const place = parseUsbPlace(text);
    if (!place) return undefined;
    if ('path' in place) return withInterface(place.path, place);
    const own = rootHubs.filter(({ controller }) => controller === place.controller);
    const { revision } = place;
    const hub =
      revision === undefined
        ? (own.find((one) => one.revision < 3) ?? own[0])
        : own.find((one) => one.revision === revision);
    return hub && withInterface(`${hub.bus}-${place.ports}`, place);
  };
}

/** A USB path as a place that stays the same whatever starts first; the path itself where the controller has no name. */
export function lastingPlace(path: string, rootHubs: readonly RootHub[]): string {
  const [bus, ports] = path.split('-');
  const hub = rootHubs.find((one) => one.bus === Number(bus));
  if (!hub || hub.controller === '') return path;
  const place = `${hub.controller}-usb-0:${ports}`;
  return placesBy(rootHubs)(place) === path ? place : `${hub.controller}-usbv${hub.revision}-0:${ports}`;
}
