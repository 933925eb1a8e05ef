import { crc32, inflateRawSync } from 'node:zlib';
import { BootctlError, type ErrorCode, isBootctlError } from '../../base/errors.ts';
import { amount, count, oneLine } from '../../base/text.ts';
import { mostBytes, unpacked } from './gzip.ts';

/** PKWARE APPNOTE.TXT: §4.3.7 local file header, §4.3.12 central directory header, §4.3.16 end of central directory. */
const zip = {
  local: { signature: 0x0403_4b50, bytes: 30 },
  central: { signature: 0x0201_4b50, bytes: 46 },
  end: { signature: 0x0605_4b50, bytes: 22, longestComment: 0xffff },
  encrypted: 1 << 0, // §4.4.4
  utf8: 1 << 11,
  stored: 0, // §4.4.5
  deflated: 8,
} as const;

/** An archive starts with a file, or with its end where it has none. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

/** A build's output has a few files; a larger archive is a project, not firmware. */
const mostEntries = 10_000;
/** Beyond these a message counts the files. */
const mostNamed = 5;

/** Endings of firmware files, of whatever format: the content decides which. */
const imageEnding = /\.(?:hex|ihex|ihx|srec|s19|s28|s37|mot|bin|elf|axf|out|dfu|uf2|apj|px4)$/i;
/** Folders, and what file managers add. */
const clutter = /\/$|(?:^|\/)__MACOSX\/|(?:^|\/)\.[^/]*$/;

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly offset: number;
}

type Refuse = (what: string, code?: ErrorCode) => never;

/**
 * Unpacks the one firmware file of a zip archive; the others are not unpacked.
 * @throws BootctlError `image-unsupported` where there is none, more than one, or one that is encrypted, `image-too-large`,
 *   `image-truncated`, `image-crc`, `image-malformed`
 */
export function unzipImage(file: Uint8Array, name: string): { entry: string; content: Uint8Array } {
  const refuse: Refuse = (what, code = 'image-malformed') => {
    throw new BootctlError(code, `${name} is a zip file ${what}`);
  };
  const entries = directoryOf(file, refuse).filter((entry) => !clutter.test(entry.name));
  const names = entries.map((entry) => entry.name);
  // A package of nrfutil: manifest.json, and a .dat beside each .bin.
  if (names.some((one) => one.endsWith('manifest.json')) && names.some((one) => one.endsWith('.dat'))) {
    throw unsupported(`${name} is a DFU package of Nordic`, 'It is for an nRF, not for an STM32.');
  }
  const images = entries.filter((entry) => imageEnding.test(entry.name));
  const [image] = images;
  if (!image) throw unsupported(`${name} is a zip file without a firmware file: ${listOf(names)}`, unpackHint);
  if (images.length > 1) {
    const which = listOf(images.map((one) => one.name));
    throw unsupported(`${name} is a zip file with ${count(images.length, 'firmware file')}: ${which}`, unpackHint);
  }
  return { entry: oneLine(image.name), content: contentOf(file, image, name, refuse) };
}

const unpackHint = 'Unpack it, then give bootctl the file that is for this board.';
const unsupported = (message: string, hint: string) => new BootctlError('image-unsupported', message, { hint });

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'it is empty';
  const shown = names.slice(0, mostNamed).map(oneLine).join(', ');
  return names.length > mostNamed ? `${shown} and ${names.length - mostNamed} more` : shown;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Offset of the end of central directory: the last one whose comment ends with the file. */
function endOf(view: DataView, refuse: Refuse): number {
  const { signature, bytes, longestComment } = zip.end;
  const lowest = Math.max(0, view.byteLength - bytes - longestComment);
  for (let at = view.byteLength - bytes; at >= lowest; at--) {
    const isEnd = view.getUint32(at, true) === signature;
    if (isEnd && at + bytes + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return refuse('that ends before its directory', 'image-truncated');
}

function directoryOf(file: Uint8Array, refuse: Refuse): readonly Entry[] {
  const view = viewOf(file);
  const end = endOf(view, refuse);
  const [entryCount, start] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (entryCount === 0xffff || start === 0xffff_ffff) refuse('in ZIP64', 'image-unsupported');
  if (entryCount > mostEntries) refuse(`with ${entryCount} files`, 'image-unsupported');
  const entries: Entry[] = [];
  let at = start;
  for (let index = 0; index < entryCount; index++) {
    if (at + zip.central.bytes > end || view.getUint32(at, true) !== zip.central.signature) {
      refuse(`whose directory is damaged at file ${index + 1} of ${entryCount}`);
    }
    const word = (field: number) => view.getUint32(at + field, true);
    const half = (field: number) => view.getUint16(at + field, true);
    const nameEnd = at + zip.central.bytes + half(28);
    const next = nameEnd + half(30) + half(32);
    if (next > end) refuse(`whose directory is damaged at file ${index + 1} of ${entryCount}`);
    const text = Buffer.from(file.subarray(at + zip.central.bytes, nameEnd));
    entries.push({
      name: text.toString((half(8) & zip.utf8) === 0 ? 'latin1' : 'utf8'),
      flags: half(8),
      method: half(10),
      crc: word(16),
      packedBytes: word(20),
      bytes: word(24),
      offset: word(42),
    });
    at = next;
  }
  return entries;
}

/** The bytes of a file, as many as the directory announces and no more, so that a small archive cannot fill the memory. */
function contentOf(file: Uint8Array, entry: Entry, name: string, refuse: Refuse): Uint8Array {
  const { flags, method, packedBytes, bytes, offset } = entry;
  const what = `${name}: ${oneLine(entry.name)}`;
  if ((flags & zip.encrypted) !== 0) throw unsupported(`${what} is encrypted`, unpackHint);
  if (method !== zip.stored && method !== zip.deflated)
    throw unsupported(`${what} is packed by method ${method}`, unpackHint);
  if (bytes > mostBytes) {
    throw new BootctlError('image-too-large', `${what} unpacks to more than ${mostBytes / 1024 / 1024} MiB`);
  }
  const view = viewOf(file);
  const isLocal = offset + zip.local.bytes <= file.length && view.getUint32(offset, true) === zip.local.signature;
  if (!isLocal) refuse(`that has no file at offset 0x${offset.toString(16)}`);
  const start = offset + zip.local.bytes + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packedBytes > file.length) refuse('that ends in the middle of its file', 'image-truncated');
  const packed = file.subarray(start, start + packedBytes);
  const content = method === zip.stored ? packed : inflated(packed, bytes, what);
  if (content.length !== bytes) {
    throw new BootctlError('image-malformed', `${what} unpacks to ${content.length} bytes, and ${bytes} are announced`);
  }
  if (crc32(content) !== entry.crc) throw new BootctlError('image-crc', `${what} fails the check of its zip data`);
  return content;
}

function inflated(packed: Uint8Array, bytes: number, what: string): Uint8Array {
  try {
    return unpacked(what, 'zip', () => inflateRawSync(packed, { maxOutputLength: Math.max(bytes, 1) }));
  } catch (error) {
    if (!isBootctlError(error, 'image-too-large')) throw error;
    const more = `${what} unpacks to more than the ${amount(bytes, 'bytes')} that are announced`;
    throw new BootctlError('image-malformed', more, { cause: error });
  }
}
