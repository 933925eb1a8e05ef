import type { DraftEntry } from '../../profile/draft.ts';
import { quoted } from '../../profile/draft.ts';
import type { ImportNote } from '../imported.ts';

/** What the name of a serial port says of the device behind it. */
export interface NamedPort {
  readonly kind: 'klipper' | 'katapult' | 'adapter' | 'own-usb' | 'unknown';
  /** `stm32f446xx`, in the names that Klipper and Katapult give themselves. */
  readonly mcu?: string;
  readonly serialNumber?: string;
}

/** `/dev/serial/by-id/usb-VENDOR_PRODUCT_SERIAL-if00-port0`, as udev's 60-serial.rules makes it. */
const byId = /\/by-id\/usb-(.+?)-if\d+(?:-port\d+)?$/;

/** Reads the name alone: nothing is looked for on this host. */
export function readPortName(port: string): NamedPort {
  const name = byId.exec(port)?.[1];
  if (name !== undefined) {
    const words = name.split('_');
    const [vendor = ''] = words;
    const last = words.at(-1)!;
    const serial = words.length > 2 && /^[0-9A-Za-z]{4,}$/.test(last) && /\d/.test(last) ? { serialNumber: last } : {};
    const mcu = words.find((word) => /^stm32/i.test(word));
    const own = /^(klipper|katapult|canboot)$/i.exec(vendor)?.[1]?.toLowerCase();
    if (own) return { kind: own === 'klipper' ? 'klipper' : 'katapult', ...(mcu !== undefined && { mcu }), ...serial };
    return { kind: 'adapter', ...serial };
  }
  // usb-serial drivers of Linux and macOS name their ports so; ttyACM and usbmodem are CDC-ACM, as firmware of its own is.
  if (/(^|\/)(ttyUSB\d+|(cu|tty)\.(usbserial|SLAB_USBtoUART|wchusbserial)\S*)$/.test(port)) return { kind: 'adapter' };
  return { kind: /(^|\/)(ttyACM\d+|(cu|tty)\.usbmodem\S*)$/.test(port) ? 'own-usb' : 'unknown' };
}

/** Which adapter it is, as far as the name of its port says so. */
export function adapterOf(port: string): {
  readonly entries: readonly DraftEntry[];
  readonly assumed: readonly ImportNote[];
} {
  const { kind, serialNumber } = readPortName(port);
  if (kind !== 'adapter' || serialNumber === undefined) return { entries: [], assumed: [] };
  return {
    entries: [
      {
        key: 'adapter',
        lines: [`adapter: { serialNumber: ${quoted(serialNumber)} }`],
        comment: `from ${port}`,
        from: port,
      },
    ],
    assumed: [
      {
        about: `the serial number ${serialNumber}`,
        why: "it is the last part of the port's name; `bootctl list` shows those of the adapters",
      },
    ],
  };
}
