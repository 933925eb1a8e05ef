import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { coverageOf } from '../../src/ops/engine/coverage.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';

const f405 = parseMemoryLayout('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg');

const imageOf = (...segments: { address: number; data: number[] | Uint8Array }[]): FirmwareImage => ({
  name: 'test',
  format: 'binary',
  segments: segments.map(({ address, data }, index) => ({
    address,
    data: Uint8Array.from(data),
    origin: `line ${index + 1}`,
  })),
  bytes: segments.reduce((sum, { data }) => sum + data.length, 0),
  sha256: '',
});

test('only touched sectors are erased, and runs are padded to whole program units', () => {
  const coverage = coverageOf(
    imageOf({ address: 0x0800_0004, data: [1, 2] }, { address: 0x0800_c000, data: [3] }),
    f405,
  );
  expect(coverage.sectors.map(({ address }) => address)).toEqual([0x0800_0000, 0x0800_c000]);
  expect(coverage.runs.map(({ address, data }) => [address, data.length])).toEqual([
    [0x0800_0000, 32],
    [0x0800_c000, 32],
  ]);
  expect([...coverage.runs[0]!.data.subarray(0, 8)]).toEqual([0xff, 0xff, 0xff, 0xff, 1, 2, 0xff, 0xff]);
});

test('segments that share a program unit are programmed once, with the bytes of both', () => {
  const coverage = coverageOf(imageOf({ address: 0x0800_0000, data: [1] }, { address: 0x0800_0010, data: [2] }), f405);
  expect(coverage.runs).toHaveLength(1);
  expect(coverage.runs[0]!.data[0]).toBe(1);
  expect(coverage.runs[0]!.data[16]).toBe(2);
});

test.each([
  { name: 'beyond the end', address: 0x080f_fff0, bytes: 32, at: '0x0810_0000' },
  { name: 'before the start', address: 0x07ff_fff0, bytes: 32, at: '0x07FF_FFF0' },
  { name: 'elsewhere', address: 0x2000_0000, bytes: 4, at: '0x2000_0000' },
])('a run $name is refused with the first address that has no flash', ({ address, bytes, at }) => {
  const image = imageOf({ address, data: new Uint8Array(bytes) });
  expect(() => coverageOf(image, f405)).toThrow(BootctlError);
  expect(() => coverageOf(image, f405)).toThrow(at);
});

test('a sector that cannot be erased or written is refused', () => {
  const readOnly = parseMemoryLayout('@Internal Flash /0x08000000/1*16Kg,1*16Ka');
  expect(() => coverageOf(imageOf({ address: 0x0800_4000, data: [1] }), readOnly)).toThrow(
    expect.objectContaining({
      code: 'image-not-writable',
      message:
        'The image\'s run at 0x0800_4000 (line 1) reaches 0x0800_4000, where "Internal Flash" is not erasable and writable',
    }),
  );
});

test('every byte of the image stands in a run, whatever the segments', () => {
  const segment = fc.record({ gap: fc.nat(100), data: fc.uint8Array({ minLength: 1, maxLength: 200 }) });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (list) => {
      let address = 0x0800_0000;
      const image = imageOf(
        ...list.map(({ gap, data }) => {
          const start = address + gap;
          address = start + data.length;
          return { address: start, data };
        }),
      );
      const { runs } = coverageOf(image, f405);
      return image.segments.every((one) => {
        const run = runs.find((r) => r.address <= one.address && one.address < r.address + r.data.length)!;
        return one.data.every((byte, index) => run.data[one.address - run.address + index] === byte);
      });
    }),
  );
});

test.each([
  { name: 'share a byte', first: 3, code: 'image-overlap', at: 0x0800_0002 },
  { name: 'touch', first: 2, code: undefined, at: undefined },
])('two segments that $name: $code', ({ first, code, at }) => {
  const image = imageOf({ address: 0x0800_0002, data: [9] }, { address: 0x0800_0000, data: new Uint8Array(first) });
  const run = () => coverageOf(image, f405);
  if (code) expect(run).toThrow(expect.objectContaining({ code, details: { address: at } }));
  else expect(run().image.map(({ data }) => [...data])).toEqual([[0, 0, 9]]);
});

test.each([
  // Two banks with nothing between them, as on an L072; and a sector that the ROM keeps for itself.
  { text: '/0x08000000/1*16Kg/0x08008000/1*16Kg', code: 'image-out-of-range' },
  { text: '/0x08000000/1*16Kg,1*16Ka', code: 'image-not-writable' },
  { text: '/0x08000000/1*16Kg,1*16Ke', code: 'image-not-writable' },
  { text: '/0x08000000/1*16Kg,1*16Kb', code: 'image-not-writable' },
])('$text: a run that reaches from flash into what is none is refused where it does', ({ text, code }) => {
  const image = imageOf({ address: 0x0800_3ff0, data: new Uint8Array(0x5000) });
  expect(() => coverageOf(image, parseMemoryLayout(`@Internal Flash ${text}`))).toThrow(
    expect.objectContaining({ code, details: { address: 0x0800_4000 } }),
  );
});

test('a sector that the image only touches with its end or its start is not erased', () => {
  const image = imageOf({ address: 0x0800_4000, data: new Uint8Array(0x4000) });
  expect(coverageOf(image, f405).sectors.map(({ address }) => address)).toEqual([0x0800_4000]);
});
