import type { AdapterChip, AdapterPins } from './adapter-chip.ts';
import { bulkPair, done, interruptIn, linesFrom, nominalBaudRate, requestKey } from './adapter-chip.ts';

const register = { prescaler: 0x12, divisor: 0x13, lineControl: 0x18 } as const;
/** Active-low modem inputs, none asserted. */
const statusRegisters: Readonly<Record<number, number>> = { 6: 0xff, 7: 0xee };

/** Baud rate from prescaler (bits 0 to 2) and divisor (`CH341_CLK_DIV`, 48 MHz clock). */
function baudRate(prescaler: number, divisor: number): number {
  const clockDivider = 1 << (12 - 3 * (prescaler & 3) - ((prescaler >> 2) & 1));
  return nominalBaudRate(48_000_000 / (clockDivider * (0x100 - divisor)));
}

function writeRegister(address: number, value: number, pins: AdapterPins): void {
  pins.registers.set(address, Uint8Array.of(value));
  if (address === register.divisor)
    pins.setFormat({ baudRate: baudRate(readRegister(register.prescaler, pins), value) });
  // Parity enable is bit 3, even is bit 4.
  if (address === register.lineControl) pins.setFormat({ parity: (value & 0x18) === 0x18 ? 'even' : 'none' });
}

const readRegister = (address: number, pins: AdapterPins): number =>
  statusRegisters[address] ?? pins.registers.get(address)?.[0] ?? 0;

/**
 * WCH CH340; requests as drivers/usb/serial/ch341.c of Linux 6.1 sends them. Registers come in pairs, the low byte
 * first.
 */
export const ch340: AdapterChip = {
  id: 'ch340',
  driver: 'ch341',
  usb: {
    vendorId: 0x1a86,
    productId: 0x7523,
    bcdUsb: 0x0110,
    bcdDevice: 0x0264,
    deviceClass: 0xff,
    manufacturer: 'QinHeng Electronics',
    product: 'USB Serial',
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0xff,
        interfaceSubClass: 0x01,
        interfaceProtocol: 0x02,
        endpoints: [...bulkPair(0x82, 0x02, 32), interruptIn(0x81, 8)],
      },
    ],
  },
  bulkIn: 0x82,
  bulkOut: 0x02,
  transmitBuffer: 64,
  request(setup, _data, pins) {
    const { value, index } = setup;
    switch (requestKey(setup)) {
      case '40 a1': // SERIAL_INIT
        return done;
      case '40 a4': // MODEM_CTRL, active low: bit 5 DTR, bit 6 RTS
        pins.setLines(linesFrom((value & 0x40) === 0, (value & 0x20) === 0));
        return done;
      case '40 9a': // WRITE_REG
        writeRegister(value & 0xff, index & 0xff, pins);
        writeRegister(value >> 8, index >> 8, pins);
        return done;
      case 'c0 5f': // READ_VERSION
        return Uint8Array.of(0x31, 0x00);
      case 'c0 95': // READ_REG
        return Uint8Array.of(readRegister(value & 0xff, pins), readRegister(value >> 8, pins));
      default:
        return undefined;
    }
  },
};
