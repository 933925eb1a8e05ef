import { createRequire } from 'node:module';
import type { default as AdmZip, IZipEntry } from 'adm-zip';
import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import { amount, count, oneLine } from '../../base/text.ts';
import { mostBytes } from './gzip.ts';

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

/** PKWARE APPNOTE.TXT §4.4.5: stored and deflated. */
const packings: ReadonlySet<number> = new Set([0, 8]);

/**
 * Unpacks the one firmware file of a zip archive; the others are not unpacked.
 * @throws BootctlError `image-unsupported` where there is none, more than one, or one that is encrypted, `image-too-large`,
 *   `image-truncated`, `image-crc`, `image-malformed`
 */
export function unzipImage(file: Uint8Array, name: string): { entry: string; content: Uint8Array } {
  const entries = entriesOf(file, name).filter(({ entryName }) => !clutter.test(entryName));
  const names = entries.map(({ entryName }) => entryName);
  // A package of nrfutil: manifest.json, and a .dat beside each .bin.
  if (names.some((one) => one.endsWith('manifest.json')) && names.some((one) => one.endsWith('.dat'))) {
    throw unsupported(`${name} is a DFU package of Nordic`, 'It is for an nRF, not for an STM32.');
  }
  const images = entries.filter(({ entryName }) => imageEnding.test(entryName));
  const [image] = images;
  if (!image) throw unsupported(`${name} is a zip file without a firmware file: ${listOf(names)}`, unpackHint);
  if (images.length > 1) {
    const which = listOf(images.map(({ entryName }) => entryName));
    throw unsupported(`${name} is a zip file with ${count(images.length, 'firmware file')}: ${which}`, unpackHint);
  }
  const entry = oneLine(image.entryName);
  return { entry, content: contentOf(image, `${name}: ${entry}`) };
}

const unpackHint = 'Unpack it, then give bootctl the file that is for this board.';
const unsupported = (message: string, hint: string) => new BootctlError('image-unsupported', message, { hint });

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'it is empty';
  const shown = names.slice(0, mostNamed).map(oneLine).join(', ');
  return names.length > mostNamed ? `${shown} and ${names.length - mostNamed} more` : shown;
}

/** Loaded where there is an archive: few jobs have one, and `parseImage` of the library does not wait. */
const loadAdmZip = () => createRequire(import.meta.url)('adm-zip') as typeof AdmZip;

function entriesOf(file: Uint8Array, name: string): readonly IZipEntry[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const Archive = loadAdmZip();
  const archive = reading(name, () => new Archive(bytes, { noSort: true }));
  const entryCount = archive.getEntryCount();
  if (entryCount > mostEntries) {
    throw new BootctlError('image-unsupported', `${name} is a zip file with ${entryCount} files`);
  }
  return reading(name, () => archive.getEntries());
}

/** The bytes of a file, as many as the directory announces and no more, so that a small archive cannot fill the memory. */
function contentOf(entry: IZipEntry, what: string): Uint8Array {
  const { encrypted, method, size } = entry.header;
  if (encrypted) throw unsupported(`${what} is encrypted`, unpackHint);
  if (!packings.has(method)) throw unsupported(`${what} is packed by method ${method}`, unpackHint);
  if (size > mostBytes) {
    throw new BootctlError('image-too-large', `${what} unpacks to more than ${mostBytes / 1024 / 1024} MiB`);
  }
  const content = reading(
    what,
    () => entry.getData(),
    `unpacks to more than the ${amount(size, 'bytes')} that are announced`,
  );
  if (content.length !== size) {
    throw new BootctlError('image-malformed', `${what} unpacks to ${content.length} bytes, and ${size} are announced`);
  }
  return content;
}

/** What adm-zip says of a file, in our words; all else is damage. */
const troubles: readonly { readonly said: RegExp; readonly code: ErrorCode; readonly what: string }[] = [
  { said: /No END header/, code: 'image-truncated', what: 'is a zip file that ends before its directory' },
  { said: /CRC32/, code: 'image-crc', what: 'fails the check of its zip data' },
];

/** @throws BootctlError for whatever adm-zip, zlib or Buffer say of a damaged file; `beyond` where it unpacks to too much */
function reading<Result>(what: string, read: () => Result, beyond = 'is too large'): Result {
  try {
    return read();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new BootctlError('image-malformed', `${what} ${beyond}`, { cause });
    const known = troubles.find(({ said }) => said.test(message));
    throw known
      ? new BootctlError(known.code, `${what} ${known.what}`, { cause })
      : new BootctlError('image-malformed', `${what} has damaged zip data: ${message.replace('ADM-ZIP: ', '')}`, {
          cause,
        });
  }
}
