import type { CharacterFormat, ModemLines } from '../../bench/serial-link.ts';
import type { ControlReply, SetupPacket } from '../board/usb-function.ts';
import type { DeviceDescription, EndpointDescription } from '../chip/usb-descriptors.ts';

/** The parts of an adapter that a driver's requests may change. */
export interface AdapterPins {
  readonly lines: ModemLines;
  readonly format: CharacterFormat;
  /** Registers that the driver writes and reads back, by the chip's own address. */
  readonly registers: Map<number, Uint8Array>;
  setLines(lines: ModemLines): void;
  setFormat(change: Partial<CharacterFormat>): void;
}

/**
 * One model of USB-serial converter, as the Linux driver meets it. Numbers with their request bytes: facts on each
 * file.
 */
export interface AdapterChip {
  readonly id: string;
  /** Module of the Linux driver that binds to it. */
  readonly driver: string;
  /** Its descriptors; the serial number is the one unit's. */
  readonly usb: Omit<DeviceDescription, 'serialNumber' | 'maxPower' | 'selfPowered'>;
  /** Endpoint addresses that carry the bytes; 0x80 is set in `bulkIn`. */
  readonly bulkIn: number;
  readonly bulkOut: number;
  /** Bytes from the host that wait for the TX pin. Where no document says it: two packets, as of a double-buffered endpoint. */
  readonly transmitBuffer: number;
  /** Chips that put status bytes in front of every IN packet and send one at each tick of a timer, data or not. */
  readonly packetStatus?: { readonly bytes: readonly number[]; latency(pins: AdapterPins): number };
  /** Vendor and class requests. Undefined: the chip does not support the request and stalls it. */
  request(setup: SetupPacket, data: Uint8Array, pins: AdapterPins): ControlReply | undefined;
}

/** A pair of bulk endpoints. `packet` is wMaxPacketSize in bytes. */
export const bulkPair = (bulkIn: number, bulkOut: number, packet: number): readonly EndpointDescription[] =>
  [bulkIn, bulkOut].map((address) => ({ address, type: 'bulk', maxPacketSize: packet, interval: 0 }));

/** An interrupt IN endpoint. */
export const interruptIn = (address: number, packet: number): EndpointDescription => ({
  address,
  type: 'interrupt',
  maxPacketSize: packet,
  interval: 10,
});

export const done: ControlReply = new Uint8Array(0);

/** Key of a request in a chip's table: bmRequestType and bRequest, as `40 a4`. */
export const requestKey = ({ requestType, request }: SetupPacket): string =>
  `${hexByte(requestType)} ${hexByte(request)}`;

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');

const standardRates = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 921600, 1000000];

/** Chips with a divider reach a rate only approximately. Returns the nominal rate within 2 %, which every UART accepts,
 * or else the real one. */
export function nominalBaudRate(actual: number): number {
  return standardRates.find((rate) => Math.abs(actual - rate) / rate < 0.02) ?? Math.round(actual);
}

/** Modem lines from a chip's bits. */
export function linesFrom(rts: boolean, dtr: boolean): ModemLines {
  return { rts: rts ? 'asserted' : 'released', dtr: dtr ? 'asserted' : 'released' };
}

/**
 * RTS and DTR from a value whose low byte is the state and high byte the mask: bit 0 DTR, bit 1 RTS.
 * A line outside the mask stays.
 */
export function maskedLines(value: number, before: ModemLines): ModemLines {
  const { rts, dtr } = linesFrom((value & 0x02) !== 0, (value & 0x01) !== 0);
  return { rts: value & 0x0200 ? rts : before.rts, dtr: value & 0x0100 ? dtr : before.dtr };
}

/** Seven bytes of SET_LINE_CODING (CDC PSTN 1.2 §6.3.10): rate, stop bits, parity 2 = even, data bits. */
export function formatFromLineCoding(data: Uint8Array): CharacterFormat {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { baudRate: view.getUint32(0, true), parity: view.getUint8(5) === 2 ? 'even' : 'none' };
}

/** The same seven bytes of a character format, 1 stop bit and 8 data bits. */
export function lineCoding({ baudRate, parity }: CharacterFormat): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, parity === 'even' ? 2 : 0, 8);
  new DataView(bytes.buffer).setUint32(0, baudRate, true);
  return bytes;
}
