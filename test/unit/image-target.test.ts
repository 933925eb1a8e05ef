import { describe, expect, test } from 'vitest';
import type { Chip } from '../../src/chips/chip.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { aliasesFor, imageTarget, knownOf, placesOf, vectorsOf } from '../../src/ops/engine/image-target.ts';
import { application, applicationAt } from '../helpers/applications.ts';
import { parse, refusalOf } from '../helpers/image-files.ts';

const base = 0x0800_0000;
const KiB = 1024;
const stack = 0x2000_1000;
const f405 = 0x5775_5a57; // microsoft/uf2, utils/uf2families.json: STM32F4, and the two below
const f407 = 0x6d09_22fa;
const f407vg = 0x8fb0_60fe;

const merged = (...runs: readonly (readonly [number, Uint8Array])[]) => ({
  ...applicationAt({ link: base, stack }),
  segments: runs.map(([address, data]) => ({ address, data, origin: 'line 2' })),
});

describe('what is known of a target', () => {
  // RM0090 §2.3.1 (RAM), and "Flash module organization": 1 MiB in 12 sectors.
  test('with its line named: an F405 as its reference manual has it', () => {
    expect(imageTarget(findChip('F405_407'))).toEqual({
      name: 'STM32F405/407/415/417',
      flashBase: base,
      flash: [{ name: 'flash of STM32F405/407/415/417', start: base, end: 0x0810_0000, isReadOnly: false }],
      ram: [
        { name: 'SRAM1', start: 0x2000_0000, end: 0x2001_c000 },
        { name: 'SRAM2', start: 0x2001_c000, end: 0x2002_0000 },
        { name: 'CCM', start: 0x1000_0000, end: 0x1001_0000 },
      ],
      programUnit: 4,
      uf2Families: [f405, f407, f407vg],
    });
  });

  test('without a line: what holds for every STM32', () => {
    const target = imageTarget(undefined);
    expect(target).toMatchObject({ name: 'an STM32', flashBase: base, flash: [], programUnit: 4 });
    expect(target.uf2Families).toBeUndefined();
  });

  test.each([
    ['H74x_75x', 32], // RM0433 §4.3.9
    ['L47x_48x', 8], // RM0351, "Flash main memory programming sequences": 64 bits and their ECC
    ['WBA6', 4], // no source: the smallest of any flash
  ])('the flash of %s programs %i bytes at once', (key, programUnit) => {
    expect(imageTarget(findChip(key)).programUnit).toBe(programUnit);
  });

  test('a line without a UF2 family of its own has no list of them', () => {
    expect(imageTarget(findChip('H503')).uf2Families).toBeUndefined();
  });
});

const { largestFlash: _, ...l4r } = findChip('L4R_4S')!;
/** A line with these layouts, and nothing else known of its flash. One for each part; they count by their size, the smallest first. */
const lineWith = (...layouts: readonly string[]): Chip => ({
  ...l4r,
  name: 'X',
  layouts: layouts.map((string, index) => ({ variant: `part ${index}`, string, bytes: index, source: 'by hand' })),
});

