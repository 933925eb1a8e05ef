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

/** bmCapabilities of the Abstract Control Management descriptor (CDC PSTN 1.2 §5.3.2). */
const capability = { lineCoding: 0x02, sendBreak: 0x04 } as const;

interface CdcAcmIdentity {
  readonly id: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer: string;
  readonly product: string;
  readonly sendsBreak: boolean;
}

/** The communication and the data interface (CDC PSTN 1.2 §5.3). */
const interfacesWith = (capabilities: number) => [
  {
    interfaceNumber: 0,
    alternateSetting: 0,
    interfaceClass: 0x02,
    interfaceSubClass: 0x02,
    interfaceProtocol: 0x01,
    classDescriptors: [
      Uint8Array.of(5, 0x24, 0x00, 0x10, 0x01), // header, CDC 1.10
      Uint8Array.of(5, 0x24, 0x01, 0x00, 1), // call management
      Uint8Array.of(4, 0x24, 0x02, capabilities), // abstract control management
      Uint8Array.of(5, 0x24, 0x06, 0, 1), // union
    ],
    endpoints: [interruptIn(0x83, 8)],
  },
  {
    interfaceNumber: 1,
    alternateSetting: 0,
    interfaceClass: 0x0a,
    interfaceSubClass: 0,
    interfaceProtocol: 0,
    endpoints: bulkPair(0x81, 0x02, 64),
  },
];

/** A converter of class CDC-ACM; without the break capability Linux refuses TIOCSBRK and TIOCCBRK. */
function cdcAcmChip({ id, sendsBreak, ...identity }: CdcAcmIdentity): AdapterChip {
  const interfaces = interfacesWith(capability.lineCoding | (sendsBreak ? capability.sendBreak : 0));
  return {
    id,
    driver: 'cdc_acm',
    usb: { ...identity, bcdUsb: 0x0200, bcdDevice: 0x0100, deviceClass: 0x02, interfaces },
    bulkIn: 0x81,
    bulkOut: 0x02,
    transmitBuffer: 128, // ring buffer of the ATmega16U2's firmware (Arduino-usbserial.c)
    request(setup, data, pins) {
      switch (requestKey(setup)) {
        case '21 20': // SET_LINE_CODING
          pins.setFormat(formatFromLineCoding(data));
          return done;
        case 'a1 21': // GET_LINE_CODING
          return lineCoding(pins.format);
        case '21 22': // SET_CONTROL_LINE_STATE: bit 0 DTR, bit 1 RTS
          pins.setLines(linesFrom((setup.value & 0x02) !== 0, (setup.value & 0x01) !== 0));
          return done;
        case '21 23': // SEND_BREAK
          return sendsBreak ? done : undefined;
        default:
          return undefined;
      }
    },
  };
}

/** ATmega16U2 of an Arduino Uno, whose LUFA firmware has the break capability. */
export const cdcAcm = cdcAcmChip({
  id: 'cdc-acm',
  vendorId: 0x2341,
  productId: 0x0043,
  manufacturer: 'Arduino (www.arduino.cc)',
  product: 'CDC-ACM with break',
  sendsBreak: true,
});

/**
 * Firmware built on TinyUSB of before 2024, whose descriptor lacks the break capability. (A CH343 lacks it too, but
 * Linux 6.1.192 has an entry for 1a86:55d3 and sends the break all the same.)
 */
export const cdcAcmNoBreak = cdcAcmChip({
  id: 'cdc-acm-no-break',
  vendorId: 0xcafe,
  productId: 0x4001,
  manufacturer: 'TinyUSB',
  product: 'TinyUSB Device',
  sendsBreak: false,
});
