import { describe, expect, test } from 'vitest';
import { parse, refusalOf, runsOf, uf2File } from '../helpers/image-files.ts';

const f4 = 0x5775_5a57; // microsoft/uf2, utils/uf2families.json
const rp2040 = 0xe48b_ff56;

test('blocks in any order make one image; the family and the offset of each block are kept', () => {
  const image = parse(
    uf2File([
      { address: 0x0800_0004, data: [5, 6], family: f4, number: 1 },
      { address: 0x0800_0000, data: [1, 2, 3, 4], family: f4, number: 0 },
    ]),
  );
  expect(image).toMatchObject({ format: 'uf2', bytes: 6, uf2Family: f4 });
  expect(runsOf(image)).toEqual([[0x0800_0000, '010203040506']]);
  expect(image.segments[0]!.origin).toBe('offset 0x200');
});

test('no family flag: the field is a file size, and no family', () => {
  expect(parse(uf2File([{ address: 0, data: [1] }]))).not.toHaveProperty('uf2Family');
});

test('blocks that are not for the main flash are left out, and said so', () => {
  const blocks = [
    { address: 0, data: [1], family: f4 },
    { address: 0, data: [2], family: f4, flags: 1 },
  ];
  expect(parse(uf2File(blocks))).toMatchObject({ bytes: 1, notes: ['1 block not for the main flash left out'] });
});

describe('a file for several families', () => {
  const both = Buffer.concat([
    uf2File([{ address: 0x1000_0000, data: [1], family: rp2040 }]),
    uf2File([{ address: 0x0800_0000, data: [2], family: f4 }]),
  ]);
  test('the target chooses', () => {
    const image = parse(both, { uf2Families: [f4] });
    expect(runsOf(image)).toEqual([[0x0800_0000, '02']]);
    expect(image.notes).toEqual(['1 block of other families left out']);
  });
  test.each([
    ['no target', {}, 'a holds firmware for RP2040 (0xE48BFF56), STM32F4 (0x57755A57), and the target is not named'],
    ['another target', { uf2Families: [0x1234] }, 'STM32F4 (0x57755A57), and none of them fit the target'],
  ])('%s is refused', (_what, options, message) => {
    const error = refusalOf(() => parse(both, options));
    expect([error.code, error.message]).toEqual(['image-wrong-family', expect.stringContaining(message)]);
  });
});

describe('refused', () => {
  const block = { address: 0x0800_0000, data: [1, 2, 3, 4] };
  const whole = uf2File([block]);
  const changed = (at: number) => whole.map((byte, index) => (index === at ? byte ^ 1 : byte));
  test.each([
    ['half a block', whole.subarray(0, 511), 'image-truncated', '511 bytes are not whole UF2 blocks of 512'],
    ['the second magic', changed(4), 'image-malformed', 'block at offset 0x0: one of the three magic numbers is wrong'],
    ['the last magic', changed(511), 'image-malformed', 'magic'],
    [
      'a payload too large',
      uf2File([{ ...block, length: 477 }]),
      'image-malformed',
      'announces 477 bytes and has room for 476',
    ],
    ['a file container', uf2File([{ ...block, flags: 0x1000 }]), 'image-unsupported', 'file container'],
    [
      'a missing block',
      uf2File([
        { ...block, total: 3 },
        { ...block, address: 0x0800_0100, number: 2, total: 3 },
      ]),
      'image-truncated',
      '1 of 3 blocks are missing',
    ],
    [
      'a huge count',
      uf2File([{ ...block, total: 0xffff_ffff }]),
      'image-truncated',
      '4294967294 of 4294967295 blocks are missing',
    ],
    [
      'another count',
      uf2File([
        { ...block, total: 2 },
        { ...block, total: 3 },
      ]),
      'image-malformed',
      'block at offset 0x200: it is one of 3 blocks, the first one of 2',
    ],
    ['a number past the count', uf2File([{ ...block, number: 1 }]), 'image-malformed', 'number 1 of 1 blocks'],
    [
      'two blocks for one address',
      uf2File([block, { ...block, data: [9] }]),
      'image-overlap',
      'by offset 0x0 and 0x09 by offset 0x200',
    ],
    ['only comments', uf2File([{ ...block, flags: 1 }]), 'image-empty', 'holds no data'],
  ])('%s', (_what, bytes, code, message) => {
    const error = refusalOf(() => parse(bytes));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });
});
