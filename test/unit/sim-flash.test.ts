import { expect, test } from 'vitest';
import type { FlashGeometry, FlashOptions } from '../../src/sim/chip/flash-geometry.ts';
import { FlashMemory } from '../../src/sim/chip/flash-memory.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { TruthEvent } from '../../src/sim/truth.ts';
import { hex, show } from '../helpers/target-context.ts';

const { F405, H743, G0B1, L072 } = romPersonalities;
const start = 0x0800_0000;

function flashOf(geometry: FlashGeometry, options: FlashOptions = {}) {
  const truth: TruthEvent[] = [];
  const flash = new FlashMemory(geometry, options);
  const record = (event: TruthEvent) => truth.push(event);
  const program = (address: number, bytes: string) => flash.program(address, hex(bytes), record).finish();
  const erase = (address: number) => flash.eraseSectors([flash.sectorAt(address)!], record).finish();
  const read = (address: number, length: number) => show(flash.read(address, length));
  return { flash, truth, record, program, erase, read };
}

test.each([
  { personality: F405, bytes: 1024 * 1024, sectors: 12 }, // RM0090 table 5
  { personality: H743, bytes: 2048 * 1024, sectors: 16 }, // @Internal Flash 16*128Kg
  { personality: G0B1, bytes: 128 * 1024, sectors: 64 }, // @Internal Flash 64*02Kg
  { personality: L072, bytes: 192 * 1024, sectors: 1536 }, // @Internal Flash 1536*128g
])('$personality.id has $sectors sectors, $bytes bytes, all erased', ({ personality, bytes, sectors }) => {
  const flash = new FlashMemory(personality.geometry);
  expect(flash.size).toBe(bytes);
  expect(flash.geometry.sectors).toHaveLength(sectors);
  expect(flash.read(start, bytes).every((byte) => byte === (personality === L072 ? 0x00 : 0xff))).toBe(true);
});

test.each([
  { address: 0x0800_0000, sector: 0x0800_0000, size: 0x4000, time: 250 },
  { address: 0x0800_ffff, sector: 0x0800_c000, size: 0x4000, time: 250 },
  { address: 0x0801_0000, sector: 0x0801_0000, size: 0x1_0000, time: 550 },
  { address: 0x080f_ffff, sector: 0x080e_0000, size: 0x2_0000, time: 1000 },
])('RM0090 table 5: $address lies in the sector at $sector', ({ address, sector, size, time }) => {
  expect(new FlashMemory(F405.geometry).sectorAt(address)).toEqual({ address: sector, size, eraseTime: time });
});

test('programming without an erase yields the AND and is recorded once with the first such unit', () => {
  const { truth, program, read } = flashOf(F405.geometry);
  program(start, 'f0f0f0f0 12345678');
  program(start, '0ff0ffff 12345678');
  expect(read(start, 8)).toBe('00 f0 f0 f0 12 34 56 78');
  expect(truth).toEqual([
    { what: 'programmed', address: start, bytes: 8 },
    { what: 'programmed-without-erase', address: start },
    { what: 'programmed', address: start, bytes: 8 },
  ]);
});

test('a second program inside one H743 flash word counts as programmed without erase (32-byte units)', () => {
  const { truth, program } = flashOf(H743.geometry);
  program(start, '11223344');
  program(start + 4, '55667788');
  expect(truth).toContainEqual({ what: 'programmed-without-erase', address: start });
});

test('data that starts inside a unit is split at its borders', () => {
  const { programsOnce: _, ...withoutEcc } = G0B1.geometry;
  const { flash, truth, program, read, record } = flashOf(withoutEcc);
  program(start + 8, '01020304 05060708');
  program(start + 4, 'a1a2a3a4 00000000');
  expect(read(start, 16)).toBe('ff ff ff ff a1 a2 a3 a4 00 00 00 00 05 06 07 08');
  expect(truth).toContainEqual({ what: 'programmed-without-erase', address: start + 8 });
  expect(flash.program(start + 4, new Uint8Array(8), record).duration).toBeCloseTo(2 * 0.085); // DS13560
});

test('0xFF padding over programmed bytes changes and records nothing', () => {
  const { truth, program, read } = flashOf(F405.geometry);
  program(start, '11223344');
  program(start, 'ffffffff');
  expect(read(start, 4)).toBe('11 22 33 44');
  expect(truth.map(({ what }) => what)).not.toContain('programmed-without-erase');
});

