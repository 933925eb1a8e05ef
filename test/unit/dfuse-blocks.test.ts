import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blocksOf } from '../../src/protocol/dfuse/blocks.ts';

test('full blocks follow block 2 of one pointer; a short rest gets its own pointer', () => {
  // AN3156 §4.2: address = pointer + (wBlockNum − 2) · length of that very request
  expect(blocksOf(0x0800_0000, 5000, 2048)).toEqual([
    { address: 0x0800_0000, length: 2048, number: 2, pointer: 0x0800_0000 },
    { address: 0x0800_0800, length: 2048, number: 3 },
    { address: 0x0800_1000, length: 904, number: 2, pointer: 0x0800_1000 },
  ]);
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
