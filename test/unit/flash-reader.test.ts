import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { ExactReader } from '../../src/ops/engine/exact-reader.ts';
import { FlashReader } from '../../src/ops/engine/flash-reader.ts';
import type { Run } from '../../src/ops/engine/runs.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';

const { signal } = new AbortController();
const content = bytes(4096);

type Reader = Pick<FlashReader, 'pieces'>;

/** The pieces from one offset to another. */
async function piecesOf(reader: Reader, from: number, to: number): Promise<readonly Run[]> {
  const pieces: Run[] = [];
  for await (const piece of reader.pieces(flashBase + from, flashBase + to)) pieces.push(piece);
  return pieces;
}
const offsets = (pieces: readonly Run[]) => pieces.map(({ address, data }) => [address - flashBase, data.length]);
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');
const together = (pieces: readonly Run[]) => hex(Buffer.concat(pieces.map(({ data }) => data)));
const sizes = (target: MemoryBootloader) => target.log.map((line) => Number(line.split(' ')[2]));

test('reads are whole blocks from the start of the memory; the pieces are what was wanted', async () => {
  const target = new MemoryBootloader({ content });
  const pieces = await piecesOf(new FlashReader(target, signal), 16, 80);
  expect(target.log).toEqual(['read 0 64', 'read 64 64']);
  expect(offsets(pieces)).toEqual([
    [16, 48],
    [64, 16],
  ]);
  expect(together(pieces)).toBe(hex(content.subarray(16, 80)));
});

test('one that reads on gets one, two, four and then eight blocks at once, and none beyond its end', async () => {
  const target = new MemoryBootloader({ content });
  const pieces = await piecesOf(new FlashReader(target, signal), 0, 64 * 33 - 10);
  expect(sizes(target)).toEqual([1, 2, 4, 8, 8, 8, 2].map((blocks) => blocks * 64));
  expect(together(pieces)).toBe(hex(content.subarray(0, 64 * 33 - 10)));
});

test('a place elsewhere begins with one block again', async () => {
  const target = new MemoryBootloader({ content });
  const reader = new FlashReader(target, signal);
  await piecesOf(reader, 0, 192);
  await piecesOf(reader, 1024, 1216);
  expect(target.log).toEqual(['read 0 64', 'read 64 128', 'read 1024 64', 'read 1088 128']);
});

test('a block that is at hand is not read again, for any part of it', async () => {
  const target = new MemoryBootloader({ content });
  const reader = new FlashReader(target, signal);
  await piecesOf(reader, 64, 72);
  await piecesOf(reader, 120, 128);
  expect(together(await piecesOf(reader, 64, 128))).toBe(hex(content.subarray(64, 128)));
  expect(target.log).toEqual(['read 64 64']);
  await piecesOf(reader, 63, 64);
  expect(target.log).toEqual(['read 64 64', 'read 0 64']);
});

test('blocks are counted from the start of each memory, and none reaches over its end', async () => {
  const layout = '@Flash /0x08000000/02*001Kg/0x08000810/01*100Bg,01*100Bg/0x08001000/01*001Kg';
  const target = new MemoryBootloader({ content, layout });
  const reader = new FlashReader(target, signal);
  await piecesOf(reader, 0x810 + 190, 0x810 + 200);
  await piecesOf(reader, 0x810, 0x810 + 1);
  await piecesOf(reader, 0x1000 + 65, 0x1000 + 66);
  await piecesOf(reader, 1030, 1031);
  expect(target.log).toEqual([
    `read ${0x810 + 128} 64`,
    `read ${0x810 + 192} 8`,
    `read ${0x810} 64`,
    `read ${0x1000 + 64} 64`,
    'read 1024 64',
  ]);
});

test('whichever memory comes first in the list', async () => {
  const falling = new MemoryBootloader({ layout: '@Flash /0x08001010/01*001Kg/0x08000000/01*001Kg' });
  await piecesOf(new FlashReader(falling, signal), 0, 1);
  expect(falling.log).toEqual(['read 0 64']);
  const rising = new MemoryBootloader({ layout: '@Flash /0x08000000/01*001Kg/0x08001010/01*001Kg' });
  await piecesOf(new FlashReader(rising, signal), 0, 1);
  expect(rising.log).toEqual(['read 0 64']);
});

