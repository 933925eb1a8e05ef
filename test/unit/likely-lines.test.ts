import { expect, test } from 'vitest';
import { findChip } from '../../src/chips/find-chip.ts';
import { likelyLines } from '../../src/ops/likely-chips.ts';
import { applicationAt } from '../helpers/applications.ts';

const KiB = 1024;
const linked = (stack: number, bytes = KiB, link = 0x0800_0000) =>
  applicationAt({ link, address: 0x0800_0000, stack, bytes });

// A part of each size that is not the largest of its line, by its data sheet.
test.each([
  ['F103xC, 48 KB (DS5792)', 'F103_hd', 48],
  ['F101x8, 10 KB', 'F103_md', 10],
  ['F103x6, 10 KB', 'F103_ld', 10],
  ['F303xB, 32 KB (DS9118)', 'F303xBC', 32],
  ['L151x8, 10 KB', 'L1_cat1', 10],
  ['WB35, 32 KB of SRAM1', 'WB55', 32],
  ['C092, 30 KB', 'C091_092', 30],
  ['F100xC, 24 KB', 'F100_vl_hd', 24],
])('%s: its line is among the likely ones', (_part, key, kib) => {
  expect(likelyLines(linked(0x2000_0000 + kib * KiB))).toContain(key);
});

test('the address of the flash that the vectors use counts', () => {
  const lines = likelyLines(linked(0x2001_0000, KiB, 0x0020_0000));
  expect(lines).toEqual(['F72x_73x', 'F74x_75x']);
});

test('flash that a line does not have counts against it', () => {
  expect(likelyLines(linked(0x2000_1800))).toContain('F04x');
  expect(likelyLines(linked(0x2000_1800, 40 * KiB))).not.toContain('F04x');
});

test('where a line is named and only other series fit, nothing is said', () => {
  const image = linked(0x2000_3000); // the end of the RAM of a C031, among others; inside that of an F405
  expect(likelyLines(image).length).toBeGreaterThan(0);
  expect(likelyLines(image, findChip('F405_407'))).toEqual([]);
  expect(likelyLines(image, findChip('C031'))).toContain('C031');
});

test('a stack that ends no RAM says nothing', () => {
  expect(likelyLines(linked(0x2000_0ff0))).toEqual([]);
});
