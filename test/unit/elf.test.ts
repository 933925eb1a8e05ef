import { describe, expect, test } from 'vitest';
import { elfKinds, linkedElf } from '../helpers/elf-files.ts';
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

describe('what is firmware in the files of linkers', () => {
  test.each(Object.entries(elfKinds))('%s', (_what, { elf, runs }) => {
    expect(runsOf(parse(linkedElf(elf)))).toEqual(runs);
  });

  test('headers and zeros are left out in silence, other bytes in no section with a note', () => {
    const kind = (name: RegExp) => Object.entries(elfKinds).find(([key]) => name.test(key))![1].elf;
    expect(parse(linkedElf(kind(/^GNU ld/)))).not.toHaveProperty('notes');
    expect(parse(linkedElf(kind(/removed/))).notes).toEqual([
      'left out: 4 bytes for 0x0800_0004 (offset 0x1004), which are in no section',
    ]);
    const own = { segments: [{ offset: 0x1000, physical: 0x0801_0000, size: 4 }], loose: { 4096: [1, 0, 0, 2] } };
    const { notes, segments } = parse(
      linkedElf({
        sections: [{ name: '.text', address: 0x0800_0000, offset: 0x1100, data: [1] }],
        loose: own.loose,
        segments: [...own.segments, { offset: 0x1100, physical: 0x0800_0000, size: 1 }],
      }),
    );
    expect([notes, segments.length]).toEqual([
      ['left out: 4 bytes for 0x0801_0000 (offset 0x1000), which are in no section'],
      1,
    ]);
  });

  test('without a section table the segments count, but for the headers of the file', () => {
    const { elf } = elfKinds['headers and code in one PT_LOAD']!;
    const stripped = linkedElf({ ...elf, hasSectionTable: false });
    expect(runsOf(parse(stripped))).toEqual([[0x0800_0054, `${'00'.repeat(0x200 - 0x54)}01020304`]]);
    const alone = elfKinds['lld: a PT_LOAD of the headers alone at address 0']!.elf;
    expect(runsOf(parse(linkedElf({ ...alone, hasSectionTable: false })))).toEqual([[0x0800_0000, '01020304']]);
  });

  test('a table of more sections than e_shnum can say has its number in sh_size of section 0', () => {
    const { elf, runs } = elfKinds['headers and code in one PT_LOAD']!;
    const file = Buffer.from(linkedElf(elf));
    file.writeUInt32LE(file.readUInt16LE(48), file.readUInt32LE(32) + 20);
    file.writeUInt16LE(0, 48);
    expect(runsOf(parse(file))).toEqual(runs);
  });
});
