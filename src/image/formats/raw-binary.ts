import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Segment } from '../firmware-image.ts';

const addressSpace = 0x1_0000_0000;

/**
 * Bytes without any structure, to be put at `address`.
 * @throws BootctlError `image-address-required` without an address, `image-out-of-range` beyond 32 bits
 */
export function parseRawBinary(bytes: Uint8Array, name: string, address: number | undefined): readonly Segment[] {
  if (address === undefined) {
    throw new BootctlError('image-address-required', `${name} is a raw binary of ${bytes.length} bytes`);
  }
  if (!Number.isInteger(address) || address < 0 || address + bytes.length > addressSpace) {
    const asked = Number.isInteger(address) && address >= 0 ? address32(address) : String(address);
    throw new BootctlError('image-out-of-range', `${name}: ${bytes.length} bytes at ${asked} leave the 32-bit space`);
  }
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // a plain view, also of a Buffer
  return bytes.length === 0 ? [] : [{ address, data, origin: 'offset 0x0' }];
}
