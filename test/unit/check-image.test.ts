import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { checkBase, checkFits, checkVectorTable } from '../../src/image/check-image.ts';
import { parseImage } from '../../src/image/load-image.ts';
import type { AddressRange } from '../../src/image/vector-table.ts';
import { checkImage, checkPlace, noteOverridden } from '../../src/ops/engine/check-image.ts';
import { dfuseFile, uf2File } from '../helpers/image-files.ts';

const flash = 0x0800_0000;

/** 32 bytes at the flash base that start with these two words. */
function imageWith(stackPointer: number, resetVector: number, address = flash) {
  const bytes = Buffer.alloc(32, 0x5a);
  bytes.writeUInt32LE(stackPointer, 0);
  bytes.writeUInt32LE(resetVector, 4);
  return parseImage(bytes, 'app.bin', { address });
}

const refusal = (check: () => unknown): BootctlError => {
  try {
    check();
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('accepted');
};

describe('checkVectorTable', () => {
  test.each([
    ['erased flash', 0xffff_ffff, 0xffff_ffff, 'the vector table is erased flash'],
    ['zeros', 0, 0, 'the initial stack pointer is not in RAM'],
    ['a stack in flash', 0x0800_0100, 0x0800_0009, 'the initial stack pointer is not in RAM'],
    ['a stack at the first address of RAM', 0x2000_0000, 0x0800_0009, 'the initial stack pointer is not in RAM'],
    ['a stack above every RAM', 0x202f_0004, 0x0800_0009, 'the initial stack pointer is not in RAM'],
    ['an unaligned stack', 0x2000_1002, 0x0800_0009, 'the initial stack pointer is not aligned to 4 bytes'],
    ['no Thumb bit', 0x2000_1000, 0x0800_0008, 'the reset vector lacks the Thumb bit'],
  ])('refuses %s, naming both words', (_what, stackPointer, resetVector, fault) => {
    const error = refusal(() => checkVectorTable(imageWith(stackPointer, resetVector)));
    expect(error.code).toBe('image-vector-table');
    expect(error.message).toContain(fault);
    expect(error.details).toEqual({ stackPointer, resetVector });
    const word = (value: number) => value.toString(16).toUpperCase().padStart(8, '0').replace(/^..../, '0x$&_');
    expect(error.message).toContain(`${word(stackPointer)} ${word(resetVector)}`);
  });

  test.each([
    ['0x0', 0x0000_0009],
    ['an address behind a resident bootloader', 0x0800_4009],
  ])('says that the image was linked for another address: %s', (_what, resetVector) => {
    const error = refusal(() => checkVectorTable(imageWith(0x2000_1000, resetVector)));
    expect([error.code, error.details]).toEqual(['image-wrong-base', { stackPointer: 0x2000_1000, resetVector }]);
    expect(error.message).toContain('the reset vector points outside the image; it was linked for another address');
    expect(error.hint).toContain('--force');
  });

  test('a reset vector outside while another handler is inside is a damaged table, not another base', () => {
    const bytes = Buffer.alloc(64);
    for (const [index, word] of [0x2000_1000, 0x0900_0001, 0x0800_0011].entries()) bytes.writeUInt32LE(word, index * 4);
    const image = parseImage(bytes, 'app.bin', { address: flash });
    expect(refusal(() => checkVectorTable(image))).toMatchObject({
      code: 'image-vector-table',
      message: expect.stringContaining('the reset vector points outside the image'),
    });
  });

  test.each([
    ['SRAM', 0x2000_0400],
    ['the top of the 128 KiB of an STM32F405', 0x2002_0000],
    ['CCM of an STM32F405', 0x1001_0000],
    ['DTCM of an STM32H743', 0x2002_0000],
    ['AXI SRAM of an STM32H743', 0x2408_0000],
    ['SRAM1 of an STM32H743', 0x3002_0000],
    ['SRAM4 of an STM32H743', 0x3801_0000],
  ])('accepts a stack in %s', (_what, stackPointer) => {
    expect(checkVectorTable(imageWith(stackPointer, 0x0800_0009))).toEqual({ stackPointer, resetVector: 0x0800_0009 });
  });

  test('takes the ranges of a known target', () => {
    const ramRanges: readonly AddressRange[] = [{ name: 'SRAM', start: 0x2000_0000, end: 0x2000_5000 }];
    expect(checkVectorTable(imageWith(0x2000_5000, 0x0800_0009), { ramRanges })).toBeDefined();
    expect(refusal(() => checkVectorTable(imageWith(0x2000_5004, 0x0800_0009), { ramRanges })).message).toContain(
      'not in RAM',
    );
  });

  test('looks at the flash base, also inside a segment', () => {
    const bytes = Buffer.alloc(0x40);
    bytes.writeUInt32LE(0x2000_1000, 0x20);
    bytes.writeUInt32LE(0x0800_4031, 0x24);
    const image = parseImage(bytes, 'app.bin', { address: 0x0800_4000 });
    expect(checkVectorTable(image, { flashBase: 0x0800_4020 })).toEqual({
      stackPointer: 0x2000_1000,
      resetVector: 0x0800_4031,
    });
  });

  test('has nothing to say of an image that leaves the vector table alone', () => {
    expect(checkVectorTable(imageWith(0, 0, 0x0800_c000))).toBeUndefined();
  });

  test('refuses a vector table of 4 bytes', () => {
    const image = parseImage(Buffer.from([0, 0x10, 0, 0x20]), 'app.bin', { address: flash });
    expect(refusal(() => checkVectorTable(image)).message).toBe(
      'app.bin has only 4 bytes at 0x0800_0000; a vector table starts with 8',
    );
  });

  test('accepts the fixture: stack at the top of SRAM, reset vector as the ELF entry', () => {
    const path = new URL('../fixtures/firmware/blink-f405.hex', import.meta.url);
    const image = parseImage(readFileSync(path), 'blink-f405.hex');
    expect(checkVectorTable(image)).toEqual({ stackPointer: 0x2002_0000, resetVector: 0x0800_018d });
  });
});

describe('checkFits', () => {
  const at = (address: number, length: number) => parseImage(Buffer.alloc(length), 'app.bin', { address });
  const regions: readonly AddressRange[] = [
    { name: 'sectors', start: 0x0800_0000, end: 0x0801_0000 },
    { name: 'more sectors', start: 0x0801_0000, end: 0x0801_8000 },
    { name: 'option bytes', start: 0x1fff_c000, end: 0x1fff_c010 },
  ];

  test.each([
    ['before the first region', at(0x07ff_ffff, 4), '0x07FF_FFFF'],
    ['past the last byte', at(0x0801_7ffc, 5), '0x0801_8000'],
    ['between the regions', at(0x1000_0000, 1), '0x1000_0000'],
  ])('refuses %s, naming the first such address', (_what, image, address) => {
    const error = refusal(() => checkFits(image, regions));
    expect(error.code).toBe('image-out-of-range');
    expect(error.message).toContain(`app.bin: ${address}, in `);
    expect(error.message).toContain('sectors 0x0800_0000 to 0x0800_FFFF, more sectors 0x0801_0000 to 0x0801_7FFF');
    expect(error.details).toEqual({ address: Number(address.replace('_', '')) });
  });

  test('names the line of the record where the address is', () => {
    const lines = [':020000040801F1', ':107FF000000102030405060708090A0B0C0D0E0F09', ':0180000000 7F'.replace(' ', '')];
    const image = parseImage(Buffer.from([...lines, ':00000001FF'].join('\n')), 'app.hex');
    expect(refusal(() => checkFits(image, regions)).message).toContain('(from line 3)');
  });

  test('refuses what lies in memory that cannot be written, with a code of its own', () => {
    const locked = [
      ...regions,
      { name: 'sectors under protection', start: 0x0801_8000, end: 0x0802_0000, isReadOnly: true },
    ];
    const error = refusal(() => checkFits(at(0x0801_7ffc, 8), locked));
    expect([error.code, error.message]).toEqual([
      'image-not-writable',
      'app.bin: 0x0801_8000 (offset 0x0) lies in the sectors under protection, which cannot be erased and written',
    ]);
    const wider = [...locked, { name: 'a larger part', start: 0x0801_8000, end: 0x0802_0000 }];
    expect(() => checkFits(at(0x0801_7ffc, 8), wider)).not.toThrow();
  });

  test('refuses everything where there is no region', () => {
    expect(refusal(() => checkFits(at(0, 1), [])).message).toContain('outside every region: there is none');
  });

  test.each([
    ['the whole of two regions that touch', at(0x0800_0000, 0x1_8000)],
    ['the last byte', at(0x0801_7fff, 1)],
    ['another region', at(0x1fff_c000, 16)],
  ])('accepts %s', (_what, image) => {
    expect(() => checkFits(image, regions)).not.toThrow();
  });
});

describe('checkBase', () => {
  const regions = [{ name: 'flash of X', start: flash, end: flash + 0x10_0000 }];
  test.each([
    ['linked for 0x0', 0x0],
    ['linked for the ROM', 0x1fff_0000],
  ])('refuses an application outside the flash: %s', (_what, address) => {
    const error = refusal(() => checkBase(imageWith(0x2000_1000, address + 9, address), regions));
    expect(error.code).toBe('image-wrong-base');
    expect(error.message).toMatch(
      /^app\.bin starts at 0x\w{4}_0000 \(offset 0x0\); the flash of X starts at 0x0800_0000$/,
    );
  });

  test.each([
    ['one that stands in the flash', imageWith(0x2000_1000, flash + 9)],
    ['one that stands there in part', imageWith(0x2000_1000, flash + 9, flash - 16)],
    ['data', imageWith(1, 2, 0x2000_0000)],
    ['a few bytes', parseImage(Buffer.from([1]), 'app.bin', { address: 0 })],
  ])('has nothing to say of %s', (_what, image) => {
    expect(() => checkBase(image, regions)).not.toThrow();
    expect(() => checkBase(image, [])).not.toThrow();
  });
});

describe('checkImage without a line of the target', () => {
  const board = { usb: { vendorId: '0483', productId: 'df11' } };

  // microsoft/uf2, utils/uf2families.json.
  const ofFamily = (family: number) =>
    parseImage(uf2File([{ address: flash + 0x4000, data: [1, 2, 3, 4], family }]), 'app.uf2');
  test.each([
    ['STM32F4', 0x5775_5a57],
    ['STM32L0', 0x202e_3a91],
    ['STM32WL', 0x2146_0ff0],
  ])('accepts a UF2 file for any STM32: %s', (_name, family) => {
    expect(checkImage(ofFamily(family), board, {})).toEqual([]);
  });
  test.each([
    ['RP2040', 0xe48b_ff56],
    ['GD32F350', 0x31d2_28c6],
  ])("refuses a UF2 file for another maker's chip: %s", (name, family) => {
    const error = refusal(() => checkImage(ofFamily(family), board, {}));
    expect(error.code).toBe('image-wrong-family');
    expect(error.message).toMatch(new RegExp(`made for ${name} .*, and the target is an STM32$`));
  });

  test('a line without a UF2 family of its own takes the file of any STM32', () => {
    expect(checkImage(ofFamily(0x5775_5a57), { ...board, target: { family: 'H503' } }, {})).toEqual([]);
    const f103 = { ...board, target: { family: 'F103_md' } };
    expect(refusal(() => checkImage(ofFamily(0x5775_5a57), f103, {})).message).toContain('the target is STM32F10');
  });

  test('refuses a file that has nothing for the flash', () => {
    const image = parseImage(dfuseFile([{ alternate: 1, elements: [[0x1fff_c000, [1]]] }]), 'options.dfu');
    expect(refusal(() => checkImage(image, board, { force: true })).code).toBe('image-alternate');
  });

  test('says of firmware for another maker that it is the wrong file', () => {
    const avr = parseImage(Buffer.from('0c945c000c946e00', 'hex'), 'avr.bin', { address: 0 }); // `jmp` twice, by avr-gcc
    expect(refusal(() => checkImage(avr, board, {})).hint).toContain('not firmware for an STM32');
  });
});

describe('checkPlace', () => {
  const at = (address: number, length = 4) => parseImage(Buffer.alloc(length), 'block.bin', { address });
  const f103 = { target: { family: 'F103_md' } };

  test('takes what no application could be, where it lies in the flash', () => {
    expect(() => checkPlace(at(0x0801_fffc), f103)).not.toThrow();
    expect(() => checkPlace(at(flash), f103)).not.toThrow();
  });

  // RM0008, "Flash module organization (medium-density devices)": the flash ends at 0x0801_FFFF.
  test('refuses what lies behind the flash of the line', () => {
    const error = refusal(() => checkPlace(at(0x0801_fffc, 5), f103));
    expect([error.code, error.details]).toEqual(['image-out-of-range', { address: 0x0802_0000 }]);
    expect(() => checkPlace(at(0x0801_fffc, 5), {})).not.toThrow();
  });

  test('names the memory that lies there instead', () => {
    expect(refusal(() => checkPlace(at(0x2000_1000), f103)).message).toMatch(/; it is RAM \(SRAM\)$/);
    expect(refusal(() => checkPlace(at(0x2000_1000), {})).message).toMatch(/; it is RAM$/);
  });
});

describe('noteOverridden', () => {
  const overridden = [new BootctlError('image-wrong-base', 'one'), new BootctlError('image-alignment', 'two')];

  test('reports each refusal that was overridden, with its code', () => {
    const events: unknown[] = [];
    noteOverridden(overridden, (event) => events.push(event));
    expect(events).toEqual([
      { event: 'note', message: '--force overrides image-wrong-base: one' },
      { event: 'note', message: '--force overrides image-alignment: two' },
    ]);
  });

  test('needs nobody who listens', () => {
    expect(() => noteOverridden(overridden)).not.toThrow();
  });
});
