import { BootctlError } from '../../base/errors.ts';
import type { ParsedFile } from '../firmware-image.ts';
import { hexByte } from './hex-lines.ts';
import { RecordList } from './record-list.ts';
import { type RecordSyntax, RecordText } from './record-text.ts';

/** RECTYP of the Intel Hexadecimal Object File Format Specification, 1988, §1. */
export const recordType = {
  data: 0,
  endOfFile: 1,
  extendedSegmentAddress: 2,
  startSegmentAddress: 3,
  extendedLinearAddress: 4,
  startLinearAddress: 5,
} as const;

/** RECLEN that each record with a fixed one must have (same specification, §3, §4 and §6 to §8), by RECTYP. */
const fixedLengths: Readonly<Record<number, { readonly name: string; readonly length: number }>> = {
  1: { name: 'an End of File record', length: 0 },
  2: { name: 'an Extended Segment Address record', length: 2 },
  3: { name: 'a Start Segment Address record', length: 4 },
  4: { name: 'an Extended Linear Address record', length: 2 },
  5: { name: 'a Start Linear Address record', length: 4 },
};

/** `:`, RECLEN, LOAD OFFSET (two bytes, high byte first), RECTYP, RECLEN bytes, CHKSUM (§1 and §2). */
const syntax: RecordSyntax = {
  mark: ':',
  markLength: 1,
  shortest: 5,
  announced: (bytes) => bytes[0]!,
  overhead: 5,
  checksum: (sum) => -sum & 0xff,
};

/** Where data records go: `segment` wraps inside 64 KiB (§4), `linear` inside 4 GiB (§3). */
interface Base {
  readonly floor: number;
  readonly size: number;
  readonly address: number;
}

const linear = (address: number): Base => ({ floor: 0, size: 0x1_0000_0000, address });
const segmented = (address: number): Base => ({ floor: address, size: 0x10000, address });

/**
 * Reads Intel HEX: record types 00 to 05, every checksum, the End of File record required.
 * CRLF, blank lines and white space at the end of a line are accepted.
 * @throws BootctlError `image-malformed`, `image-truncated`, `image-crc`, `image-overlap`, each naming the line
 */
export function parseIntelHex(file: Uint8Array, name: string): ParsedFile {
  const text = new RecordText(file, name, syntax);
  const records = new RecordList(name, 'line');
  let base = linear(0);
  let entry: number | undefined;
  let endOfFile: number | undefined;

  for (const { line, bytes, length } of text.records()) {
    if (endOfFile !== undefined) text.refuseMore(line, 'End of File record', endOfFile);
    const type = bytes[3]!;
    if (type > recordType.startLinearAddress) text.refuse(line, `record type ${hexByte(type)} is none of 0x00 to 0x05`);
    const fixed = fixedLengths[type];
    if (fixed && length !== fixed.length) {
      text.refuse(line, `${fixed.name} has ${fixed.length} data bytes, this one ${length}`);
    }
    if (type === recordType.data) place(records, base, bytes, length, line);
    else if (type === recordType.endOfFile) endOfFile = line;
    else if (type === recordType.extendedSegmentAddress) base = segmented(number16(bytes, 4) * 16);
    else if (type === recordType.extendedLinearAddress) base = linear(number16(bytes, 4) * 0x10000);
    else if (type === recordType.startSegmentAddress) entry = number16(bytes, 4) * 16 + number16(bytes, 6);
    else entry = number16(bytes, 4) * 0x10000 + number16(bytes, 6);
  }

  if (endOfFile === undefined) {
    throw new BootctlError(
      'image-truncated',
      `${name} ends after line ${text.lastLine} without an End of File record`,
      { details: { line: text.lastLine } },
    );
  }
  return { segments: records.segments(), ...(entry === undefined ? {} : { entry }) };
}

const number16 = (data: Uint8Array, at: number) => data[at]! * 0x100 + data[at + 1]!;

/** Segment base + ((offset + index) mod 64 KiB), or (linear base + offset + index) mod 4 GiB. */
function place(records: RecordList, base: Base, bytes: Uint8Array, length: number, line: number): void {
  const start = base.address + number16(bytes, 1);
  const room = Math.min(length, base.floor + base.size - start);
  records.add(start, bytes, 4, 4 + room, line);
  records.add(base.floor, bytes, 4 + room, 4 + length, line);
}
