import { inflateSync } from 'node:zlib';
import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import { amount, oneLine } from '../../base/text.ts';
import { unpacked } from './gzip.ts';

/** A firmware package of a flight controller: one image for the internal flash, without an address. */
export interface AutopilotPackage {
  readonly kind: 'apj' | 'px4';
  /** `firmware package of ArduPilot for board_id 9`. */
  readonly title: string;
  readonly image: Uint8Array;
  /** What the package says of itself. */
  readonly notes: readonly string[];
}

/** Images of flash that no bootloader in ROM reaches: ArduPilot's name of the field, and PX4's. */
const externalFlash = ['extf_image_size', 'extflash_image_size'] as const;
const descriptions = ['summary', 'description', 'version', 'git_identity'] as const;

/**
 * Reads a package of ArduPilot (`.apj`, ArduPilot/ardupilot, Tools/ardupilotwaf/chibios.py, generate_apj) or of PX4 (`.px4`,
 * PX4/PX4-Autopilot, Tools/px_mkfw.py): JSON with the board's number, and the image packed with zlib in Base64. Boards of
 * PX4 have a `magic` of their own; the fields tell the format.
 * @returns undefined for any other file
 * @throws BootctlError `image-malformed`, `image-truncated`, `image-crc`, `image-too-large`, `image-unsupported` for a package
 *   with a part for external flash
 */
export function readAutopilotPackage(bytes: Uint8Array, name: string): AutopilotPackage | undefined {
  const fields = packageFields(bytes, name);
  if (!fields) return undefined;
  const kind = fields.magic === 'APJFWv1' ? 'apj' : 'px4';
  const title = `a firmware package of ${kind === 'apj' ? 'ArduPilot' : 'PX4'} for board_id ${fields.board_id}`;
  const refuse = (code: ErrorCode, what: string, hint?: string): never => {
    throw new BootctlError(code, `${name}: ${what}`, hint === undefined ? {} : { hint });
  };
  const external = externalFlash.map((field) => fields[field]).find((size) => typeof size === 'number' && size > 0);
  if (external !== undefined) {
    refuse(
      'image-unsupported',
      `${title} has ${amount(Number(external), 'bytes')} for external flash, which the ROM does not reach`,
      "Load it with the uploader of its project, through the board's own bootloader.",
    );
  }
  const packed = base64Bytes(fields.image);
  if (!packed) return refuse('image-malformed', 'its field image is no Base64');
  const image = unpacked(name, 'zlib', (options) => inflateSync(packed, options));
  const { image_size: size } = fields;
  if (size !== undefined && size !== image.length) {
    refuse('image-malformed', `its image has ${image.length} bytes, and image_size says ${oneLine(String(size))}`);
  }
  const said = descriptions.flatMap((field) =>
    typeof fields[field] === 'string' && fields[field] !== '' ? [fields[field]] : [],
  );
  return { kind, title, image, notes: [`${title}${said.length > 0 ? `: ${said.join(', ')}` : ''}`] };
}

interface PackageFields extends Readonly<Record<string, unknown>> {
  readonly board_id: number;
  readonly image: string;
}

function packageFields(bytes: Uint8Array, name: string): PackageFields | undefined {
  const isObject = bytes.subarray(0, 64).some((byte) => byte === 0x7b); // {
  if (!isObject) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (!/^\{\s*"/.test(text)) return undefined;
  const fields = parsed(text);
  if (fields === undefined && /^\{[^{}[\]]*"(?:board_id|image_size|image)"\s*:/.test(text.slice(0, 4096))) {
    const isCut = !text.endsWith('}');
    throw new BootctlError(
      isCut ? 'image-truncated' : 'image-malformed',
      `${name} is a firmware package in JSON that ${isCut ? 'ends in the middle' : 'cannot be read'}`,
    );
  }
  return isPackage(fields) ? fields : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isPackage = (value: unknown): value is PackageFields => {
  const { board_id: board, image } = (value ?? {}) as Partial<Record<string, unknown>>;
  return Number.isSafeInteger(board) && typeof image === 'string';
};

/** RFC 4648 §4, whole groups only; undefined for anything else, which `Buffer` would leave out in silence. */
const base64Bytes = (text: string): Buffer | undefined =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
