import type { ModemLines } from '../../bench/serial-link.ts';
import type { AdapterChip } from './adapter-chip.ts';
import { bulkPair, done, linesFrom, maskedLines, requestKey } from './adapter-chip.ts';

/**
 * SET_FLOW drives the lines too: DTR by bits 0 and 1 of ulControlHandshake, RTS by bits 6 and 7 of ulFlowReplace; 1 =
 * active.
 */
function linesOfFlow(data: Uint8Array): ModemLines {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return linesFrom(((view.getUint32(4, true) >> 6) & 3) === 1, (view.getUint32(0, true) & 3) === 1);
}

/** Silicon Labs CP2102; requests of AN571 as drivers/usb/serial/cp210x.c of Linux 6.1 sends them. */
export const cp2102: AdapterChip = {
  id: 'cp2102',
  driver: 'cp210x',
  usb: {
    vendorId: 0x10c4,
    productId: 0xea60,
    bcdUsb: 0x0110,
    bcdDevice: 0x0100,
    deviceClass: 0,
    manufacturer: 'Silicon Labs',
    product: 'CP2102 USB to UART Bridge Controller',
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0xff,
        interfaceSubClass: 0,
        interfaceProtocol: 0,
        endpoints: bulkPair(0x81, 0x01, 64),
      },
    ],
  },
  bulkIn: 0x81,
  bulkOut: 0x01,
  transmitBuffer: 640, // CP2102 data sheet: 640 byte transmit buffer
  request(setup, data, pins) {
    switch (requestKey(setup)) {
      case '41 00': // IFC_ENABLE; the driver clears the lines itself before it disables
      case '41 05': // SET_BREAK
      case '41 12': // PURGE
      case '41 19': // SET_CHARS
        return done;
      case '41 03': // SET_LINE_CTL: parity in bits 4 to 7, 2 = even
        pins.setFormat({ parity: ((setup.value >> 4) & 0x0f) === 2 ? 'even' : 'none' });
        return done;
      case '41 07': // SET_MHS
        pins.setLines(maskedLines(setup.value, pins.lines));
        return done;
      case '41 13': // SET_FLOW; the driver writes back what it read
        pins.registers.set(0x13, Uint8Array.from(data));
        pins.setLines(linesOfFlow(data));
        return done;
      case '41 1e': // SET_BAUDRATE
        pins.setFormat({ baudRate: new DataView(data.buffer, data.byteOffset).getUint32(0, true) });
        return done;
      case 'c1 08': // GET_MDMSTS
        return Uint8Array.of((pins.lines.dtr === 'asserted' ? 1 : 0) | (pins.lines.rts === 'asserted' ? 2 : 0));
      case 'c1 10': // GET_COMM_STATUS: queues empty
        return new Uint8Array(0x13);
      case 'c1 14': // GET_FLOW
        return pins.registers.get(0x13) ?? new Uint8Array(16);
      case 'c0 ff': // vendor specific, wValue 370B: part number 2 = CP2102
        return setup.value === 0x370b ? Uint8Array.of(0x02) : undefined;
      default:
        return undefined;
    }
  },
};
