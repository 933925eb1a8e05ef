import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { parseMemoryLayout, resized, sectorsTouched } from '../../src/protocol/dfuse/memory-layout.ts';

interface AlternateName {
  readonly family: string;
  readonly text: string;
}
/** Names as real ROMs gave them; each row carries its source. */
const names: readonly AlternateName[] = JSON.parse(
  readFileSync(new URL('../fixtures/dfuse-alternate-names.json', import.meta.url), 'utf8'),
);

test.each(names)('$family: $text is read without loss', ({ text }) => {
  const { sectors } = parseMemoryLayout(text);
  const counts = [...text.matchAll(/(\d+)\*/g)].map((match) => Number(match[1]));
  expect(sectors).toHaveLength(counts.reduce((sum, n) => sum + n, 0));
  expect(sectors.every(({ size }) => size > 0)).toBe(true);
});

test.each([
  // Sizes: RM0090 table 5 (F405), RM0433 (H743), RM0367 (L072, 128-byte pages), RM0444 (G0B1)
  { text: '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg', sectors: 12, bytes: 1 << 20, last: 0x080e_0000 },
  { text: '@Internal Flash   /0x08000000/16*128Kg', sectors: 16, bytes: 2 << 20, last: 0x081e_0000 },
  { text: '@Internal Flash  /0x08000000/1536*128g', sectors: 1536, bytes: 192 << 10, last: 0x0802_ff80 },
  { text: '@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e', sectors: 2, bytes: 96, last: 0x1fff_f800 },
  { text: '@Internal Flash   /0x08000000/64*02Kg (alt 2)', sectors: 64, bytes: 128 << 10, last: 0x0801_f800 },
  { text: '@Flash/0x08000000/2*1Mg', sectors: 2, bytes: 2 << 20, last: 0x0810_0000 },
])('$text: $sectors sectors, $bytes bytes', ({ text, sectors: count, bytes, last }) => {
  const { sectors } = parseMemoryLayout(text);
  expect(sectors).toHaveLength(count);
  expect(sectors.reduce((sum, { size }) => sum + size, 0)).toBe(bytes);
  expect(sectors.at(-1)?.address).toBe(last);
});

test.each([
  // UM0424 §10.3.2: bit 0 readable, bit 1 erasable, bit 2 writable
  { letter: 'a', readable: true, erasable: false, writable: false },
  { letter: 'e', readable: true, erasable: false, writable: true },
  { letter: 'f', readable: false, erasable: true, writable: true },
  { letter: 'g', readable: true, erasable: true, writable: true },
])('type $letter', ({ letter, ...flags }) => {
  expect(parseMemoryLayout(`@X /0x0/1*1K${letter}`).sectors[0]).toEqual({ address: 0, size: 1024, ...flags });
});

test('a segment that cannot be read ends its group, because what follows has no known address', () => {
  const { sectors } = parseMemoryLayout('@X /0x100/1*16Bg,1*?Kg,1*1Kg/0x8000/1*1Kg');
  expect(sectors.map(({ address }) => address)).toEqual([0x100, 0x8000]);
});

test.each([
  ...['', 'STM32', '@', '@Flash', '@Flash /0x08000000', '@Flash /0x08000000/', '@Flash /08000000/1*1Kg'],
  ...['F@Flash /0x08000000/1*1Kg', '@Flash /10x08000000/1*1Kg', '@Flash /0x0800zz/1*1Kg'],
  ...['@Flash /0x08000000/x1*1Kg', '@Flash /0x08000000/1x*1Kg', '@Flash /0x08000000/1*1Kxg'],
])('%j is refused, and the text is named', (text) => {
  expect(() => parseMemoryLayout(text)).toThrow(BootctlError);
  expect(() => parseMemoryLayout(text)).toThrow(JSON.stringify(text));
});

test('whatever the string says, it is read or refused, and never makes more sectors than an STM32 has', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), (name, count, size) => {
      try {
        return parseMemoryLayout(`@${name}/0x08000000/${count}*${size}Kg`).sectors.length <= 16_384;
      } catch (error) {
        return error instanceof BootctlError && error.code === 'dfu-malformed';
      }
    }),
  );
});

test('only sectors with a byte of the run are touched', () => {
  const layout = parseMemoryLayout('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg');
  const touched = (address: number, length: number) => sectorsTouched(layout, address, length).map((s) => s.address);
  expect(touched(0x0800_0000, 1)).toEqual([0x0800_0000]);
  expect(touched(0x0800_3fff, 2)).toEqual([0x0800_0000, 0x0800_4000]);
  expect(touched(0x0800_4000, 0x4000)).toEqual([0x0800_4000]);
  expect(touched(0x0900_0000, 4)).toEqual([]);
});

describe('a ROM that reports a wrong sector size', () => {
  const sectors = (text: string, size: number) =>
    resized(parseMemoryLayout(text), size).sectors.map((sector) => `${sector.address.toString(16)} ${sector.size}`);
  test('too large a size: as many true sectors as fill the memory', () => {
    expect(sectors('@Internal Flash /0x08000000/02*004Kg', 2048)).toEqual([
      '8000000 2048',
      '8000800 2048',
      '8001000 2048',
      '8001800 2048',
    ]);
  });
  test('too small a size: the count is right, and the sectors lie behind one another', () => {
    expect(sectors('@Internal Flash /0x08000000/03*001Kg', 2048)).toEqual([
      '8000000 2048',
      '8000800 2048',
      '8001000 2048',
    ]);
  });
  test('a memory elsewhere stays where it is', () => {
    expect(sectors('@X /0x08000000/1*1Kg/0x08100000/1*1Kg', 2048)).toEqual(['8000000 2048', '8100000 2048']);
  });
});

test('blanks around the address are no part of it', () => {
  expect(parseMemoryLayout('@Flash / 0x08000000 /1*1Kg').sectors[0]?.address).toBe(0x0800_0000);
});

test('a garbled count does not make a layout of millions of sectors', () => {
  expect(parseMemoryLayout('@X /0x0/99999999*1Kg').sectors).toHaveLength(16_384);
});
