import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { ParsedFile } from '../firmware-image.ts';
import { addressHint } from '../linked-base.ts';

const addressSpace = 0x1_0000_0000;

/**
 * Bytes without any structure, to be put at `address`.
 * @throws BootctlError `image-address-required` without an address, `image-out-of-range` beyond 32 bits
 */
export function parseRawBinary(
  bytes: Uint8Array,
  name: string,
  address: number | undefined,
  applicationStart?: number,
): ParsedFile {
  if (address === undefined) {
    throw new BootctlError('image-address-required', `${name} is a raw binary of ${bytes.length} bytes`, {
      hint: addressHint(bytes, applicationStart),
    });
  }
  if (!Number.isInteger(address) || address < 0 || address + bytes.length > addressSpace) {
    const asked = Number.isInteger(address) && address >= 0 ? address32(address) : String(address);
    throw new BootctlError('image-out-of-range', `${name}: ${bytes.length} bytes at ${asked} leave the 32-bit space`);
  }
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // a plain view, also of a Buffer
  return { segments: bytes.length === 0 ? [] : [{ address, data, origin: 'offset 0x0' }], ...blankNote(data) };
}

/** What a failed download, a sparse file or a dump of erased flash looks like. */
function blankNote(data: Uint8Array): Pick<ParsedFile, 'notes'> {
  const [first] = data;
  const isBlank = (first === 0 || first === 0xff) && data.every((byte) => byte === first);
  return isBlank ? { notes: [`every byte is ${first === 0 ? '0x00' : '0xFF, as in erased flash'}`] } : {};
}
