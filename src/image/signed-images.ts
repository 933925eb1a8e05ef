import { createHash } from 'node:crypto';
import { BootctlError } from '../base/errors.ts';
import { address32, amount } from '../base/text.ts';
import type { Segment, SignedImage } from './firmware-image.ts';

/** MCUboot, boot/bootutil/include/bootutil/image.h: header, TLV areas behind the image, their types. */
const mcuboot = {
  magic: 0x96f3_b83d,
  headerBytes: 32,
  encrypted: 0x04 | 0x08, // IMAGE_F_ENCRYPTED_AES128, IMAGE_F_ENCRYPTED_AES256
  protectedTlvs: 0x6908,
  tlvs: 0x6907,
} as const;

/** The hashes of header, image and protected TLVs. */
const hashes: Readonly<Record<number, { readonly name: string; readonly algorithm: string }>> = {
  16: { name: 'SHA-256', algorithm: 'sha256' },
  17: { name: 'SHA-384', algorithm: 'sha384' },
  18: { name: 'SHA-512', algorithm: 'sha512' },
};

const signatures: Readonly<Record<number, string>> = {
  32: 'RSA-2048',
  33: 'ECDSA P-224',
  34: 'ECDSA',
  35: 'RSA-3072',
  36: 'Ed25519',
};

/** X-CUBE-SBSFU, se_def_metadata.h, SE_FwRawHeaderTypeDef: SFUMagic of the three slots. */
const sbsfuMagic = /^SFU[1-3]$/;
const sbsfuHeaderBytes = 192;

/**
 * What the runs that start with the header of a signed image say of it. Its hash is checked, its signature is not: the key is
 * with the bootloader.
 * @throws BootctlError `image-truncated`, `image-malformed`, `image-crc`
 */
export function signedImages(segments: readonly Segment[], name: string): readonly SignedImage[] {
  return segments.flatMap((segment) => readMcuboot(segment, name) ?? readSbsfu(segment) ?? []);
}

/** The kind of signed image that a file starts with. */
export function signedKind(bytes: Uint8Array): SignedImage['kind'] | undefined {
  if (bytes.length < mcuboot.headerBytes) return undefined;
  if (viewOf(bytes).getUint32(0, true) === mcuboot.magic) return 'MCUboot';
  return sbsfuMagic.test(Buffer.from(bytes.subarray(0, 4)).toString('latin1')) ? 'SBSFU' : undefined;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function readMcuboot({ address, data, origin }: Segment, name: string): SignedImage | undefined {
  if (signedKind(data) !== 'MCUboot') return undefined;
  const view = viewOf(data);
  const [header, protectedBytes, imageBytes] = [
    view.getUint16(8, true),
    view.getUint16(10, true),
    view.getUint32(12, true),
  ];
  const where = `${name}: the MCUboot image at ${address32(address)} (${origin})`;
  const end = header + imageBytes;
  if (header < mcuboot.headerBytes)
    throw new BootctlError('image-malformed', `${where} has a header of ${header} bytes`);
  if (end + protectedBytes > data.length) {
    const what = `announces ${amount(end + protectedBytes, 'bytes')}, and the run has ${amount(data.length, 'bytes')}`;
    throw new BootctlError('image-truncated', `${where} ${what}`);
  }
  const covered = end + protectedBytes;
  const tlvs = [...tlvsAt(view, end, mcuboot.protectedTlvs), ...tlvsAt(view, covered, mcuboot.tlvs)];
  const isEncrypted = (view.getUint32(16, true) & mcuboot.encrypted) !== 0;
  const found = tlvs.find(({ type }) => hashes[type]);
  const signature = tlvs.map(({ type }) => signatures[type]).find((one) => one !== undefined);
  if (found && !isEncrypted) checkHash(data, covered, found, where);
  return {
    kind: 'MCUboot',
    address,
    version: versionOf(view),
    headerBytes: header,
    imageBytes,
    coveredBytes: covered,
    hash: found ? `${hashes[found.type]!.name} ${isEncrypted ? 'of the plain image, not checked' : 'right'}` : 'none',
    signature: signature ?? 'none',
    isEncrypted,
  };
}

interface Tlv {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** image_tlv_info, then image_tlv and its bytes, up to it_tlv_tot; nothing where there is no such area. */
function tlvsAt(view: DataView, at: number, magic: number): readonly Tlv[] {
  if (at + 4 > view.byteLength || view.getUint16(at, true) !== magic) return [];
  const end = Math.min(view.byteLength, at + view.getUint16(at + 2, true));
  const tlvs: Tlv[] = [];
  for (let next = at + 4; next + 4 <= end; ) {
    const [type, length] = [view.getUint16(next, true), view.getUint16(next + 2, true)];
    const start = next + 4;
    if (start + length > end) break;
    tlvs.push({ type, start, end: start + length });
    next = start + length;
  }
  return tlvs;
}

function checkHash(data: Uint8Array, covered: number, { type, start, end }: Tlv, where: string): void {
  const { name, algorithm } = hashes[type]!;
  const found = Buffer.from(data.subarray(start, end));
  const expected = createHash(algorithm).update(data.subarray(0, covered)).digest();
  if (found.equals(expected)) return;
  throw new BootctlError('image-crc', `${where}: its ${name} is not that of its bytes, so MCUboot would not start it`);
}

/** image_version: `1.2.3+4`, as imgtool takes it. */
function versionOf(view: DataView): string {
  const build = view.getUint32(24, true);
  const version = [view.getUint8(20), view.getUint8(21), view.getUint16(22, true)].join('.');
  return build === 0 ? version : `${version}+${build}`;
}

/** The tag is a MAC, or a hash under the board's key: nothing of it can be checked here. */
function readSbsfu({ address, data }: Segment): SignedImage | undefined {
  if (signedKind(data) !== 'SBSFU' || data.length < sbsfuHeaderBytes) return undefined;
  const view = viewOf(data);
  return {
    kind: 'SBSFU',
    address,
    version: String(view.getUint16(6, true)),
    headerBytes: sbsfuHeaderBytes,
    imageBytes: view.getUint32(8, true),
    coveredBytes: data.length,
    hash: 'not checked: the key is in the board',
    signature: 'not checked: the key is in the board',
  };
}
