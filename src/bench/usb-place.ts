/**
 * Where something is plugged in, as a person names it. `1-3.2` counts buses, whose numbers change with the order in which the
 * controllers start. `pci-0000:00:14.0-usb-0:3.2` names the controller: what udev calls ID_PATH. Behind either may stand one
 * interface of what is there, as Linux names it (`:1.1`, configuration and bInterfaceNumber): an adapter with several ports.
 */
export type UsbPlace = { readonly interface?: string } & (
  | { readonly path: string }
  | {
      /** `pci-0000:00:14.0`. */
      readonly controller: string;
      /** Of the root hub, where the name has it: newer versions of udev say `usbv2-0` or `usbv3-0`. */
      readonly revision?: number;
      /** `3.2`. */
      readonly ports: string;
    }
);

/** For messages. */
export const usbPlaceAllowed = 'a place on USB in quotes, such as "1-3.2" or "pci-0000:00:14.0-usb-0:3.2"';

/** Bus and ports, as Linux writes them: `1-3.2`. */
export const usbPathPattern = /^\d+-\d+(\.\d+)*$/;

/** Bus, ports, and where it is one of several ports of an adapter its interface: `1-3.2:1.1`. */
export const portPathPattern = /^\d+-\d+(\.\d+)*(:\d+\.\d+)?$/;

/** The device of a place: `1-3.2` of `1-3.2:1.1`. */
export const deviceOf = (path: string): string => path.replace(/:\d+\.\d+$/, '');

/** Undefined where the text is no place. */
export function parseUsbPlace(text: string): UsbPlace | undefined {
  if (usbPathPattern.test(text)) return { path: text };
  if (portPathPattern.test(text)) return { path: deviceOf(text), interface: text.split(':')[1]! };
  const match = /^([A-Za-z]\w*-[\w.:+-]+)-usb(?:v(\d))?-0:(\d+(?:\.\d+)*)(?::(\d+\.\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, controller = '', revision, ports = '', port] = match;
  return {
    controller,
    ports,
    ...(revision === undefined ? {} : { revision: Number(revision) }),
    ...(port === undefined ? {} : { interface: port }),
  };
}

/** A USB path with the interface that a place names, such as `1-3.2` or `1-3.2:1.1`. */
export const withInterface = (path: string, place: UsbPlace): string =>
  place.interface === undefined ? path : `${path}:${place.interface}`;

/**
 * The USB path of a place on this host, such as `1-3.2`, or `1-3.2:1.1` of one of its interfaces; undefined where the host has no such controller.
 */
export type ResolvePlace = (place: string) => string | undefined;
