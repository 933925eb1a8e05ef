import { describe, expect, test } from 'vitest';
import { elfFile, fixture, parse, refusalOf, runsOf } from '../helpers/image-files.ts';

test('the fixture: PT_LOAD by physical address, .data behind .text, entry of the header', () => {
  const [image, hex] = [parse(fixture('blink-f405.elf')), parse(fixture('blink-f405.hex'))];
  expect(image).toMatchObject({ format: 'elf', bytes: 33_700, entry: 0x0800_018d });
  expect(runsOf(image)).toEqual(runsOf(hex));
  expect(image.segments.map(({ origin }) => origin)).toEqual(['offset 0x1000', 'offset 0xb000']);
});

test('only PT_LOAD with bytes in the file counts, and the address is p_paddr', () => {
  const image = parse(
    elfFile([
      { type: 0x7000_0001, physical: 0x0900_0000, data: [9] }, // PT_ARM_EXIDX
      { physical: 0x0800_0100, virtual: 0x2000_0000, data: [1, 2] },
      { physical: 0x2000_0010, data: [], memory: 64 }, // .bss
      { physical: 0x0800_0000, data: [3] },
    ]),
  );
  expect(runsOf(image)).toEqual([
    [0x0800_0000, '03'],
    [0x0800_0100, '0102'],
  ]);
  expect(image).not.toHaveProperty('entry');
});

const good = elfFile([{ physical: 0x0800_0000, data: [1, 2, 3, 4] }]);
const changed = (at: number, ...bytes: readonly number[]) => {
  const copy = Uint8Array.from(good);
  copy.set(bytes, at);
  return copy;
};

describe('refused', () => {
  test.each([
    ['an ident cut short', good.subarray(0, 12), 'image-truncated', 'ends inside its header'],
    ['a header cut short', good.subarray(0, 40), 'image-truncated', 'ends inside its header'],
    [
      'program headers cut off',
      good.subarray(0, 60),
      'image-truncated',
      'the program headers end at offset 84, the file at 60',
    ],
    [
      'a segment cut off',
      good.subarray(0, good.length - 1),
      'image-truncated',
      'a segment ends at offset 88, the file at 87',
    ],
    ['64 bits', changed(4, 2), 'image-wrong-machine', 'EI_CLASS'],
    ['big-endian', changed(5, 2), 'image-wrong-machine', 'EI_DATA'],
    ['a program of the host', elfFile([], { machine: 62 }), 'image-wrong-machine', 'is for x86-64, not for Arm'],
    ['another machine', elfFile([], { machine: 4711 }), 'image-wrong-machine', 'is for machine 4711, not for Arm'],
    ['an object file', elfFile([], { type: 1 }), 'image-wrong-machine', 'is an object file, not an executable'],
    ['another type', elfFile([], { type: 0xfe00 }), 'image-wrong-machine', 'is of type 65024'],
    ['another size of program headers', changed(42, 56), 'image-malformed', 'e_phentsize is 56, not 32'],
    ['no segment', elfFile([]), 'image-empty', 'holds no data'],
  ])('%s', (_what, bytes, code, message) => {
    const error = refusalOf(() => parse(bytes));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  test('segments that share bytes of the file, which would make a small file a large image', () => {
    const parts = Array.from({ length: 100 }, (_, index) => ({ physical: 0x0800_0000 + index * 4000, data: [] }));
    const file = Buffer.from(elfFile(parts));
    for (let index = 0; index < 100; index++) file.writeUInt32LE(0, 52 + index * 32 + 4);
    for (let index = 0; index < 100; index++) file.writeUInt32LE(3000, 52 + index * 32 + 16);
    const error = refusalOf(() => parse(file));
    expect([error.code, error.message]).toEqual([
      'image-malformed',
      'a: its segments claim 6000 bytes and more; the file has 3252',
    ]);
  });

  test('a physical address near 4 GiB', () => {
    const error = refusalOf(() => parse(elfFile([{ physical: 0xffff_fffe, data: [1, 2, 3] }])));
    expect(error.code).toBe('image-out-of-range');
  });
});
