import { describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { flashAliases, stackRegions } from '../../src/chips/flash-aliases.ts';
import { checkImage } from '../../src/ops/engine/check-image.ts';
import { imageNotes, seenThrough } from '../../src/ops/engine/image-notes.ts';
import { imageTarget } from '../../src/ops/engine/image-target.ts';
import { applicationAt } from '../helpers/applications.ts';
import { refusalOf } from '../helpers/image-files.ts';

const usb = { vendorId: '0483', productId: 'df11' };
const line = (family: string) => ({ usb, target: { family } });
/** The end of the first RAM, or of any where no source has the line's. */
const stackOf = (key: string): number => {
  const [first] = imageTarget(findChip(key)).ram;
  return stackRegions(key).length > 0 ? first!.end : 0x2000_0400;
};

describe.each(chipKeys())('%s', (key) => {
  const { flashBase } = findChip(key)!;

  test('an image linked for its flash is right, with the line named and without', () => {
    const image = applicationAt({ link: flashBase, stack: stackOf(key) });
    expect(checkImage(image, line(key), {})).toEqual([]);
    expect(checkImage(image, { usb }, {})).toEqual([]);
    expect(seenThrough(image, findChip(key))).toBeUndefined();
  });

  test('linked for each other address of its flash it is right as well', () => {
    for (const { address, name } of flashAliases(key)) {
      const image = applicationAt({ link: address, address: flashBase, stack: stackOf(key) });
      expect(checkImage(image, line(key), {})).toEqual([]);
      expect(checkImage(image, { usb }, {})).toEqual([]);
      expect(seenThrough(image, findChip(key))).toMatchObject({ alias: { name }, address: flashBase + 0x188 });
    }
  });

  test('linked for an address that is none of its flash it is refused', () => {
    const own = flashAliases(key).map(({ address }) => address);
    const others = [0x0020_0000, 0x0c00_0000, 0, 0x1004_0000, 0x9000_0000, 0x0810_0000 + 0x40_0000];
    for (const link of others.filter((address) => address !== flashBase && !own.includes(address))) {
      const image = applicationAt({ link, address: flashBase, stack: stackOf(key) });
      expect(refusalOf(() => checkImage(image, line(key), {})).code).toBe('image-wrong-base');
      expect(checkImage(image, line(key), { force: true })).toHaveLength(1);
    }
  });
});

test('without a line an alias counts only where the other facts of some line fit', () => {
  // 256 KB of AXI SRAM: an H7, whose flash has no address on the ITCM bus.
  const h7 = applicationAt({ link: 0x0020_0000, address: 0x0800_0000, stack: 0x2408_0000 });
  expect(refusalOf(() => checkImage(h7, { usb }, {})).code).toBe('image-wrong-base');
});

// RM0456 §2.3: the secure alias of SRAM1 of a U575 begins at 0x3000_0000.
test('a secure image has its stack in the secure alias of the RAM', () => {
  const secure = applicationAt({ link: 0x0c00_0000, address: 0x0800_0000, stack: 0x3003_0000 });
  expect(checkImage(secure, line('U575_585'), {})).toEqual([]);
  expect(checkImage(secure, { usb }, {})).toEqual([]);
  const noTrustZone = applicationAt({ link: 0x0800_0000, stack: 0x3000_8000 });
  expect(refusalOf(() => checkImage(noTrustZone, line('H503'), {})).code).toBe('image-vector-table');
});

test('what an alias asks of the board is said; the ITCM bus of an F7 asks nothing', () => {
  const note = (family: string, link: number) =>
    imageNotes(applicationAt({ link, address: 0x0800_0000, stack: 0x2000_1000 }), line(family));
  expect(note('L552_562', 0x0c00_0000)).toEqual([
    'its vectors point into the secure alias of the flash at 0x0C00_0000: it starts only with TrustZone enabled (TZEN = 1)',
  ]);
  expect(note('F405_407', 0)[0]).toContain('it starts only by a reset with BOOT0 = 0');
  expect(note('F74x_75x', 0x0020_0000)).toEqual([]);
  expect(note('F74x_75x', 0x0800_0000)).toEqual([]);
});
