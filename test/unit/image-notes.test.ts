import { describe, expect, test } from 'vitest';
import { findChip } from '../../src/chips/find-chip.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { imageNotes, namedNotes, seenThrough } from '../../src/ops/engine/image-notes.ts';
import { application, applicationAt } from '../helpers/applications.ts';
import { parse } from '../helpers/image-files.ts';

const base = 0x0800_0000;
const KiB = 1024;
const stack = 0x2000_1000;
/** The secure alias of the flash of an L5: FLASH_BASE_S of CMSIS stm32l552xx.h. */
const secure = 0x0c00_0000;
const l5 = findChip('L552_562');
const line = (family: string) => ({ target: { family } });

const merged = (...runs: readonly (readonly [number, Uint8Array])[]): FirmwareImage => ({
  ...applicationAt({ link: base, stack }),
  segments: runs.map(([address, data]) => ({ address, data, origin: 'line 2' })),
});

describe('the alias that the reset vector needs', () => {
  test('is found where the image stands behind a bootloader', () => {
    const image = applicationAt({ link: secure + 0x8000, address: 0x0800_8000, stack });
    expect(seenThrough(image, l5)).toMatchObject({ alias: { kind: 'secure', start: secure }, address: 0x0800_8188 });
  });

  test('is found with a table of two words, and its handler in another run', () => {
    const table = application({ link: secure, stack, bytes: 8 });
    const image = merged([base, table], [base + 0x188, Uint8Array.of(0xfe, 0xe7)]);
    expect(seenThrough(image, l5)).toMatchObject({ alias: { kind: 'secure' }, address: 0x0800_0188 });
  });

  test('is that of the first table, where the line is not named and another table needs another one', () => {
    const image = merged(
      [base, application({ link: secure, stack })],
      [0x0800_8000, application({ link: 0x0020_8000, stack })], // the ITCM bus of an F7: RM0385, "Flash memory organization"
    );
    expect(seenThrough(image, undefined)).toMatchObject({ alias: { kind: 'secure' }, address: 0x0800_0188 });
  });

  test.each<[string, FirmwareImage]>([
    ['the start of the flash has less than two words', merged([base, Uint8Array.of(0, 0x10, 0, 0x20)])],
    ['there is no table', parse(Uint8Array.of(1, 2, 3, 4), { address: 0x0800_8000 })],
    ['the handler is in no alias', applicationAt({ link: 0x0900_0000, address: base, stack })],
    ['the image ends before the handler', merged([base, application({ link: secure, stack, bytes: 0x100 })])],
    [
      'the image has bytes for the address of the handler itself',
      merged([base, application({ link: secure, stack })], [secure, application({ link: secure, stack })]),
    ],
  ])('is none where %s', (_what, image) => {
    expect(seenThrough(image, l5)).toBeUndefined();
  });
});

describe('vectors that seem made for another address', () => {
  /** The table has 98 words: the stack, the reset handler, and 96 times the shared one. */
  const note = (at: string, madeFor: string, more = '') =>
    `at ${at} it may not start: its vectors seem made for ${madeFor}; the handler that 96 of them share is an endless loop if it stands there.${more}`;
  const overwrites = ' It would overwrite a bootloader there.';

  test.each<[string, number, number, string, readonly string[]]>([
    [
      'at the start of the flash it would overwrite a bootloader',
      0x0800_8000,
      base,
      'F405_407',
      [note('0x0800_0000', '0x0800_8000', overwrites)],
    ],
    [
      'behind the start there is none to overwrite',
      0x0800_8000,
      0x0800_4000,
      'F405_407',
      [note('0x0800_4000', '0x0800_8000')],
    ],
    [
      'what was made for the start needs no bootloader',
      base,
      0x0800_4000,
      'F405_407',
      [note('0x0800_4000', '0x0800_0000')],
    ],
    // RM0530 table 19: the flash of an STM32WB0 begins at 0x1004_0000, above that of all others.
    [
      'what was made for another STM32 needs no bootloader',
      base,
      0x1004_0000,
      'WB0_BlueNRG',
      [note('0x1004_0000', '0x0800_0000')],
    ],
    ['where they fit nothing is said', 0x0800_8000, 0x0800_8000, 'F405_407', []],
  ])('%s', (_what, link, address, family, notes) => {
    expect(imageNotes(applicationAt({ link, address, stack, bytes: 64 * KiB }), line(family))).toEqual(notes);
  });

  test('a list of addresses without a stack in front is no vector table', () => {
    const list = applicationAt({ link: 0x0800_8000, address: base, stack: 0x1234_5678, bytes: 64 * KiB });
    expect(imageNotes(list, line('F405_407'))).toEqual([]);
  });
});

// RM0433 §4.3.9: an H74x programs 32 bytes at once; RM0090, "Program/erase parallelism": an F405 four without an external supply.
test('a run that starts inside what the flash programs at once is told, by the line of the target', () => {
  const image = merged([base, application({ link: base, stack })], [0x0800_0430, Uint8Array.of(1, 2, 3, 4)]);
  expect(imageNotes(image, line('H74x_75x'))).toEqual([
    expect.stringMatching(/^the run at 0x0800_0430 starts inside .* 32 bytes: 0x0800_0420 to 0x0800_042F is filled/),
  ]);
  expect(imageNotes(image, line('F405_407'))).toEqual([]);
  expect(imageNotes(image, {})).toEqual([]);
});

test('an image that may not obey what the profile asks it for is told', () => {
  const jump = { trigger: 'serial-command', send: 'bootloader\r\n', baudRate: 115_200, via: 'adapter' } as const;
  const image = applicationAt({ link: base, stack });
  expect(imageNotes(image, { methods: ['soft-jump'], softJump: [jump] })).toEqual([
    'it has no firmware kit of bootctl in it: whether it obeys the softJump of the profile is not known',
  ]);
  expect(imageNotes(image, { methods: ['lines'], softJump: [jump] })).toEqual([]);
});

describe('the bootloader of the board', () => {
  const start = 0x0800_8000;
  const application8000 = [start, application({ link: start, stack })] as const;
  const whole = merged([base, application({ link: base, stack })], application8000);

  test('is overwritten by an image that brings one of its own', () => {
    expect(imageNotes(whole, { applicationStart: start })).toEqual([
      'it brings a bootloader of its own: the one of the board, below 0x0800_8000, is overwritten',
    ]);
  });

  test.each<[string, FirmwareImage, number | undefined]>([
    ['the image leaves it alone', merged(application8000), start],
    ['applications start where the flash does', whole, base],
    ['the profile does not speak of one', whole, undefined],
  ])('is not spoken of where %s', (_what, image, applicationStart) => {
    expect(imageNotes(image, applicationStart === undefined ? {} : { applicationStart })).toEqual([]);
  });
});

test('in a report about several things each note has the name of its image, those of its file first', () => {
  const image = applicationAt({ link: secure, address: base, stack });
  const own =
    'app.bin: its vectors point into the secure alias of the flash at 0x0C00_0000: it starts only with TrustZone enabled (TZEN = 1)';
  const noted = { ...image, notes: ['2 sections for RAM were left out'] };
  expect(namedNotes(noted, line('L552_562'))).toEqual(['app.bin: 2 sections for RAM were left out', own]);
  expect(namedNotes(image, line('L552_562'))).toEqual([own]);
});
