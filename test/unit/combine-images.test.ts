import { describe, expect, test } from 'vitest';
import { combineImages, compareImages } from '../../src/image/combine.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { dfuseFile, fixture, parse, refusalOf, runsOf } from '../helpers/image-files.ts';

const raw = (name: string, address: number, ...bytes: readonly number[]) =>
  parseImage(Uint8Array.from(bytes), name, { address });

describe('combineImages', () => {
  test('bootloader, application and data become one image; the first gives the rest', () => {
    const boot = parseImage(fixture('blink-f405.hex'), 'boot.hex');
    const all = combineImages([boot, raw('data.bin', 0x0801_0000, 7), raw('more.bin', 0x0801_0001, 8)]);
    expect(all).toMatchObject({
      name: 'boot.hex + data.bin + more.bin',
      format: 'intel-hex',
      entry: boot.entry,
      bytes: 33_702,
    });
    expect(runsOf(all)[2]).toEqual([0x0801_0000, '0708']);
    expect(all.segments[2]!.origin).toBe('data.bin offset 0x0');
    expect(all.sha256).not.toBe(boot.sha256);
  });

  test('two files for one address: the same bytes are one copy, others are refused with both names', () => {
    expect(runsOf(combineImages([raw('a', 0, 1, 2), raw('b', 1, 2, 3)]))).toEqual([[0, '010203']]);
    const error = refusalOf(() => combineImages([raw('a.bin', 0, 1, 2), raw('b.bin', 1, 9)]));
    expect([error.code, error.message]).toEqual([
      'image-overlap',
      'a.bin + b.bin: 0x0000_0001 is 0x02 by a.bin offset 0x0 and 0x09 by b.bin offset 0x0',
    ]);
  });

  test('other alternate settings are kept, one image is itself', () => {
    const dfu = parse(
      dfuseFile([
        { alternate: 0, elements: [[0, [1]]] },
        { alternate: 1, elements: [[9, [2]]] },
      ]),
    );
    expect(combineImages([raw('a', 4, 1), dfu]).otherAlternates).toEqual(dfu.otherAlternates);
    expect(combineImages([dfu])).toBe(dfu);
  });
});

describe('compareImages', () => {
  test('the same bytes in two formats are the same', () => {
    expect(compareImages(parse(fixture('blink-f405.hex')), parse(fixture('blink-f405.elf')))).toEqual([]);
  });

  test('changed bytes, and what only one has, by address and place in both files', () => {
    const a = parse(':080000000102030405060708D4\n:01002000558A\n:00000001FF\n');
    const b = raw('b', 2, 3, 0xff, 0xfe, 6, 7, 0xfd, 9, 10);
    expect(compareImages(a, b)).toEqual([
      { kind: 'only in the first', address: 0, length: 2, origins: ['line 1'] },
      { kind: 'changed', address: 3, length: 2, origins: ['line 1', 'offset 0x0'] },
      { kind: 'changed', address: 7, length: 1, origins: ['line 1', 'offset 0x0'] },
      { kind: 'only in the second', address: 8, length: 2, origins: ['offset 0x0'] },
      { kind: 'only in the first', address: 0x20, length: 1, origins: ['line 2'] },
    ]);
  });
});