test('a unit with ECC that was cut while it was programmed has a double error, and takes nothing until its erase', () => {
  const { flash, truth, erase, program, read, record } = flashOf(G0B1.geometry);
  const half = 1.5 * 0.085; // the second of three units
  flash.program(start, new Uint8Array(24).fill(0x11), record).cut(half);
  expect([0, 8, 16].map((offset) => flash.isTorn(start + offset, 8))).toEqual([false, true, false]);
  const before = read(start + 8, 8);
  program(start + 8, '0102030405060708');
  expect(read(start + 8, 8)).toBe(before);
  expect(truth).toContainEqual({ what: 'programmed-without-erase', address: start + 8 });
  erase(start);
  program(start + 8, '0102030405060708');
  expect(read(start + 8, 8)).toBe('01 02 03 04 05 06 07 08');
  expect(flash.isTorn(start, 0x800)).toBe(false);
});

test('an erase that is cut tears a unit as well; flash without ECC only holds what it holds', () => {
  const { flash, record } = flashOf(G0B1.geometry);
  flash.eraseSectors([G0B1.geometry.sectors[1]!], record).cut(11);
  expect(flash.isTorn(start + 0x800, 0x800)).toBe(true);
  expect(flash.isTorn(start, 0x800)).toBe(false);
  const old = flashOf(F405.geometry);
  old.flash.program(start, new Uint8Array(24), old.record).cut(0.02);
  expect(old.flash.isTorn(start, 24)).toBe(false);
});

test('an erase touches its own sector only', () => {
  const { truth, program, erase, read } = flashOf(F405.geometry);
  program(0x0800_3ffc, '01020304');
  program(0x0800_4000, '05060708');
  erase(0x0800_0010);
  expect(read(0x0800_3ffc, 8)).toBe('ff ff ff ff 05 06 07 08');
  expect(truth.at(-1)).toEqual({ what: 'erased', address: start, bytes: 0x4000 });
});

test('a write-protected sector is neither erased nor programmed, and nothing says so (hardware/QUIRKS.md Q35)', () => {
  const { flash, truth, program, erase, read, record } = flashOf(F405.geometry, { protectedSectors: [start] });
  flash.preload(start, hex('aabbccdd'));
  erase(start);
  program(start + 4, '00000000');
  expect(read(start, 8)).toBe('aa bb cc dd ff ff ff ff');
  expect(truth.map(({ what }) => what)).not.toContain('erased');
  flash.massErase(record).finish();
  expect(read(start, 4)).toBe('aa bb cc dd');
});

test('stuck bits stay 1', () => {
  const { program, read } = flashOf(F405.geometry, {
    faults: { stuckBits: [{ address: start + 4, mask: 0x0000_8001 }] },
  });
  program(start, '00000000 00000000 00000000');
  expect(read(start, 12)).toBe('00 00 00 00 01 80 00 00 00 00 00 00');
});

test('a program that is cut off has written whole units, as many as there was time for', () => {
  const { flash, record, read } = flashOf(F405.geometry);
  const operation = flash.program(start, hex('01010101 02020202 03030303 04040404'), record);
  expect(operation.duration).toBeCloseTo(4 * 0.016); // DS8626: 16 µs a word
  operation.cut(2.5 * 0.016);
  expect(read(start, 16)).toBe('01 01 01 01 02 02 02 02 ff ff ff ff ff ff ff ff');
});

test('an erase that is cut off leaves the rest of its sector and is not recorded as done', () => {
  const { flash, truth, record, read } = flashOf(F405.geometry);
  flash.preload(start, new Uint8Array(0x8000));
  const operation = flash.eraseSectors([flash.sectorAt(start)!, flash.sectorAt(start + 0x4000)!], record);
  expect(operation.duration).toBe(500);
  operation.cut(375);
  expect(read(start + 0x5ffe, 4)).toBe('ff ff 00 00');
  expect(truth).toEqual([{ what: 'erased', address: start, bytes: 0x4000 }]);
});

test('timeScale multiplies every duration', () => {
  const { flash, record } = flashOf(F405.geometry, { timeScale: 0.01 });
  expect(flash.massErase(record).duration).toBeCloseTo(80); // DS8626: 8 s
  expect(flash.program(start, new Uint8Array(4), record).duration).toBeCloseTo(0.000_16);
});

test('reads end with the flash, and there is nothing outside', () => {
  const { flash, read } = flashOf(F405.geometry);
  expect(read(0x080f_fffe, 4)).toBe('ff ff');
  expect(read(0x0810_0000, 4)).toBe('');
  expect(() => flash.preload(0x080f_fffe, hex('01020304'))).toThrow(RangeError);
});
