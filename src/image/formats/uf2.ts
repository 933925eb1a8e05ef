import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { FirmwareImage, ParsedFile } from '../firmware-image.ts';
import { RecordList } from './record-list.ts';
import { familyText } from './uf2-families.ts';

/** microsoft/uf2, README: file format and flags. */
export const uf2 = {
  blockSize: 512,
  headerSize: 32,
  dataSize: 476,
  magicStart0: 0x0a32_4655,
  magicStart1: 0x9e5d_5157,
  magicEnd: 0x0ab1_6f30,
  notMainFlash: 0x0000_0001,
  fileContainer: 0x0000_1000,
  familyIdPresent: 0x0000_2000,
} as const;

export interface Uf2Options {
  /** Family ids of the target: they choose the part of a file that serves several. */
  readonly uf2Families?: readonly number[];
}

interface Block {
  /** Undefined where the file names no family. */
  readonly family: number | undefined;
  readonly isFlash: boolean;
  readonly address: number;
  readonly length: number;
  readonly number: number;
  readonly total: number;
  readonly offset: number;
}

/**
 * Reads a UF2 file: the magics of each block, block numbers without a gap, one family. Blocks that are not for the
 * main flash are left out.
 * @throws BootctlError `image-truncated`, `image-malformed`, `image-unsupported`, `image-overlap`, and
 *   `image-wrong-family` where the file serves several families and `uf2Families` chooses none
 */
export function parseUf2(file: Uint8Array, name: string, { uf2Families }: Uf2Options = {}): ParsedFile {
  if (file.length % uf2.blockSize !== 0) {
    throw new BootctlError(
      'image-truncated',
      `${name}: ${file.length} bytes are not whole UF2 blocks of ${uf2.blockSize}`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const all: Block[] = [];
  for (let offset = 0; offset < file.length; offset += uf2.blockSize) all.push(readBlock(view, offset, name));
  const family = chooseFamily(all, name, uf2Families);
  const blocks = all.filter((block) => block.family === family);
  checkNumbers(blocks, name);

  const records = new RecordList(name, 'offset');
  for (const { isFlash, address, length, offset } of blocks) {
    const start = offset + uf2.headerSize;
    if (isFlash) records.add(address, file, start, start + length, offset);
  }
  const notes = notesOf(all, blocks);
  return {
    segments: records.segments(),
    ...(family === undefined ? {} : { uf2Family: family }),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

function readBlock(view: DataView, offset: number, name: string): Block {
  const word = (at: number) => view.getUint32(offset + at, true);
  const refuse = (code: ErrorCode, what: string): never => {
    throw new BootctlError(code, `${name}, block at offset 0x${offset.toString(16)}: ${what}`, { details: { offset } });
  };
  const magics = [word(0), word(4), word(508)];
  if (magics[0] !== uf2.magicStart0 || magics[1] !== uf2.magicStart1 || magics[2] !== uf2.magicEnd) {
    refuse('image-malformed', 'one of the three magic numbers is wrong');
  }
  const flags = word(8);
  const length = word(16);
  if (flags & uf2.fileContainer) refuse('image-unsupported', 'it is part of a file container, not of a firmware');
  if (length > uf2.dataSize) refuse('image-malformed', `it announces ${length} bytes and has room for ${uf2.dataSize}`);
  return {
    family: flags & uf2.familyIdPresent ? word(28) : undefined,
    isFlash: (flags & uf2.notMainFlash) === 0,
    address: word(12),
    length,
    number: word(20),
    total: word(24),
    offset,
  };
}

/** A bootloader disregards blocks of other families, so that files may be concatenated (README, family ID). */
function chooseFamily(blocks: readonly Block[], name: string, wanted: readonly number[] = []): number | undefined {
  const found = [...new Set(blocks.map(({ family }) => family))];
  if (found.length <= 1) return found[0];
  const fitting = found.filter((family) => family !== undefined && wanted.includes(family));
  if (fitting.length === 1) return fitting[0];
  const names = found.map((family) => (family === undefined ? 'no family' : familyText(family))).join(', ');
  const what =
    wanted.length === 0 ? 'and the target is not named' : `and ${fitting.length || 'none'} of them fit the target`;
  throw new BootctlError('image-wrong-family', `${name} holds firmware for ${names}, ${what}`, {
    hint: 'Name the target in the profile, or give a UF2 file of one family.',
  });
}

/** numBlocks is the same everywhere, and each number below it is there. */
function checkNumbers(blocks: readonly Block[], name: string): void {
  const total = blocks[0]?.total ?? 0;
  const seen = new Set<number>();
  for (const { number, total: other, offset } of blocks) {
    const at = `${name}, block at offset 0x${offset.toString(16)}`;
    if (other !== total)
      throw new BootctlError('image-malformed', `${at}: it is one of ${other} blocks, the first one of ${total}`);
    if (number >= total) throw new BootctlError('image-malformed', `${at}: number ${number} of ${total} blocks`);
    seen.add(number);
  }
  if (seen.size < total) {
    throw new BootctlError('image-truncated', `${name}: ${total - seen.size} of ${count(total, 'block')} are missing`);
  }
}

function notesOf(all: readonly Block[], blocks: readonly Block[]): readonly string[] {
  const others = all.length - blocks.length;
  const comments = blocks.filter(({ isFlash }) => !isFlash).length;
  return [
    ...(others > 0 ? [`${count(others, 'block')} of other families left out`] : []),
    ...(comments > 0 ? [`${count(comments, 'block')} not for the main flash left out`] : []),
  ];
}

/** Always correct (microsoft/uf2, README, payload sizes). Bootloaders with a page buffer require it. */
const pageSize = 256;
/** 64 MiB: more than any flash. */
const mostBlocks = 0x4_0000;

/**
 * A UF2 file with 256 bytes a block at addresses that are multiples of 256. The rest of a page is filled with 0xFF.
 * Blocks carry `family`, or else the family of the image's own file, or none.
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
