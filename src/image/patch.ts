import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { FirmwareImage, Segment } from './firmware-image.ts';
import { withSegments } from './make-image.ts';
import { mergeSegments } from './merge-segments.ts';

/** Bytes of one unit, such as a serial number, that replace or extend the image's own. */
export interface Patch {
  readonly address: number;
  readonly data: Uint8Array;
  /** `--patch 1`, or file and line, for errors. */
  readonly origin: string;
}

const addressSpace = 0x1_0000_0000;

/** Little-endian numbers, as Cortex-M has them. */
const numberTypes: Readonly<Record<string, { readonly bytes: number; readonly isFloat?: boolean }>> = {
  u8: { bytes: 1 },
  u16: { bytes: 2 },
  u32: { bytes: 4 },
  u64: { bytes: 8 },
  f32: { bytes: 4, isFloat: true },
};

/**
 * Reads `ADDRESS=VALUE`; VALUE is hexadecimal bytes (`DEADBEEF`), `text:…` in UTF-8 without an end mark, or a
 * little-endian number (`u8:` to `u64:`, `f32:`). Messages never repeat the value: it may be a key.
 * @throws BootctlError `image-patch`
 */
export function parsePatch(text: string, origin: string): Patch {
  const refuse = (what: string): never => {
    throw new BootctlError('image-patch', `${origin}: ${what}`);
  };
  const split = text.indexOf('=');
  if (split < 0) refuse('a patch is ADDRESS=VALUE, and this one has no =');
  const place = text.slice(0, split).trim().replaceAll('_', '');
  const address = /^(0x[0-9a-f]+|\d+)$/i.test(place) ? Number(place) : Number.NaN;
  if (!(address < addressSpace)) refuse(`'${place}' is not an address of 32 bits, such as 0x0800FF00`);
  const data = patchValue(text.slice(split + 1), refuse);
  if (data.length === 0) refuse('the value is empty');
  if (address + data.length > addressSpace)
    refuse(`${data.length} bytes at ${address32(address)} leave the 32-bit space`);
  return { address, data, origin };
}

function patchValue(value: string, refuse: (what: string) => never): Uint8Array {
  const typed = /^\s*([a-z]\w*):(.*)$/s.exec(value);
  if (!typed) {
    const digits = value.replace(/[\s_]/g, '');
    if (!/^([0-9a-f]{2})*$/i.test(digits)) refuse('the value is neither whole bytes in hexadecimal nor has it a type');
    return Uint8Array.from(Buffer.from(digits, 'hex'));
  }
  const [, type = '', text = ''] = typed;
  if (type === 'text') return Uint8Array.from(Buffer.from(text, 'utf8'));
  const known = Object.hasOwn(numberTypes, type) ? numberTypes[type] : undefined;
  if (!known) return refuse(`'${type}:' is none of text, ${Object.keys(numberTypes).join(', ')}`);
  return known.isFloat ? floatBytes(text.trim(), refuse) : integerBytes(text.trim(), type, known.bytes, refuse);
}

function integerBytes(text: string, type: string, bytes: number, refuse: (what: string) => never): Uint8Array {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) refuse(`${type} takes a decimal or 0x number`);
  let rest = BigInt(text);
  if (rest >= 1n << BigInt(8 * bytes)) refuse(`the number does not fit into ${type}`);
  return Uint8Array.from({ length: bytes }, () => {
    const byte = Number(rest & 0xffn);
    rest >>= 8n;
    return byte;
  });
}

function floatBytes(text: string, refuse: (what: string) => never): Uint8Array {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Math.fround(Number(text)) : Number.NaN;
  if (!Number.isFinite(value)) refuse('f32 takes a number of single precision, such as 1.0034');
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/**
 * One patch a line; blank lines and lines that start with `#` are left out.
 * @throws BootctlError `image-patch`, naming the line
 */
export function parsePatchFile(text: string, name: string): readonly Patch[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const isEmpty = line.trim() === '' || line.trimStart().startsWith('#');
    return isEmpty ? [] : [parsePatch(line, `${name}, line ${index + 1}`)];
  });
}

/**
 * The image with the bytes of the patches, and a new hash. A patch replaces bytes of the image, and adds those that the
 * image does not have.
 * @throws BootctlError `image-patch` where two patches claim an address, or one changes what a signed image covers
 */
export function applyPatches(image: FirmwareImage, patches: readonly Patch[]): FirmwareImage {
  if (patches.length === 0) return image;
  const sorted = [...patches].sort((a, b) => a.address - b.address);
  for (const [index, patch] of sorted.entries()) {
    const next = sorted[index + 1];
    if (!next || next.address >= patch.address + patch.data.length) continue;
    const what = `${patch.origin} and ${next.origin} both write ${address32(next.address)}`;
    throw new BootctlError('image-patch', what, { details: { address: next.address } });
  }
  for (const patch of sorted) checkUnsigned(patch, image);
  const kept = image.segments.map((segment) => overwritten(segment, sorted));
  const added = sorted.flatMap((patch) => outside(patch, image.segments));
  const segments = added.length === 0 ? kept : mergeSegments([...kept, ...added], image.name);
  return withSegments(image, segments);
}

function checkUnsigned({ address, data, origin }: Patch, { signed = [] }: FirmwareImage): void {
  const found = signed.find((one) => address < one.address + one.coveredBytes && one.address < address + data.length);
  if (!found) return;
  const what = `${origin} changes the ${found.kind} image at ${address32(found.address)}, which its bootloader would not start`;
  throw new BootctlError('image-patch', what, {
    details: { address },
    hint: 'Patch the firmware before it is signed, or bytes beside it.',
  });
}

function overwritten(segment: Segment, patches: readonly Patch[]): Segment {
  const end = segment.address + segment.data.length;
  const inside = patches.filter(({ address, data }) => address < end && segment.address < address + data.length);
  if (inside.length === 0) return segment;
  const data = segment.data.slice();
  for (const patch of inside) {
    const from = Math.max(patch.address, segment.address);
    const to = Math.min(patch.address + patch.data.length, end);
    data.set(patch.data.subarray(from - patch.address, to - patch.address), from - segment.address);
  }
  return { ...segment, data };
}

/** The parts of a patch where the image has nothing. */
function outside({ address, data, origin }: Patch, segments: readonly Segment[]): readonly Segment[] {
  const parts: Segment[] = [];
  let at = address;
  const end = address + data.length;
  for (const segment of segments) {
    const segmentEnd = segment.address + segment.data.length;
    if (segmentEnd <= at || segment.address >= end) continue;
    if (segment.address > at)
      parts.push({ address: at, data: data.subarray(at - address, segment.address - address), origin });
    at = segmentEnd;
  }
  if (at < end) parts.push({ address: at, data: data.subarray(at - address), origin });
  return parts;
}
