import type { AdapterChip } from './adapter-chip.ts';
import {
  bulkPair,
  done,
  formatFromLineCoding,
  interruptIn,
  lineCoding,
  linesFrom,
  requestKey,
} from './adapter-chip.ts';

/** Prolific PL2303HX; requests as drivers/usb/serial/pl2303.c of Linux 6.1 sends them. */
export const pl2303: AdapterChip = {
  id: 'pl2303',
  driver: 'pl2303',
  usb: {
    vendorId: 0x067b,
    productId: 0x2303,
    bcdUsb: 0x0110,
    bcdDevice: 0x0300,
    deviceClass: 0,
    manufacturer: 'Prolific Technology Inc.',
    product: 'USB-Serial Controller',
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0xff,
        interfaceSubClass: 0,
        interfaceProtocol: 0,
        endpoints: [interruptIn(0x81, 10), ...bulkPair(0x83, 0x02, 64)],
      },
    ],
  },
  bulkIn: 0x83,
  bulkOut: 0x02,
  transmitBuffer: 128,
  request(setup, data, pins) {
    switch (requestKey(setup)) {
      case 'c0 01': // vendor read, one byte
        return Uint8Array.of(pins.registers.get(setup.value)?.[0] ?? 0);
      case '40 01': // vendor write
        pins.registers.set(setup.value, Uint8Array.of(setup.index & 0xff));
        return done;
      case 'a1 21': // GET_LINE_REQUEST
        return lineCoding(pins.format);
      case '21 20': // SET_LINE_REQUEST
        pins.setFormat(formatFromLineCoding(data));
        return done;
      case '21 22': // SET_CONTROL_REQUEST: bit 0 DTR, bit 1 RTS
        pins.setLines(linesFrom((setup.value & 0x02) !== 0, (setup.value & 0x01) !== 0));
        return done;
      case '21 23': // BREAK_REQUEST
        return done;
      default:
        return undefined;
    }
  },
};
