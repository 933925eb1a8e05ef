/**
 * Where something is plugged in, as a person names it. `1-3.2` counts buses, whose numbers change with the order in which the
 * controllers start. `pci-0000:00:14.0-usb-0:3.2` names the controller: what udev calls ID_PATH.
 */
export type UsbPlace =
  | { readonly path: string }
  | {
      /** `pci-0000:00:14.0`. */
      readonly controller: string;
      /** Of the root hub, where the name has it: newer versions of udev say `usbv2-0` or `usbv3-0`. */
      readonly revision?: number;
      /** `3.2`. */
      readonly ports: string;
    };

/** For messages. */
export const usbPlaceAllowed = 'a place on USB in quotes, such as "1-3.2" or "pci-0000:00:14.0-usb-0:3.2"';

/** Bus and ports, as Linux writes them: `1-3.2`. */
export const usbPathPattern = /^\d+-\d+(\.\d+)*$/;

/** Undefined where the text is no place. The interface behind a port's ID_PATH is left out where it is the first. */
export function parseUsbPlace(text: string): UsbPlace | undefined {
  if (usbPathPattern.test(text)) return { path: text };
  const match = /^([A-Za-z]\w*-[\w.:+-]+)-usb(?:v(\d))?-0:(\d+(?:\.\d+)*)(?::1\.0)?$/.exec(text);
  if (!match) return undefined;
  const [, controller = '', revision, ports = ''] = match;
  return { controller, ports, ...(revision === undefined ? {} : { revision: Number(revision) }) };
}

/** The USB path of a place on this host, such as `1-3.2`; undefined where the host has no such controller. */
export type ResolvePlace = (place: string) => string | undefined;
