import { BootctlError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { ParsedFile } from '../firmware-image.ts';
import { characterText } from './hex-lines.ts';
import { RecordList } from './record-list.ts';
import { type RecordSyntax, RecordText } from './record-text.ts';

/** Purpose of each record type, and the bytes of its address (M68000PM/AD appendix C); S4 is reserved. */
const types: Readonly<Record<string, { readonly kind: 'header' | 'data' | 'count' | 'end'; readonly width: number }>> =
  {
    '0': { kind: 'header', width: 2 },
    '1': { kind: 'data', width: 2 },
    '2': { kind: 'data', width: 3 },
    '3': { kind: 'data', width: 4 },
    '5': { kind: 'count', width: 2 },
    '6': { kind: 'count', width: 3 },
    '7': { kind: 'end', width: 4 },
    '8': { kind: 'end', width: 3 },
    '9': { kind: 'end', width: 2 },
  };

/** `S`, the type, a count of the bytes behind it, address, data, checksum: the ones' complement of the sum. */
const syntax: RecordSyntax = {
  mark: 'S',
  markLength: 2,
  shortest: 4,
  announced: (bytes) => bytes[0]! - 1,
  overhead: 2,
  checksum: (sum) => ~sum & 0xff,
};

/**
 * Reads Motorola S-records: S0 to S9 but S4, every checksum, the count of S5 and S6. A complete file
 * ends with S7, S8 or S9, or with the count of its data records, as `srec_cat` writes it without a start address.
 * @throws BootctlError `image-malformed`, `image-truncated`, `image-crc`, `image-overlap`, each naming the line
 */
export function parseSRecords(file: Uint8Array, name: string): ParsedFile {
  const text = new RecordText(file, name, syntax);
  const records = new RecordList(name, 'line');
  const notes: string[] = [];
  let dataRecords = 0;
  let end: number | undefined;
  let isCounted = false;
  let entry = 0;

  for (const { line, mark, bytes, length } of text.records()) {
    if (end !== undefined) text.refuseMore(line, 'termination record', end);
    const digit = String.fromCharCode(mark);
    const type = types[digit];
    if (!type) return text.refuse(line, `S and ${characterText(mark)} is no type; there are S0 to S3 and S5 to S9`);
    const { kind, width } = type;
    if (length < width) text.refuse(line, `S${digit} has an address of ${width} bytes, this one ${length}`);
    if (length > width && (kind === 'count' || kind === 'end')) text.refuse(line, `S${digit} has no data`);
    const address = bigEndian(bytes, width);
    if (kind === 'header') notes.push(...headerNote(bytes.subarray(3, 1 + length)));
    else if (kind === 'data') {
      dataRecords++;
      records.add(address, bytes, 1 + width, 1 + length, line);
    } else if (kind === 'end') [end, entry] = [line, address];
    else {
      const what = `S${digit} counts ${count(address, 'data record')}, the file has ${dataRecords} before it`;
      if (address !== dataRecords)
        text.refuse(line, what, dataRecords < address ? 'image-truncated' : 'image-malformed');
    }
    isCounted = kind === 'count';
  }

  if (end === undefined && !isCounted) {
    const what = `${name} ends after line ${text.lastLine} without a termination or count record`;
    throw new BootctlError('image-truncated', what, { details: { line: text.lastLine } });
  }
  // Tools write a termination record with 0 if there is no start address.
  return { segments: records.segments(), ...(entry === 0 ? {} : { entry }), ...(notes.length ? { notes } : {}) };
}

const bigEndian = (bytes: Uint8Array, width: number): number => {
  let value = 0;
  for (let index = 1; index <= width; index++) value = value * 0x100 + bytes[index]!;
  return value;
};

function headerNote(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ')
    .trim();
  return text === '' ? [] : [`S0 header: ${text}`];
}
