import { describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { chipMemory, chipsWithMemory } from '../../src/chips/memories.ts';
import { checkAlignment, checkAlternates, checkSuffix, checkUf2Family } from '../../src/image/check-origin.ts';
import { uf2Families } from '../../src/image/formats/uf2-families.ts';
import { checkImage, overrideText } from '../../src/ops/engine/check-image.ts';
import { imageTarget } from '../../src/ops/engine/image-target.ts';
import { dfuseFile, fixture, parse, refusalOf, suffixed, uf2File } from '../helpers/image-files.ts';

const rom = { vendorId: 0x0483, productId: 0xdf11 };
const f4 = 0x5775_5a57; // microsoft/uf2, utils/uf2families.json
const rp2040 = 0xe48b_ff56;

describe('checkSuffix', () => {
  const file = (ids: Parameters<typeof suffixed>[1]) => parse(suffixed([1, 2, 3, 4], ids), { address: 0 });
  test.each([
    ['the same ids', file({})],
    ['any product', file({ product: 0xffff })],
    ['any device', file({ product: 0xffff, vendor: 0xffff })],
    ['no suffix', parse(Uint8Array.of(1), { address: 0 })],
  ])('accepts %s', (_what, image) => {
    expect(() => checkSuffix(image, rom)).not.toThrow();
  });
  test.each([
    ['another vendor', file({ vendor: 0x1209 }), '1209:df11'],
    ['another product', file({ product: 0x5740, vendor: 0xffff }), '*:5740'],
    [
      'a DfuSe file for another device',
      parse(suffixed(dfuseFile([{ alternate: 0, elements: [[0, [1]]] }]).subarray(0, -16), { vendor: 1, dfu: 0x011a })),
      '0001:df11',
    ],
  ])('refuses %s', (_what, image, ids) => {
    const error = refusalOf(() => checkSuffix(image, rom));
    expect([error.code, error.message]).toEqual([
      'image-wrong-device',
      `a was made for the USB device ${ids}, and the bootloader is 0483:df11`,
    ]);
  });
});

describe('checkUf2Family', () => {
  const file = (family?: number) =>
    parse(uf2File([{ address: 0, data: [1], ...(family === undefined ? {} : { family }) }]));
  test('accepts a family of the target, and a file without one', () => {
    expect(() => checkUf2Family(file(f4), [1, f4], 'X')).not.toThrow();
    expect(() => checkUf2Family(file(), [1], 'X')).not.toThrow();
  });
  test.each([
    [rp2040, 'RP2040 (0xE48BFF56)'],
    [0x1234_5678, 'family 0x12345678'],
  ])('refuses 0x%s', (family, name) => {
    const error = refusalOf(() => checkUf2Family(file(family), [f4], 'STM32F405'));
    expect([error.code, error.message]).toEqual([
      'image-wrong-family',
      `a was made for ${name}, and the target is STM32F405`,
    ]);
  });
});

describe('checkAlternates', () => {
  test('refuses a file that writes more than the flash, and says what', () => {
    const image = parse(
      dfuseFile([
        { alternate: 0, elements: [[0, [1]]] },
        { alternate: 1, name: 'Option Bytes', elements: [[2, [3, 4]]] },
        { alternate: 2, elements: [[9, [1]]] },
      ]),
    );
    const error = refusalOf(() => checkAlternates(image));
    expect([error.code, error.message]).toEqual([
      'image-alternate',
      'a has 2 bytes for alternate setting 1 "Option Bytes", 1 byte for alternate setting 2',
    ]);
    expect(error.hint).toContain('--force');
  });
  test('a file for option bytes only has no way out', () => {
    const error = refusalOf(() => checkAlternates(parse(dfuseFile([{ alternate: 1, elements: [[2, [3]]] }]))));
    expect(error.hint).not.toContain('--force');
  });
});

describe('checkAlignment', () => {
  const at = (...addresses: readonly number[]) => ({
    ...parse(Uint8Array.of(1), { address: 0 }),
    segments: addresses.map((address) => ({ address, data: Uint8Array.of(1, 2, 3), origin: 'line 1' })),
  });
  test.each([
    ['multiples of the unit', at(0x0800_0000, 0x0800_1008), 8],
    ['a gap smaller than a unit, as linkers leave it', at(0x0800_0000, 0x0800_0004), 8],
    ['any address in words of 4', at(0x0800_0004, 0x0800_0010), 4],
    ['a run behind a gap that starts inside a unit: it is filled', at(0x0800_0000, 0x0800_0014), 8],
    ['a half-word of its own, in words of 4', at(0x0800_0000, 0x0800_0012), 4],
  ])('accepts %s', (_what, image, unit) => {
    expect(() => checkAlignment(image, unit)).not.toThrow();
  });
  test.each([
    ['the first run', at(0x0800_0001), 4, '0x0800_0001'],
    ['a run after a gap', at(0x0800_0000, 0x0800_0015), 8, '0x0800_0015'],
  ])('refuses %s', (_what, image, unit, address) => {
    const error = refusalOf(() => checkAlignment(image, unit));
    expect([error.code, error.message]).toEqual([
      'image-alignment',
      `a: the run at ${address} (line 1) does not start at a multiple of ${unit}, what the flash programs at once`,
    ]);
  });
});

describe('checkImage', () => {
  const profile = {
    target: { family: 'F405_407' },
    usb: { vendorId: '0483', productId: 'df11', enumerationTimeout: 5000 },
  };
  const blink = fixture('blink-f405.hex');

  test('accepts the fixture for its line, and for an STM32 that is not named', () => {
    expect(checkImage(parse(blink), profile, {})).toEqual([]);
    expect(checkImage(parse(blink), { usb: profile.usb }, {})).toEqual([]);
  });

  test.each<[string, Uint8Array, { address?: number }, string]>([
    ['a stack beyond the RAM of the line', stackAt(0x2002_0004), { address: 0x0800_0000 }, 'image-vector-table'],
    ['a suffix for another device', suffixed(blink, { vendor: 0x1209 }), {}, 'image-wrong-device'],
    [
      'a UF2 file for another chip',
      uf2File([{ address: 0x0800_4000, data: [1, 2, 3, 4], family: 0x53b8_0f00 }]),
      {},
      'image-wrong-family',
    ],
    [
      'option bytes beside the flash',
      dfuseFile([
        { alternate: 0, elements: [[0x0800_4000, [1]]] },
        { alternate: 1, elements: [[0x1fff_c000, [1]]] },
      ]),
      {},
      'image-alternate',
    ],
    ['an odd address', Uint8Array.of(1), { address: 0x0800_4001 }, 'image-alignment'],
    [
      'an application for behind a bootloader',
      stackAt(0x2002_0000, 0x0800_8009),
      { address: 0x0800_0000 },
      'image-wrong-base',
    ],
  ])('%s: refused; with force returned, and said', (_what, bytes, options, code) => {
    const image = parse(bytes, options);
    expect(refusalOf(() => checkImage(image, profile, {})).code).toBe(code);
    const overridden = checkImage(image, profile, { force: true });
    expect(overridden.map((error) => error.code)).toEqual([code]);
    expect(overrideText(overridden[0]!)).toBe(`--force overrides ${code}: ${overridden[0]!.message}`);
  });

  test.each<[string, Uint8Array, { address?: number }, string]>([
    ['an application linked for 0x0', stackAt(0x2002_0000, 9), { address: 0 }, 'image-wrong-base'],
    ['data outside the flash', Uint8Array.of(1), { address: 0x2000_0000 }, 'image-out-of-range'],
    ['option bytes alone', dfuseFile([{ alternate: 1, elements: [[0x1fff_c000, [1]]] }]), {}, 'image-alternate'],
  ])('%s: no force helps', (_what, bytes, options, code) => {
    expect(refusalOf(() => checkImage(parse(bytes, options), profile, { force: true })).code).toBe(code);
  });

  test('several refusals are all returned', () => {
    const image = parse(suffixed(stackAt(0), { vendor: 0x1209 }), { address: 0x0800_0000 });
    expect(checkImage(image, profile, { force: true }).map((error) => error.code)).toEqual([
      'image-wrong-device',
      'image-vector-table',
    ]);
  });
});

function stackAt(stackPointer: number, resetVector = 0x0800_0009): Buffer {
  const bytes = Buffer.alloc(32, 0x5a);
  bytes.writeUInt32LE(stackPointer, 0);
  bytes.writeUInt32LE(resetVector, 4);
  return bytes;
}

describe('memories of the lines', () => {
  test('each is a line of hardware/targets, and only those without a source are missing', () => {
    const known = chipsWithMemory();
    expect(known.filter((key) => !chipKeys().includes(key))).toEqual([]);
    expect(known.length).toBeGreaterThan(80);
    expect(chipMemory('WBA6')).toBeUndefined();
    expect(chipMemory('constructor')).toBeUndefined();
  });

  test.each(chipsWithMemory())('%s: regions, unit and families make sense', (key) => {
    const { ram, programUnit, uf2Families: families } = chipMemory(key)!;
    for (const { name, start, bytes } of ram) {
      expect(name).toMatch(/^[A-Z]/);
      expect([start % 1024, bytes % 1024, bytes > 0]).toEqual([0, 0, true]);
    }
    expect([4, 8, 16, 32]).toContain(programUnit);
    expect(families.filter((name) => uf2Families[name] === undefined)).toEqual([]);
  });

  // RM0090 §2.3.1: 112 KiB SRAM1, 16 KiB SRAM2, 64 KiB CCM; RM0433 §4.3.9: flash words of 32 bytes.
  test('F405/407 and H743 as in their reference manuals', () => {
    expect(chipMemory('F405_407')).toEqual({
      programUnit: 4,
      uf2Families: ['STM32F4', 'STM32F407', 'STM32F407VG'],
      ram: [
        { name: 'SRAM1', start: 0x2000_0000, bytes: 112 * 1024 },
        { name: 'SRAM2', start: 0x2001_c000, bytes: 16 * 1024 },
        { name: 'CCM', start: 0x1000_0000, bytes: 64 * 1024 },
      ],
    });
    expect(chipMemory('H74x_75x')!.programUnit).toBe(32);
  });

  test('a line without known memory takes the wide ranges', () => {
    const { ram, uf2Families: families } = imageTarget(findChip('WBA6'));
    expect(ram.some(({ start }) => start === 0x2000_0000)).toBe(true);
    expect(families).toBeUndefined();
  });
});