test('a bootloader that ends early ends the pieces with an empty one', async () => {
  const target = new MemoryBootloader({ content, reads: (found) => found.subarray(0, 40) });
  const pieces = await piecesOf(new FlashReader(target, signal), 0, 200);
  expect(offsets(pieces)).toEqual([
    [0, 40],
    [40, 0],
  ]);
});

describe('a checked reader', () => {
  const garbled = (found: Uint8Array, count: number) => found.map((byte) => byte ^ count);

  test('takes a block on which two reads in a row agree', async () => {
    const target = new MemoryBootloader({ content });
    const pieces = await piecesOf(new FlashReader(target, signal, { isChecked: true }), 0, 64);
    expect(target.log).toEqual(['read 0 64', 'read 0 64']);
    expect(together(pieces)).toBe(hex(content.subarray(0, 64)));
  });

  test('reads on after one that was garbled', async () => {
    const reads = (found: Uint8Array, _: number, count: number) => (count === 2 ? garbled(found, count) : found);
    const target = new MemoryBootloader({ content, reads });
    const pieces = await piecesOf(new FlashReader(target, signal, { isChecked: true }), 0, 64);
    expect(target.log).toHaveLength(4);
    expect(together(pieces)).toBe(hex(content.subarray(0, 64)));
  });

  test('gives up a block that four reads in a row show differently', async () => {
    const target = new MemoryBootloader({ content, reads: (found, _, count) => garbled(found, count) });
    await expect(piecesOf(new FlashReader(target, signal, { isChecked: true }), 64, 128)).rejects.toMatchObject({
      code: 'read-unsteady',
      message: expect.stringContaining('4 reads at 0x0800_0040'),
    });
    expect(target.log).toHaveLength(4);
  });

  test('is the exception: the usual one reads once', async () => {
    const target = new MemoryBootloader({ content, reads: (found, _, count) => garbled(found, count) });
    await piecesOf(new FlashReader(target, signal), 0, 64);
    expect(target.log).toHaveLength(1);
  });
});

describe('a reader of exact bytes', () => {
  test('reads them and nothing beside them, twice', async () => {
    const target = new MemoryBootloader({ content });
    const pieces = await piecesOf(new ExactReader(target, signal), 100, 250);
    expect(target.log).toEqual(['read 100 150', 'read 100 150']);
    expect(offsets(pieces)).toEqual([[100, 150]]);
    expect(together(pieces)).toBe(hex(content.subarray(100, 250)));
  });

  test('reads nothing for no bytes', async () => {
    const target = new MemoryBootloader({ content });
    expect(await piecesOf(new ExactReader(target, signal), 100, 100)).toEqual([]);
    expect(target.log).toEqual([]);
  });

  test('takes no part for the whole', async () => {
    const target = new MemoryBootloader({ content, reads: (found) => found.subarray(0, 8) });
    await expect(piecesOf(new ExactReader(target, signal), 100, 116)).rejects.toMatchObject({
      code: 'dfu-malformed',
      message: expect.stringContaining('0x0800_006C'),
    });
  });

  const failing = (error: Error) =>
    new MemoryBootloader({
      reads: () => {
        throw error;
      },
    });

  test('says which bytes are lost where the flash cannot be read', async () => {
    const cause = new BootctlError('usb-stall', 'stalled', { details: { sector: flashBase } });
    await expect(piecesOf(new ExactReader(failing(cause), signal), 100, 116)).rejects.toMatchObject({
      code: 'flash-unreadable',
      message: expect.stringContaining('16 bytes from 0x0800_0064 to 0x0800_0073'),
      details: { address: flashBase + 100, length: 16 },
      cause,
    });
  });

  test('leaves any other failure what it is', async () => {
    const lost = new BootctlError('target-lost', 'gone');
    await expect(piecesOf(new ExactReader(failing(lost), signal), 0, 4)).rejects.toBe(lost);
    const bug = new TypeError('x');
    await expect(piecesOf(new ExactReader(failing(bug), signal), 0, 4)).rejects.toBe(bug);
  });
});
