import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blocksOf, countedPlace, ownPlace, type Stream } from '../../src/protocol/dfuse/blocks.ts';

test('full blocks follow block 2 of one pointer; a short rest gets its own pointer', () => {
  // AN3156 §4.2: address = pointer + (wBlockNum − 2) · length of that very request
  expect(blocksOf(0x0800_0000, 5000, 2048)).toEqual([
    { address: 0x0800_0000, length: 2048, number: 2, pointer: 0x0800_0000 },
    { address: 0x0800_0800, length: 2048, number: 3 },
    { address: 0x0800_1000, length: 904, number: 2, pointer: 0x0800_1000 },
  ]);
});

test('whole blocks have no empty one behind them, which the ROM would take for a leave (AN3156 §5)', () => {
  expect(blocksOf(0x0800_0000, 4096, 2048).map(({ length }) => length)).toEqual([2048, 2048]);
});

test('the address that the ROM computes is the address that is meant', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1024, 2048), (length, transferSize) => {
      let pointer = 0;
      let next = 0x0800_0000;
      for (const block of blocksOf(next, length, transferSize)) {
        pointer = block.pointer ?? pointer;
        if (pointer + (block.number - 2) * block.length !== next || block.address !== next) return false;
        next += block.length;
      }
      return next === 0x0800_0000 + length;
    }),
  );
});

// AN3156 §4.2: address = pointer + (wBlockNum − 2) · length, and wBlockNum is 16 bits.
const base = 0x0800_0000;
const out: Stream = { direction: 'out', pointer: base };
test.each([
  { name: 'the first block', address: base, place: { pointer: base, number: 2, isNew: false } },
  { name: 'the next one', address: base + 2048, place: { pointer: base, number: 3, isNew: false } },
  { name: 'the last number', address: base + 65_533 * 2048, place: { pointer: base, number: 0xffff, isNew: false } },
])('$name is counted from the pointer that stands', ({ address, place }) => {
  expect(countedPlace(out, 'out', { start: 0x0900_0000, address, length: 2048 })).toEqual(place);
});

test.each([
  { name: 'nothing stands', stream: undefined, address: base + 2048, number: 3 },
  { name: 'the other direction stands', stream: { ...out, direction: 'in' } as const, address: base + 2048, number: 3 },
  { name: 'the pointer lies behind', stream: { ...out, pointer: base + 4096 }, address: base, number: 2 },
  {
    name: 'the pointer is not a whole number of blocks away',
    stream: { ...out, pointer: base - 4 },
    address: base,
    number: 2,
  },
  { name: 'the block number would not fit', stream: { ...out, pointer: 0 }, address: base + 2048, number: 3 },
])('where $name, the block is counted from a new pointer', ({ stream, address, number }) => {
  const place = countedPlace(stream, 'out', { start: base, address, length: 2048 });
  expect(place).toEqual({ pointer: base, number, isNew: true });
});

test('a block that no pointer reaches is not sent by a wrong number', () => {
  const odd = { start: base, address: base + 100, length: 2048 };
  expect(countedPlace(out, 'out', odd)).toBeUndefined();
  expect(countedPlace(undefined, 'out', { ...odd, start: undefined })).toBeUndefined();
  expect(ownPlace(base + 100)).toEqual({ pointer: base + 100, number: 2, isNew: true });
});
