import { readFile, stat } from 'node:fs/promises';
import { BootctlError } from '../base/errors.ts';
import { type FirmwareImage, imageFormats } from './firmware-image.ts';
import { type AutopilotPackage, readAutopilotPackage } from './formats/autopilot-package.ts';
import { foreignPrefix, hasDfuSuffix, splitDfuSuffix } from './formats/dfu-suffix.ts';
import { gunzip, isGzip, mostBytes } from './formats/gzip.ts';
import { parseRawBinary } from './formats/raw-binary.ts';
import type { Uf2Options } from './formats/uf2.ts';
import { isZip, unzipImage } from './formats/zip.ts';
import { addressedFormats, refusedFormats } from './known-formats.ts';
import { conversionRefusal, textRefusal } from './known-texts.ts';
import { makeImage } from './make-image.ts';
import { signedKind } from './signed-images.ts';

export interface ImageOptions extends Uf2Options {
  /** Where a raw binary goes; refused for a format that carries its own addresses. */
  readonly address?: number;
  /** Where the board's applications start, for the advice that a raw binary without an address gets. */
  readonly applicationStart?: number;
}

export interface ReadImageOptions extends ImageOptions {
  /** Reads standard input to its end, for the path `-`. */
  readonly standardInput?: () => Promise<Uint8Array>;
  /** How messages name the file; its path unless said otherwise. */
  readonly name?: string;
}

/**
 * Turns the content of a file into an image. The content decides the format, never the name. A gzip file is unpacked, and a
 * zip archive with one firmware file in it. A DFU suffix is checked and removed.
 * @throws BootctlError `image-empty`, `image-malformed`, `image-truncated`, `image-crc`, `image-overlap`,
 *   `image-too-large`, `image-unsupported`, `image-wrong-machine`, `image-wrong-device`, `image-wrong-family`,
 *   `image-address-required`, `image-out-of-range`, `usage` where an address is given for a format that has its own
 */
export function parseImage(bytes: Uint8Array, name: string, options: ImageOptions = {}): FirmwareImage {
  if (bytes.length === 0) throw new BootctlError('image-empty', `${name} has 0 bytes`);
  if (bytes.length > mostBytes) throw tooLarge(name, bytes.length);
  if (isZip(bytes)) {
    const { entry, content } = unzipImage(bytes, name);
    return parseUnpacked(content, { name: `${name}: ${entry}`, compression: 'zip' }, options);
  }
  if (!isGzip(bytes)) return parsePlain(bytes, name, options);
  return parseUnpacked(gunzip(bytes, name), { name, compression: 'gzip' }, options);
}

function parseUnpacked(
  inside: Uint8Array,
  { name, compression }: { readonly name: string; readonly compression: 'gzip' | 'zip' },
  options: ImageOptions,
): FirmwareImage {
  if (inside.length === 0) throw new BootctlError('image-empty', `${name} unpacks to 0 bytes`);
  if (isGzip(inside)) {
    throw new BootctlError('image-unsupported', `${name} is gzip inside ${compression}`, { hint: 'Unpack it once.' });
  }
  return { compression, ...parsePlain(inside, name, options) };
}

function parsePlain(bytes: Uint8Array, name: string, options: ImageOptions): FirmwareImage {
  const isDfuSe = addressedFormats.some(({ format, matches }) => format === 'dfuse' && matches(bytes));
  if (isDfuSe || !hasDfuSuffix(bytes)) return parseContent(bytes, name, options);
  const { content, suffix, notes } = splitDfuSuffix(bytes, name);
  if (content.length === 0) throw new BootctlError('image-empty', `${name} holds nothing but a DFU suffix`);
  const maker = foreignPrefix(content);
  if (maker) throw new BootctlError('image-wrong-device', `${name} has a prefix for the bootloader of ${maker}`);
  return withNotes({ ...parseContent(content, name, options), dfuSuffix: suffix }, notes);
}

const withNotes = (image: FirmwareImage, more: readonly string[]): FirmwareImage =>
  more.length === 0 ? image : { ...image, notes: [...(image.notes ?? []), ...more] };

function parseContent(bytes: Uint8Array, name: string, options: ImageOptions): FirmwareImage {
  const { address, applicationStart } = options;
  const converted = conversionRefusal(bytes, name);
  if (converted) throw converted;
  const found = addressedFormats.find(({ matches }) => matches(bytes));
  if (found) {
    if (address === undefined) return makeImage(name, found.format, found.parse(bytes, name, options));
    throw new BootctlError('usage', `${name} is ${imageFormats[found.format]} and carries its own addresses`, {
      hint: 'Leave the address out, or convert the file to a raw binary.',
    });
  }
  const refused = refusedFormats.find(({ matches }) => matches(bytes));
  if (refused) throw new BootctlError('image-unsupported', `${name} is ${refused.name}`, { hint: refused.instead });
  const autopilot = readAutopilotPackage(bytes, name);
  // It holds an application: where applications start is where it goes.
  if (autopilot) return parseAutopilot(autopilot, name, address ?? applicationStart);
  const text = textRefusal(bytes, name);
  if (text) throw text;
  const signed = signedKind(bytes);
  if (signed && address === undefined) throw placeUnsaid(`${name} is a signed image for ${signed}`, slotHint);
  return makeImage(name, 'binary', parseRawBinary(bytes, name, address, applicationStart));
}

function parseAutopilot({ title, image, notes, kind }: AutopilotPackage, name: string, address: number | undefined) {
  if (address === undefined)
    throw placeUnsaid(`${name} is ${title}; it does not say where its image goes`, autopilotHint);
  if (image.length === 0) throw new BootctlError('image-empty', `${name} holds an image of 0 bytes`);
  const text = textRefusal(image, name);
  if (text) throw text;
  return withNotes({ ...makeImage(name, 'binary', parseRawBinary(image, name, address)), compression: kind }, notes);
}

const placeUnsaid = (message: string, hint: string) => new BootctlError('image-address-required', message, { hint });
const slotHint =
  'Give the address of its slot with `--address`. At the start of the flash is the bootloader that checks it.';
/** ArduPilot: FLASH_RESERVE_START_KB of hwdef.dat; PX4: the origin of FLASH in the board's linker script. */
const autopilotHint =
  "It goes behind the board's bootloader, 0x08004000 to 0x08020000 by board: say where with `--address`, or with `applicationStart` under `target` of the profile. At 0x08000000 it would replace that bootloader.";

/**
 * Reads a file, or standard input where `path` is `-`.
 * @throws BootctlError `image-unreadable`, and those of `parseImage`
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<FirmwareImage> {
  const { name = path } = options;
  if (path !== '-') return parseImage(await readBytes(path, name), name, options);
  if (!options.standardInput) throw new BootctlError('image-unreadable', 'There is no standard input to read from');
  return parseImage(await options.standardInput(), 'standard input', options);
}

/** The bytes of an image file. @throws BootctlError `image-unreadable`, `image-too-large` */
export async function readBytes(path: string, name: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw tooLarge(name, size);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof BootctlError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BootctlError('image-unreadable', `${name} cannot be read: ${reason}`, { cause });
  }
}

const tooLarge = (name: string, bytes: number): BootctlError =>
  new BootctlError('image-too-large', `${name} has ${bytes} bytes, more than ${mostBytes / 1024 / 1024} MiB`);
