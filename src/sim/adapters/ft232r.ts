import type { AdapterChip, AdapterPins } from './adapter-chip.ts';
import { bulkPair, done, maskedLines, nominalBaudRate, requestKey } from './adapter-chip.ts';

/** Latency timer in ms, kept where the driver reads it back (`C0 0A`). */
const latencyRegister = 0x0a;
const defaultLatency = 16;

/** Modem status (no input asserted; bit 0 is always 1) and line status (transmitter empty). */
const status = [0x01, 0x60] as const;

const latency = (pins: AdapterPins): number => pins.registers.get(latencyRegister)?.[0] ?? defaultLatency;

/**
 * Eighths of the divisor behind the three fraction bits (drivers/usb/serial/ftdi_sio.c,
 * `ftdi_232bm_baud_base_to_divisor`).
 */
const eighths = [0, 4, 2, 1, 3, 5, 6, 7];

/** Baud rate of `40 03`: 3 MHz over a divisor in wValue, whose top fraction bit is bit 0 of wIndex. */
function baudRate(value: number, index: number): number {
  const fraction = eighths[((index & 1) << 2) | (value >> 14)]!;
  const divisor = (value & 0x3fff) + fraction / 8;
  // Divisors 0 and 1 stand for 3 and 2 MBaud.
  if (divisor === 0) return 3_000_000;
  if (divisor === 1) return 2_000_000;
  return nominalBaudRate(3_000_000 / divisor);
}

/** FTDI FT232R; requests as drivers/usb/serial/ftdi_sio.{c,h} of Linux 6.1 sends them. */
export const ft232r: AdapterChip = {
  id: 'ft232r',
  driver: 'ftdi_sio',
  usb: {
    vendorId: 0x0403,
    productId: 0x6001,
    bcdUsb: 0x0200,
    bcdDevice: 0x0600,
    deviceClass: 0,
    manufacturer: 'FTDI',
    product: 'FT232R USB UART',
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0xff,
        interfaceSubClass: 0xff,
        interfaceProtocol: 0xff,
        endpoints: bulkPair(0x81, 0x02, 64),
      },
    ],
  },
  bulkIn: 0x81,
  bulkOut: 0x02,
  transmitBuffer: 128, // FT232R data sheet: 128 bytes towards the UART, 256 from it
  packetStatus: { bytes: status, latency },
  request(setup, _data, pins) {
    switch (requestKey(setup)) {
      case '40 01': // SET_MODEM_CTRL
        pins.setLines(maskedLines(setup.value, pins.lines));
        return done;
      case '40 03': // SET_BAUD_RATE
        pins.setFormat({ baudRate: baudRate(setup.value, setup.index) });
        return done;
      case '40 04': // SET_DATA: parity in bits 8 to 10, 2 = even
        pins.setFormat({ parity: ((setup.value >> 8) & 7) === 2 ? 'even' : 'none' });
        return done;
      case '40 09': // SET_LATENCY_TIMER
        pins.registers.set(latencyRegister, Uint8Array.of(setup.value & 0xff));
        return done;
      case '40 00': // RESET
      case '40 02': // SET_FLOW_CTRL
      case '40 06': // SET_EVENT_CHAR
      case '40 07': // SET_ERROR_CHAR
        return done;
      case 'c0 05': // GET_MODEM_STATUS
        return Uint8Array.from(status);
      case 'c0 0a': // GET_LATENCY_TIMER
        return Uint8Array.of(latency(pins));
      case 'c0 90': // READ_EEPROM: blank
        return Uint8Array.of(0xff, 0xff);
      default:
        return undefined;
    }
  },
};
