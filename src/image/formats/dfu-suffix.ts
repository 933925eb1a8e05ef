import { crc32 } from 'node:zlib';
import { BootctlError } from '../../base/errors.ts';
import { hex32 } from '../../base/text.ts';
import type { DfuSuffix } from '../firmware-image.ts';

/** Length of the suffix of DFU 1.1 appendix B; its own bLength may announce a longer one. */
export const suffixLength = 16;
const any = 0xffff;
export const stVendor = 0x0483;

/** dwCRC: CRC-32 of IEEE 802.3 with the bits reflected, without the final inversion (DFU 1.1 appendix B). */
const dfuCrc = (bytes: Uint8Array): number => ~crc32(bytes) >>> 0;

/** True where the last 16 bytes have `UFD` and a possible bLength in the places of DFU 1.1 appendix B. */
export function hasDfuSuffix(file: Uint8Array): boolean {
  const at = file.length - suffixLength;
  if (at < 0) return false;
  const signature = file[at + 8] === 0x55 && file[at + 9] === 0x46 && file[at + 10] === 0x44;
  return signature && file[at + 11]! >= suffixLength && file[at + 11]! <= file.length;
}

export interface SuffixedFile {
  readonly content: Uint8Array;
  readonly suffix: DfuSuffix;
  readonly notes: readonly string[];
}

/** A suffix and the bytes before it. @throws BootctlError `image-crc` where dwCRC is not that of the file */
export function splitDfuSuffix(file: Uint8Array, name: string): SuffixedFile {
  const at = file.length - suffixLength;
  const view = new DataView(file.buffer, file.byteOffset + at, suffixLength);
  const found = view.getUint32(12, true);
  const expected = dfuCrc(file.subarray(0, -4));
  if (found !== expected) {
    const [is, should] = [found, expected].map(hex32);
    throw new BootctlError('image-crc', `${name}: the CRC of its DFU suffix is ${is} and should be ${should}`, {
      details: { offset: file.length - 4 },
    });
  }
  const id = (offset: number) => view.getUint16(offset, true);
  // ST's DFU File Manager leaves product 0 where nobody fills it in. ST's own packages have such files; no USB device does.
  const isLeftOut = id(4) === stVendor && id(2) === 0;
  const suffix = {
    ...(id(4) === any ? {} : { vendorId: id(4) }),
    ...(id(2) === any || isLeftOut ? {} : { productId: id(2) }),
    ...(id(0) === any ? {} : { release: id(0) }),
    dfuVersion: id(6),
  };
  const notes = isLeftOut ? ['its DFU suffix says 0483:0000, which is no device: taken for any product of ST'] : [];
  return { content: file.subarray(0, file.length - file[at + 11]!), suffix, notes };
}

/** `file` with a suffix of 16 bytes behind it. */
export function withDfuSuffix(file: Uint8Array, { vendorId, productId, release, dfuVersion }: DfuSuffix): Uint8Array {
  const result = new Uint8Array(file.length + suffixLength);
  result.set(file);
  const view = new DataView(result.buffer, file.length);
  view.setUint16(0, release ?? any, true);
  view.setUint16(2, productId ?? any, true);
  view.setUint16(4, vendorId ?? any, true);
  view.setUint16(6, dfuVersion, true);
  result.set([0x55, 0x46, 0x44, suffixLength], file.length + 8); // "UFD", bLength
  view.setUint32(12, dfuCrc(result.subarray(0, -4)), true);
  return result;
}

/** The headers that `dfu-prefix` writes for bootloaders of other makers (dfu-util 0.11, dfu_file.c). */
const prefixes: readonly { readonly name: string; readonly matches: (file: Uint8Array) => boolean }[] = [
  {
    name: 'TI Stellaris',
    matches: (file) => {
      const view = new DataView(file.buffer, file.byteOffset, file.length);
      return file.length >= 8 && file[0] === 1 && file[1] === 0 && view.getUint32(4, true) === file.length - 8;
    },
  },
  { name: 'NXP LPC', matches: (file) => file.length >= 16 && file[0] === 0x1a && (file[1]! & 0x3f) === 0x3f },
];

/** The maker's name if the bytes before a DFU suffix start with a prefix for a bootloader of another maker than ST. */
export const foreignPrefix = (content: Uint8Array): string | undefined =>
  prefixes.find(({ matches }) => matches(content))?.name;