describe('the flash of a line', () => {
  test.each<[string, readonly string[], readonly (readonly [from: number, to: number, isReadOnly: boolean])[]]>([
    ['sectors of several sizes are one range', ['/0x08000000/4*016Kg,1*064Kg'], [[0, 128, false]]],
    [
      'sectors that are read-only are a range of their own',
      ['/0x08000000/64*1Kg,64*1Ka'],
      [
        [0, 64, false],
        [64, 128, true],
      ],
    ],
    [
      'two banks with a hole between them are two ranges',
      ['/0x08000000/64*1Kg/0x08020000/32*1Kg'],
      [
        [0, 64, false],
        [128, 160, false],
      ],
    ],
    [
      'the largest range is first',
      ['/0x08000000/32*1Kg/0x08020000/64*1Kg'],
      [
        [128, 192, false],
        [0, 32, false],
      ],
    ],
    [
      'that of a smaller part is a piece of it',
      ['/0x08000000/64*1Kg', '/0x08000000/128*1Kg', '/0x08000000/256*1Kg'],
      [[0, 256, false]],
    ],
    [
      'what only the smaller part cannot write is said',
      ['/0x08000000/64*1Kg,64*1Ka', '/0x08000000/256*1Kg'],
      [
        [0, 256, false],
        [64, 128, true],
      ],
    ],
  ])('%s', (_what, layouts, ranges) => {
    const { flash } = imageTarget(lineWith(...layouts.map((layout) => `@Internal Flash ${layout}`)));
    expect(flash).toEqual(
      ranges.map(([from, to, isReadOnly]) => ({
        name: 'flash of X',
        start: base + from * KiB,
        end: base + to * KiB,
        isReadOnly,
      })),
    );
  });

  // UM0424 §10.3.2: a readable, b erasable, c both; d writable, e readable and writable, f erasable and writable, g all.
  test.each([
    ['a', true],
    ['b', true],
    ['c', true],
    ['d', true],
    ['e', true],
    ['f', false],
    ['g', false],
  ])('sectors of type %s: read-only is %s', (letter, isReadOnly) => {
    const { flash } = imageTarget(lineWith(`@Internal Flash /0x08000000/64*1K${letter}`));
    expect(flash).toEqual([{ name: 'flash of X', start: base, end: base + 64 * KiB, isReadOnly }]);
  });

  test('where it is not known, an image may lie in the 4 MiB that the largest line has', () => {
    const line = lineWith();
    expect(placesOf(imageTarget(line), line)).toEqual([{ name: 'flash of X', start: base, end: 0x0840_0000 }]);
  });

  test.each([
    ['L4R_4S', 0x0800_0000, 2 * 1024 * KiB], // stm32l4r5Xi.dtsi of zephyr
    ['WBA2', 0x0800_0000, 512 * KiB], // stm32wba25Xe.dtsi
    ['WB0_BlueNRG', 0x1004_0000, 512 * KiB], // stm32wb09Xe.dtsi
  ])('of a %s only the size is known: an image may lie in the flash of the largest part', (key, start, bytes) => {
    const line = findChip(key);
    expect(placesOf(imageTarget(line), line)).toMatchObject([{ start, end: start + bytes }]);
  });

  test('where it is known, an image may lie there only', () => {
    const line = findChip('F103_md');
    expect(placesOf(imageTarget(line), line)).toMatchObject([{ start: base, end: 0x0802_0000 }]); // RM0008, "Flash module organization (medium-density devices)"
  });

  test('without a line an image may lie where any STM32 has its flash', () => {
    expect(placesOf(imageTarget(undefined), undefined)).toMatchObject([
      { name: 'flash of an STM32', start: base, end: 0x0840_0000 },
      { name: 'flash of an STM32WB0', start: 0x1004_0000 }, // RM0530 table 19
    ]);
  });
});

