import { expect, test } from 'vitest';
import { isProvable, isUniqueSerial, sameBoard } from '../../src/ops/engine/same-board.ts';

test.each([
  { serial: '357236543131', isUnique: true },
  { serial: 'STM32FxSTM32', isUnique: false },
  { serial: 'STM32', isUnique: false },
  { serial: 'FFFFFFFEFFFF', isUnique: false },
  { serial: 'fffffffeffff', isUnique: false },
  { serial: '200364500000', isUnique: false },
  { serial: '200000500000', isUnique: false },
  { serial: '3CBJ', isUnique: false },
  { serial: undefined, isUnique: false },
])('the serial number $serial tells a board from others: $isUnique', ({ serial, isUnique }) => {
  expect(isUniqueSerial(serial)).toBe(isUnique);
});

const own = '357236543131';
test.each([
  { before: { uniqueId: 'aa' }, now: { uniqueId: 'aa' }, verdict: 'same' },
  { before: { uniqueId: 'aa', serialNumber: own }, now: { uniqueId: 'bb', serialNumber: own }, verdict: 'other' },
  { before: { serialNumber: own }, now: { serialNumber: own }, verdict: 'same-if-used' },
  { before: { serialNumber: own }, now: { serialNumber: own, place: '1-3' }, verdict: 'unknown' },
  { before: { serialNumber: own }, now: { serialNumber: '2083376B5642' }, verdict: 'other' },
  { before: { serialNumber: '200364500000' }, now: { serialNumber: '200364500000' }, verdict: 'unknown' },
  { before: { uniqueId: 'aa' }, now: {}, verdict: 'unknown' },
  { before: { serialNumber: own }, now: {}, verdict: 'unknown' },
  { before: { serialNumber: 'STM32' }, now: { serialNumber: own }, verdict: 'unknown' },
  { before: {}, now: {}, verdict: 'unknown' },
] as const)('$before and $now: $verdict', ({ before, now, verdict }) => {
  expect(sameBoard({ place: '1-2', ...before }, { place: '1-2', ...now })).toBe(verdict);
});

test.each([
  [{ place: '1-2', uniqueId: 'aa' }, true],
  [{ place: '1-2', serialNumber: '357236543131' }, true],
  [{ place: '1-2', serialNumber: 'STM32' }, false],
  [{ place: '1-2' }, false],
  [{ place: '1-2', serialNumber: '3572365431310' }, false],
  [{ place: '1-2', serialNumber: 'x357236543131' }, false],
])('that %j is the same board can be proven later: %s', (signs, expected) => {
  expect(isProvable(signs)).toBe(expected);
});
