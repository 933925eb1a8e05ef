import { describe, expect, test } from 'vitest';
import { dfuseContent, dfuseFile, parse, refusalOf, runsOf, suffixed } from '../helpers/image-files.ts';

const flash = {
  alternate: 0,
  name: 'ST...',
  elements: [
    [0x0800_0000, [1, 2]],
    [0x0800_1000, [3]],
  ],
} as const;
const options = { alternate: 1, name: 'Option Bytes', elements: [[0x1fff_c000, [0xef, 0xaa]]] } as const;

test('several targets: alternate setting 0 is the image, the others are kept', () => {
  const image = parse(dfuseFile([flash, options, { alternate: 0, elements: [[0x0800_0002, [9]]] }]));
  expect(image).toMatchObject({
    format: 'dfuse',
    bytes: 4,
    dfuSuffix: { vendorId: 0x0483, productId: 0xdf11, dfuVersion: 0x011a },
    notes: ['target name: ST...'],
  });
  expect(runsOf(image)).toEqual([
    [0x0800_0000, '010209'],
    [0x0800_1000, '03'],
  ]);
  expect(image.segments[1]!.origin).toBe(`offset 0x${(11 + 274 + 8 + 2 + 8).toString(16)}`);
  expect(image.otherAlternates).toHaveLength(1);
  expect(image.otherAlternates![0]).toMatchObject({ alternate: 1, name: 'Option Bytes' });
  expect(runsOf(image.otherAlternates![0]!)).toEqual([[0x1fff_c000, 'efaa']]);
});

test('DFUImageSize with the suffix is taken too, as dfuse-pack of dfu-util writes it', () => {
  const length = dfuseContent([flash]).length;
  expect(parse(dfuseFile([flash], { size: length + 16 })).bytes).toBe(3);
});

test('a file for option bytes only has no bytes for the flash, and is read all the same', () => {
  expect(parse(dfuseFile([options]))).toMatchObject({ bytes: 0, segments: [], otherAlternates: [{ alternate: 1 }] });
});

describe('refused', () => {
  const whole = dfuseFile([flash]);
  const flipped = Uint8Array.from(whole);
  flipped[300]! ^= 1;
  test.each([
    ['no target', dfuseFile([]), 'image-empty', 'holds no data'],
    ['a prefix cut short', whole.subarray(0, 9), 'image-truncated', 'ends inside its prefix'],
    ['a file cut short', whole.subarray(0, 200), 'image-truncated', 'announces 304 bytes, the file has 200'],
    [
      'no suffix',
      Uint8Array.from([...dfuseContent([flash], { size: 100 }), ...Array<number>(16).fill(0)]),
      'image-malformed',
      'without a DFU suffix',
    ],
    ['a flipped bit', flipped, 'image-crc', 'the CRC of its DFU suffix is'],
    ['another version', dfuseFile([flash], { version: 2 }), 'image-unsupported', 'version 2'],
    ['another size', dfuseFile([flash], { size: 99 }), 'image-malformed', 'announces 99 bytes, there are 304'],
    [
      'more targets than there are',
      dfuseFile([flash], { count: 2 }),
      'image-malformed',
      'target 2 of 2 starts at offset 304, too near',
    ],
    [
      'fewer targets than there are',
      dfuseFile([flash, flash], { count: 1 }),
      'image-malformed',
      '293 bytes follow the last target',
    ],
    [
      'a target past the end',
      dfuseFile([{ ...flash, size: 4000 }]),
      'image-malformed',
      'target 1 of 1 ends at offset 4285, past its file',
    ],
    [
      'fewer elements than announced',
      dfuseFile([{ ...flash, count: 3 }]),
      'image-malformed',
      'announces 3 elements and ends in number 3',
    ],
    [
      'more elements than announced',
      dfuseFile([{ ...flash, count: 1 }]),
      'image-malformed',
      '9 bytes follow its last element',
    ],
    [
      'an element past its target',
      dfuseFile([{ ...flash, size: 9, count: 1 }], {}),
      'image-malformed',
      'element 1 of 2 bytes ends past its target',
    ],
    [
      'a target without its signature',
      suffixed(
        dfuseContent([flash]).map((byte, index) => (index === 11 ? 0x74 : byte)),
        { dfu: 0x011a },
      ),
      'image-malformed',
      'does not start with "Target"',
    ],
    [
      'two elements for one address',
      dfuseFile([
        {
          alternate: 0,
          elements: [
            [0x0800_0000, [1, 2]],
            [0x0800_0001, [3]],
          ],
        },
      ]),
      'image-overlap',
      '0x0800_0001 is 0x02 by offset 0x125 and 0x03 by offset 0x12f',
    ],
  ])('%s', (_what, bytes, code, message) => {
    const error = refusalOf(() => parse(bytes));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });
});