describe('the aliases of the flash', () => {
  const kinds = (image: Parameters<typeof aliasesFor>[0]) => [
    ...new Set(aliasesFor(image, undefined).map(({ kind }) => kind)),
  ];
  /** Where an F7 sees its flash on the ITCM bus (RM0385, "Flash memory organization"). */
  const itcm = 0x0020_0000;

  test('that of a line is as long as its flash', () => {
    // RM0090, "Boot configuration": the flash of 1 MiB is at 0x0000_0000 to 0x000F_FFFF as well.
    expect(aliasesFor(applicationAt({ link: base, stack }), findChip('F405_407'))).toEqual([
      { kind: 'boot', name: 'flash that BOOT0 = 0 maps to 0', start: 0, end: 0x0010_0000, of: base },
    ]);
  });

  test('that of a line whose flash is not known is as long as the largest one', () => {
    expect(aliasesFor(applicationAt({ link: base, stack }), lineWith())).toMatchObject([
      { start: 0, end: 0x0040_0000 },
    ]);
  });

  describe('without a line', () => {
    test.each<[string, number, readonly number[]]>([
      ['1 MiB: those of an F74x, which it just fills, and of an F76x', 1024, [0x0030_0000, 0x0040_0000]],
      ['1 KiB more: that of an F76x alone', 1025, [0x0040_0000]],
    ])('they are those of each line that has the size: %s', (_what, kib, ends) => {
      // RM0431: 512 KiB, RM0385: 1 MiB, RM0410: 2 MiB.
      const image = applicationAt({ link: itcm, address: base, stack, bytes: kib * KiB });
      expect(aliasesFor(image, undefined).map(({ start, end }) => [start, end])).toEqual(
        ends.map((end) => [itcm, end]),
      );
    });

    test('one table that points into them is enough', () => {
      const elsewhere = application({ link: 0x0900_0000, stack });
      const seen = application({ link: itcm + 0x8000, stack });
      expect(kinds(merged([base, elsewhere], [base + 0x8000, seen]))).toEqual(['itcm']);
    });

    test('the table at the start of the flash counts, where the run begins before it', () => {
      const image = merged([base - 32, Buffer.concat([Buffer.alloc(32), application({ link: itcm, stack })])]);
      expect(kinds(image)).toEqual(['itcm']);
    });

    test('a reset handler in the last two bytes of the image is in it', () => {
      const last = { stack, bytes: KiB, code: KiB - 2 };
      expect(kinds(applicationAt({ link: itcm, address: base, ...last }))).toEqual(['itcm']);
      expect(kinds(applicationAt({ link: base, ...last }))).toEqual([]);
    });

    test.each([
      ['whose vectors need none', applicationAt({ link: base, stack })],
      ['without vectors', parse(Uint8Array.of(1, 2, 3, 4), { address: base })],
      ['without a byte', merged()],
    ])('an image %s gets none', (_what, image) => {
      expect(aliasesFor(image, undefined)).toEqual([]);
    });
  });
});

describe('the vectors of an image', () => {
  test('at the start of the flash', () => {
    expect(vectorsOf(applicationAt({ link: base, stack }), undefined)).toEqual({
      stackPointer: stack,
      resetVector: 0x0800_0189,
    });
  });

  test('of an application behind a bootloader', () => {
    expect(vectorsOf(applicationAt({ link: 0x0800_8000, stack }), findChip('F103_md'))).toEqual({
      stackPointer: stack,
      resetVector: 0x0800_8189,
    });
  });

  test('that point into an alias of the flash', () => {
    const image = applicationAt({ link: 0x0c00_0000, address: base, stack });
    expect(vectorsOf(image, findChip('L552_562'))).toEqual({ stackPointer: stack, resetVector: 0x0c00_0189 });
    expect(refusalOf(() => vectorsOf(image, findChip('F103_md'))).code).toBe('image-wrong-base');
  });

  test('with a stack that the RAM of the line does not have are refused', () => {
    const image = applicationAt({ link: base, stack: 0x2000_5004 });
    expect(refusalOf(() => vectorsOf(image, findChip('F103_md'))).code).toBe('image-vector-table'); // 20 KiB: DS5319
    expect(vectorsOf(image, undefined)).toBeDefined();
  });

  test('are none where data leaves the start of the flash alone', () => {
    expect(vectorsOf(parse(Uint8Array.of(1, 2, 3, 4), { address: 0x0800_8000 }), undefined)).toBeUndefined();
  });
});

test.each<[string, Parameters<typeof knownOf>[0], ReturnType<typeof knownOf>]>([
  ['a line', { target: { family: 'F405_407' } }, { uf2Families: [f405, f407, f407vg] }],
  ['a line without a UF2 family', { target: { family: 'H503' } }, {}],
  ['a start of applications', { applicationStart: 0x0800_8000 }, { applicationStart: 0x0800_8000 }],
  [
    'both',
    { target: { family: 'F103_md' }, applicationStart: 0x0800_2000 },
    { uf2Families: [0x5ee2_1072], applicationStart: 0x0800_2000 },
  ],
  ['neither', {}, {}],
])('the reader of a file is told what a profile says: %s', (_what, profile, known) => {
  expect(knownOf(profile)).toStrictEqual(known);
});
