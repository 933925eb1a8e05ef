import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

/** Ways in which a job could say that the flash holds the image when it does not. */
const KiB = 1024;
const { F405 } = romPersonalities;
const { H7A3 } = quirkyPersonalities;

/** Real sectors of 8 KB; blank are pages of 2 KB, as the ROM names them. */
const image = (blank: readonly number[], changed?: number) => {
  const data = pattern(24 * KiB);
  for (const page of blank) data.fill(0xff, page * 2 * KiB, (page + 1) * 2 * KiB);
  if (changed !== undefined) data[changed * 2 * KiB + 100]! ^= 1;
  return imageOf({ address: flashBase, data });
};

test.each([
  { name: 'pages beside it are full', blank: [], changed: 5 },
  { name: 'the page before it is blank', blank: [5], changed: 6 },
  { name: 'the page behind it is blank', blank: [6], changed: 5 },
  { name: 'both are blank, and the sector is larger than three pages', blank: [4, 6], changed: 5 },
  { name: 'the last page of a sector', blank: [5, 6], changed: 7 },
  { name: 'the first page of a sector', blank: [5, 6], changed: 4 },
])('an erase takes more than the layout says, and nobody knows the ROM: $name', async ({ blank, changed }) => {
  const { flash, holds, target } = await engine({ personality: H7A3, content: pattern(64 * KiB, 9) });
  // That it may be an H7A3 is known by the layout; a G4 or L4 has the same.
  expect(target.quirks).toEqual(['h7a3-by-layout']);
  await flash(image(blank));
  const update = image(blank, changed);
  expect(await flash(update)).toEqual({ error: null, condition: 'verified' });
  expect(holds(update)).toBe(true);
});

test('the same with the line named: an update of one page erases its sector of 8 KB once, after that of the vectors', async () => {
  const { flash, holds, truth } = await engine({
    personality: H7A3,
    family: 'H7A3_B3_B0',
    content: pattern(64 * KiB, 9),
  });
  await flash(image([]));
  const before = truth.events.length;
  const update = image([], 5);
  expect(await flash(update)).toEqual({ error: null, condition: 'verified' });
  expect(holds(update)).toBe(true);
  const erased = truth.events.slice(before).filter(({ what }) => what === 'erased');
  expect(erased).toMatchObject([
    { address: flashBase, bytes: 8 * KiB },
    { address: flashBase + 8 * KiB, bytes: 8 * KiB },
  ]);
});

test.each([
  { name: 'blank', content: new Uint8Array(0) },
  { name: 'with its first block there already', content: new Uint8Array(2 * KiB).fill(0x5a) },
  { name: 'with something else behind that', content: pattern(16 * KiB).fill(0x5a, 0, 2 * KiB) },
])('a ROM that ignores wBlockNum, and an image whose blocks are all alike: flash $name', async ({ content }) => {
  const alike = imageOf({ address: flashBase, data: new Uint8Array(16 * KiB).fill(0x5a) });
  const { flash, holds } = await engine({ dfu: { ignoresBlockNumber: true }, content });
  expect(await flash(alike)).toEqual({ error: null, condition: 'verified' });
  expect(holds(alike)).toBe(true);
});

test('write-protected sectors: the ROM says nothing, the flash does', async () => {
  const { flash } = await engine({ content: pattern(64 * KiB, 9), protectedSectors: [flashBase + 16 * KiB] });
  const large = imageOf({ address: flashBase, data: pattern(40 * KiB) });
  expect(await flash(large)).toMatchObject({ error: { code: 'write-protected' }, condition: 'written in part' });
});

const second = flashBase + 16 * KiB;

test('write-protected sectors that the option bytes tell of are refused before anything is changed', async () => {
  const setup = { family: 'F405_407', content: pattern(64 * KiB, 9), protectedSectors: [second] };
  const { flash, truth, memory } = await engine(setup);
  const large = imageOf({ address: flashBase, data: pattern(40 * KiB) });
  const { error, condition } = await flash(large);
  expect(error).toMatchObject({ code: 'write-protected', details: { address: second } });
  expect(condition).toBe('untouched');
  expect([...truth.of('erased'), ...truth.of('programmed')]).toEqual([]);
  expect(Buffer.from(memory.flash.read(flashBase, 64 * KiB)).equals(pattern(64 * KiB, 9))).toBe(true);
  // What leaves the sector alone is not refused.
  const small = imageOf({ address: flashBase, data: pattern(12 * KiB) });
  expect(await flash(small)).toEqual({ error: null, condition: 'verified' });
});

test('a ROM that does not let its option bytes be read: the work goes on, and the flash tells', async () => {
  const dfu = {
    alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg', '@Option Bytes  /0x1FFEC000/01*016 e'],
  };
  const { flash, holds } = await engine({ family: 'F405_407', dfu, content: pattern(64 * KiB, 9) });
  const image = imageOf({ address: flashBase, data: pattern(40 * KiB) });
  expect(await flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
});

test('segments in any order', async () => {
  const parts = [
    { address: flashBase + 0x40, data: pattern(16) },
    { address: flashBase, data: pattern(48, 3) },
    { address: flashBase + 0x4000, data: pattern(100, 5) },
  ];
  const { flash, holds } = await engine({ personality: F405, content: pattern(64 * KiB, 9) });
  expect(await flash(imageOf(...parts))).toMatchObject({ error: null });
  expect(holds(imageOf(...parts))).toBe(true);
});

test('segments that contradict each other are refused', async () => {
  const { flash } = await engine({ personality: F405 });
  const parts = [
    { address: flashBase, data: pattern(48, 3) },
    { address: flashBase + 16, data: pattern(48, 5) },
  ];
  await expect(flash(imageOf(...parts))).rejects.toMatchObject({ code: 'image-overlap' });
});
