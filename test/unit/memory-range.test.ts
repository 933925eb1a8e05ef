import { expect, test } from 'vitest';
import type { BoardProfile } from '../../src/board/profile.ts';
import { boundsIn, checkRange, type Range } from '../../src/ops/engine/memory-range.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';

// F405: 1 MiB from 0x0800_0000 on (RM0090, table 5).
const f405 = { target: { family: 'F405_407' } } as Pick<BoardProfile, 'target'>;
const unknown = {} as Pick<BoardProfile, 'target'>;

test.each<[string, Range]>([
  ['all of it', {}],
  ['its first byte', { address: 0x0800_0000, length: 1 }],
  ['its last byte', { address: 0x080f_ffff, length: 1 }],
  ['from an address to its end', { address: 0x080f_ffff }],
  ['a length from its start', { length: 0x10_0000 }],
])('%s lies in the flash of an F405', (_name, range) => {
  expect(() => checkRange(range, f405)).not.toThrow();
});

test.each<[string, Range, string]>([
  ['a byte behind it', { address: 0x0810_0000, length: 1 }, '0x0810_0000 and 1 byte do not lie within the flash of'],
  ['a byte before it', { address: 0x07ff_ffff, length: 2 }, '0x07FF_FFFF and 2 bytes do not lie within'],
  ['one byte too many', { address: 0x0800_0001, length: 0x10_0000 }, '0x0800_0000 to 0x080F_FFFF'],
  ['its end', { address: 0x0810_0000 }, '0x0810_0000 do not lie within'],
  ['no byte', { address: 0x0800_0000, length: 0 }, '0x0800_0000 and 0 bytes do not lie within'],
])('%s does not', (_name, range, says) => {
  expect(() => checkRange(range, f405)).toThrow(
    expect.objectContaining({ code: 'image-out-of-range', message: expect.stringContaining(says) }),
  );
});

test('of a target that nobody named, only that no byte is asked for is known to be wrong', () => {
  expect(() => checkRange({ address: 0x2000_0000, length: 4 }, unknown)).not.toThrow();
  expect(() => checkRange({}, unknown)).not.toThrow();
  expect(() => checkRange({ length: 0 }, unknown)).toThrow('No bytes at all');
});

test('a range of a memory as the target names it', () => {
  const layout = parseMemoryLayout('@Option Bytes /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e');
  expect(boundsIn(layout, {})).toEqual({ address: 0x1fff_7800, length: 0x8030 });
  expect(boundsIn(layout, { address: 0x1fff_7810 })).toEqual({ address: 0x1fff_7810, length: 0x8020 });
  expect(boundsIn(layout, { length: 16 })).toEqual({ address: 0x1fff_7800, length: 16 });
  expect(() => boundsIn(layout, { address: 0x1fff_f830 })).toThrow(
    '"Option Bytes", which the target names as 0x1FFF_7800',
  );
});
