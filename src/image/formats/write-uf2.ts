import { BootctlError } from '../../base/errors.ts';
import type { FirmwareImage } from '../firmware-image.ts';
import { uf2 } from './uf2.ts';

/** Always correct (microsoft/uf2, README, payload sizes), and what bootloaders with a page buffer insist on. */
const pageSize = 256;
/** 64 MiB: more than any flash. */
const mostBlocks = 0x4_0000;

/**
 * A UF2 file with 256 bytes a block at addresses that are multiples of 256; what the image leaves of a page is 0xFF.
 * Blocks carry `family`, or else the family that the image came with, or none.
 * @throws BootctlError `image-not-convertible` beyond 64 MiB
 */
export function writeUf2(image: FirmwareImage, family: number | undefined = image.uf2Family): Uint8Array {
  if (image.bytes > mostBlocks * pageSize) {
    throw new BootctlError('image-not-convertible', `${image.name} needs more than ${mostBlocks} UF2 blocks`);
  }
  const pages = pagesOf(image);
  const file = new Uint8Array(pages.size * uf2.blockSize);
  const view = new DataView(file.buffer);
  let number = 0;
  for (const [address, data] of pages) {
    const at = number * uf2.blockSize;
    const header = [uf2.magicStart0, uf2.magicStart1, family === undefined ? 0 : uf2.familyIdPresent, address];
    const words = [...header, pageSize, number, pages.size, family ?? 0];
    for (const [index, word] of words.entries()) view.setUint32(at + index * 4, word, true);
    file.set(data, at + uf2.headerSize);
    view.setUint32(at + uf2.blockSize - 4, uf2.magicEnd, true);
    number++;
  }
  return file;
}

/** The pages that hold a byte of the image, by rising address. */
function pagesOf({ segments }: FirmwareImage): ReadonlyMap<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const { address, data } of segments) {
    for (let at = 0; at < data.length; ) {
      const offset = (address + at) % pageSize;
      const length = Math.min(pageSize - offset, data.length - at);
      const start = address + at - offset;
      const page = pages.get(start) ?? new Uint8Array(pageSize).fill(0xff);
      page.set(data.subarray(at, at + length), offset);
      pages.set(start, page);
      at += length;
    }
  }
  return pages;
}
