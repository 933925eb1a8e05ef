import { describe, expect, test } from 'vitest';
import { linkedBase } from '../../src/image/linked-base.ts';
import { checkImage } from '../../src/ops/engine/check-image.ts';
import { imageNotes } from '../../src/ops/engine/image-notes.ts';
import { type Application, application, applicationAt } from '../helpers/applications.ts';
import { fixture, parse, refusalOf } from '../helpers/image-files.ts';

const usb = { vendorId: '0483', productId: 'df11' };
const board = (family?: string, applicationStart?: number) => ({
  usb,
  ...(family === undefined ? {} : { target: { family } }),
  ...(applicationStart === undefined ? {} : { applicationStart }),
});
const base = 0x0800_0000;
const KiB = 1024;
/** Where applications of real boards start: Klipper's choices, Marlin's, ST's IAP examples. */
const starts = [0x2000, 0x4000, 0x5000, 0x7000, 0x8000, 0x8800, 0x9000, 0xc000, 0x1_0000, 0x2_0000];

describe.each([
  ['F405_407', 0x2002_0000],
  ['F103_hd', 0x2001_0000],
  ['G0B1_0C1', 0x2002_4000],
  ['H74x_75x', 0x2002_0000],
  [undefined, 0x2000_5000],
])('for %s', (family, stack) => {
  const app = (link: number, address: number, more: Partial<Application> = {}) =>
    applicationAt({ link, address, stack, bytes: 4 * KiB, ...more });

  test.each(starts)('linked for an offset of 0x%x: right there, refused elsewhere', (offset) => {
    const link = base + offset;
    expect(checkImage(app(link, link), board(family), {})).toEqual([]);
    expect(imageNotes(app(link, link), board(family))).toEqual([]);
    for (const other of [base, base + 0x6000, base + 0x3_0000]) {
      const image = app(link, other);
      const error = refusalOf(() => checkImage(image, board(family), {}));
      expect([error.code, error.hint]).toEqual([
        'image-wrong-base',
        expect.stringContaining(`--address 0x${link.toString(16).toUpperCase().padStart(8, '0')}`),
      ]);
      expect(checkImage(image, board(family), { force: true }).map(({ code }) => code)).toEqual(['image-wrong-base']);
    }
  });

  test.each(starts)('linked for an offset of 0x%x and longer than that: a warning names it', (offset) => {
    const image = app(base + offset, base, { bytes: offset + 48 * KiB });
    expect(checkImage(image, board(family), {})).toEqual([]);
    expect(imageNotes(image, board(family))).toEqual([
      expect.stringMatching(
        new RegExp(`may not start.*made for ${'0x0[0-9A-F]{3}_[0-9A-F]{4}'}.*overwrite a bootloader`),
      ),
    ]);
    expect(linkedBase(image.segments[0]!, base)?.elsewhere).toBe(base + offset);
  });

  test('right images that are large, or have their code far behind their vectors, get no warning', () => {
    for (const [bytes, code] of [
      [200 * KiB, 0x188],
      [200 * KiB, 0xc188],
      [200 * KiB, 0x1_3000],
      [60 * KiB, 0x8200],
    ] as const) {
      expect(imageNotes(app(base, base, { bytes, code }), board(family))).toEqual([]);
    }
  });
});

describe('a bootloader and an application in one image', () => {
  const both = (link: number, address: number) => ({
    ...applicationAt({ link: base, stack: 0x2000_5000 }),
    segments: [
      { address: base, data: application({ link: base, stack: 0x2000_5000 }), origin: 'line 1' },
      { address, data: application({ link, stack: 0x2000_5000 }), origin: 'line 70' },
    ],
  });

  test('both where they are linked for: right', () => {
    expect(checkImage(both(base + 0x8000, base + 0x8000), board('F405_407'), {})).toEqual([]);
  });

  test('the second one elsewhere: refused, and its line is named', () => {
    const error = refusalOf(() => checkImage(both(base + 0x8000, base + 0xc000), board('F405_407'), {}));
    expect([error.code, error.message]).toEqual([
      'image-wrong-base',
      expect.stringMatching(/at 0x0800_C000 \(line 70\)/),
    ]);
  });

  test('the second one linked for the start, so that its vectors point into the first: a warning', () => {
    const image = both(base, base + 0x8000);
    expect(checkImage(image, board('F405_407'), {})).toEqual([]);
    expect(imageNotes(image, board('F405_407'))).toEqual([
      expect.stringMatching(/^at 0x0800_8000 it may not start: its vectors seem made for 0x0800_0000/),
    ]);
  });
});

test('the fixture, built by GNU tools, fits its own address', () => {
  const bin = parse(fixture('blink-f405.bin'), { address: base });
  expect(linkedBase(bin.segments[0]!, base)).not.toHaveProperty('elsewhere');
  expect(imageNotes(bin, board('F405_407'))).toEqual([]);
});

test('data that is no vector table is left alone, at the start of a run as well', () => {
  const pointers = Buffer.alloc(64);
  for (let at = 0; at < 64; at += 8) {
    pointers.writeUInt32LE(0x2000_1001, at); // no stack: not on a word
    pointers.writeUInt32LE(base + 0x9001, at + 4);
  }
  expect(checkImage(parse(pointers, { address: base + 0x4000 }), board('F405_407'), {})).toEqual([]);
});

test('a table in which no handler is shared, or no loop is found, says nothing', () => {
  const each = Buffer.alloc(0x400, 0x5a);
  each.writeUInt32LE(0x2000_5000, 0);
  for (let at = 4; at < 0x180; at += 4) each.writeUInt32LE(base + 0x201 + at, at);
  expect(linkedBase({ address: base, data: each, origin: '' }, base)).toBeUndefined();
});
