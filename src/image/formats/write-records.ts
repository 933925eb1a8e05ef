import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { FirmwareImage } from '../firmware-image.ts';
import { recordType } from './intel-hex.ts';

/** Data bytes in a record, as objcopy and most other tools write them. */
const dataLength = 16;
/** Longest header text of an S0 record that readers with a fixed buffer take. */
const headerLength = 40;

/** Intel HEX with extended linear addresses (04) and start linear address (05); CRLF, as objcopy writes it. */
export function writeIntelHex({ segments, entry }: FirmwareImage): Uint8Array {
  const lines: string[] = [];
  let upper = 0;
  for (const { address, data } of segments) {
    for (let at = 0; at < data.length; ) {
      const next = address + at;
      const high = Math.floor(next / 0x10000);
      if (high !== upper) {
        lines.push(hexRecord(recordType.extendedLinearAddress, 0, Uint8Array.of(high >> 8, high & 0xff)));
        upper = high;
      }
      const length = Math.min(dataLength, data.length - at, 0x10000 - (next % 0x10000));
      lines.push(hexRecord(recordType.data, next % 0x10000, data.subarray(at, at + length)));
      at += length;
    }
  }
  if (entry !== undefined) lines.push(hexRecord(recordType.startLinearAddress, 0, bigEndian(entry, 4)));
  lines.push(hexRecord(recordType.endOfFile, 0, new Uint8Array(0)));
  return textFile(lines);
}

/**
 * Motorola S-records: S0 with the image's name, then the narrowest of S1, S2 and S3 that holds every address, and its
 * end.
 */
export function writeSRecords({ name, segments, entry = 0 }: FirmwareImage): Uint8Array {
  const last = segments.reduce((end, { address, data }) => Math.max(end, address + data.length - 1), entry);
  const width = last > 0xff_ffff ? 4 : last > 0xffff ? 3 : 2;
  const header = Buffer.from(name.replace(/[^ -~]/g, '?').slice(-headerLength), 'latin1');
  const lines = [sRecord(0, 0, 2, header)];
  for (const { address, data } of segments) {
    for (let at = 0; at < data.length; at += dataLength) {
      lines.push(sRecord(width - 1, address + at, width, data.subarray(at, at + dataLength)));
    }
  }
  lines.push(sRecord(11 - width, entry, width, new Uint8Array(0)));
  return textFile(lines);
}

const textFile = (lines: readonly string[]): Uint8Array =>
  new Uint8Array(Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'));

const sumOf = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum;
};

const digits = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

const bigEndian = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** (width - 1 - index)) % 256);

function hexRecord(type: number, offset: number, data: Uint8Array): string {
  const record = new Uint8Array(data.length + 5);
  record.set([data.length, offset >> 8, offset & 0xff, type]);
  record.set(data, 4);
  record[record.length - 1] = -sumOf(record) & 0xff;
  return `:${digits(record)}`;
}

function sRecord(type: number, address: number, width: number, data: Uint8Array): string {
  const record = new Uint8Array(data.length + width + 2);
  record[0] = data.length + width + 1;
  record.set(bigEndian(address, width), 1);
  record.set(data, 1 + width);
  record[record.length - 1] = ~sumOf(record) & 0xff;
  return `S${type}${digits(record)}`;
}

/** A larger binary consists mostly of gaps. */
const mostBinary = 64 * 1024 * 1024;

/**
 * The bytes from the lowest to the highest address, gaps filled with 0xFF as erased flash has it.
 * @throws BootctlError `image-not-convertible` where that would be more than 64 MiB
 */
export function writeBinary({ name, segments }: FirmwareImage): Uint8Array {
  const [first, last] = [segments[0], segments.at(-1)];
  if (!first || !last) return new Uint8Array(0);
  const length = last.address + last.data.length - first.address;
  if (length > mostBinary) {
    const range = `${address32(first.address)} to ${address32(last.address + last.data.length - 1)}`;
    throw new BootctlError(
      'image-not-convertible',
      `${name} reaches from ${range}: as a raw binary that is ${length} bytes, nearly all of them gaps`,
    );
  }
  const bytes = new Uint8Array(length).fill(0xff);
  for (const { address, data } of segments) bytes.set(data, address - first.address);
  return bytes;
}
