import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';
import { keeping, newFolder } from '../helpers/keeping.ts';

const KiB = 1024;
const { F405 } = romPersonalities;
const ignoring = { dfu: { ignoresBlockNumber: true } } as const;

const contents = [
  { holds: 'another application', content: pattern(64 * KiB, 9) },
  { holds: 'nothing', content: undefined },
  { holds: 'the same byte everywhere', content: new Uint8Array(64 * KiB).fill(0x42) },
  { holds: 'an application that ends before the image', content: pattern(16 * KiB, 9) },
] as const;

const images = [
  { is: '2,048 bytes at 0x08004000', at: 0x4000, length: 2 * KiB },
  { is: '256 bytes at 0x08008100', at: 0x8100, length: 256 },
  { is: '20,000 bytes at 0x08004000', at: 0x4000, length: 20_000 },
  { is: '40,000 bytes at the start', at: 0, length: 40_000 },
] as const;

const cases = contents.flatMap((content) => images.map((image) => ({ ...content, ...image })));

test.each(cases)('a ROM that ignores wBlockNum, whose flash holds $holds: $is', async ({ content, at, length }) => {
  const bench = await engine({ ...ignoring, personality: F405, ...(content ? { content } : {}) });
  const image = imageOf({ address: flashBase + at, data: pattern(length, 5) });
  const before = bench.memory.flash.read(flashBase, 128 * KiB);
  expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(bench.holds(image)).toBe(true);
  const now = bench.memory.flash.read(flashBase, 128 * KiB);
  const touched = bench.personality.geometry.sectors.filter(
    ({ address, size }) => address < flashBase + at + length && flashBase + at < address + size,
  );
  const [start, end] = [touched[0]!.address, touched.at(-1)!.address + touched.at(-1)!.size];
  expect(Buffer.compare(now.subarray(0, start - flashBase), before.subarray(0, start - flashBase))).toBe(0);
  expect(Buffer.compare(now.subarray(end - flashBase), before.subarray(end - flashBase))).toBe(0);
});

test.each(cases)('and with --keep, where it holds $holds: $is', async ({ content, at, length }) => {
  const bench = await engine({ ...ignoring, personality: F405, ...(content ? { content } : {}) });
  const image = imageOf({ address: flashBase + at, data: pattern(length, 5) });
  const expected = bench.memory.flash.read(flashBase, 128 * KiB);
  expected.set(pattern(length, 5), at);
  expect(await keeping(bench, newFolder(), image)).toMatchObject({ error: null, condition: 'verified' });
  expect(Buffer.compare(bench.memory.flash.read(flashBase, 128 * KiB), expected)).toBe(0);
});

/**
 * What a healthy ROM is sent. Of it are a look whether the vectors are erased before the rest is, their own sector at the
 * end, and on blank flash a read of the first block that was written and of the one behind it.
 */
test.each([
  { name: 'another application', content: pattern(64 * KiB, 9), requests: 135 },
  { name: 'blank', content: undefined, requests: 147 },
  { name: 'the image already', content: pattern(40 * KiB, 5), requests: 25 },
])('a healthy ROM that holds $name is sent so many requests, and no more', async ({ content, requests }) => {
  const bench = await engine({ personality: F405, ...(content ? { content } : {}) });
  const image = imageOf({ address: flashBase, data: pattern(40 * KiB, 5) });
  expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(bench.sent.length).toBe(requests);
});
