import { describe, expect, test } from 'vitest';
import { checkSuffix } from '../../src/image/check-origin.ts';
import { withDfuSuffix } from '../../src/image/formats/dfu-suffix.ts';
import { fixture, parse, refusalOf, runsOf, stDfuFile, suffixed } from '../helpers/image-files.ts';

/** What `dfu-suffix -v 0483 -p df11 -a` of dfu-util 0.11 puts behind the first 100 bytes of blink-f405.bin. */
const captured = Buffer.from('ffff11df8304000155464410002c5df3', 'hex');
const content = fixture('blink-f405.bin').subarray(0, 100);
const address = 0x0800_0000;

test('a captured suffix is checked and taken off, and is what we write', () => {
  const image = parse(Buffer.concat([content, captured]), { address });
  expect(runsOf(image)).toEqual([[address, content.toString('hex')]]);
  expect(image.dfuSuffix).toEqual({ vendorId: 0x0483, productId: 0xdf11, dfuVersion: 0x0100 });
  expect(Buffer.from(withDfuSuffix(content, image.dfuSuffix!)).subarray(-16)).toEqual(captured);
});

test('on any file: Intel HEX keeps its lines and its format', () => {
  const hex = parse(suffixed(fixture('blink-f405.hex'), { vendor: 0x1209, product: 0xffff, device: 0x0102 }));
  expect(hex).toMatchObject({ format: 'intel-hex', bytes: 33_700, dfuSuffix: { vendorId: 0x1209, release: 0x0102 } });
  expect(hex.dfuSuffix).not.toHaveProperty('productId');
});

test('a suffix may be longer than 16 bytes; bLength says so (DFU 1.1 appendix B)', () => {
  const long = suffixed([1, 2, 3, 4, 0xaa, 0xbb]);
  const bytes = Uint8Array.from(long);
  bytes[bytes.length - 5] = 18;
  const head = [...bytes.subarray(0, -16)];
  const again = suffixed(head).map((byte, index, all) => (index === all.length - 5 ? 18 : byte));
  const error = refusalOf(() => parse(again, { address }));
  expect(error.code).toBe('image-crc'); // bLength is under the CRC too
  const should = Number(/should be (0x\w+)/.exec(error.message)![1]);
  new DataView(again.buffer).setUint32(again.length - 4, should, true);
  expect(runsOf(parse(again, { address }))).toEqual([[address, '01020304']]);
});

describe('0483:0000, as ST ships its own files', () => {
  const note = 'its DFU suffix says 0483:0000, which is no device: taken for any product of ST';
  test('a DfuSe file and a suffix behind a binary are taken for any product, with a note', () => {
    const named = { alternate: 0, name: 'ST...', elements: [[address, [1, 2]]] as const };
    const files = [stDfuFile([named]), suffixed([1, 2], { product: 0 })];
    for (const [index, file] of files.entries()) {
      const image = parse(file, index === 0 ? {} : { address });
      expect(image.dfuSuffix).not.toHaveProperty('productId');
      expect(image.dfuSuffix).toMatchObject({ vendorId: 0x0483 });
      expect(image.notes).toContain(note);
      expect(() => checkSuffix(image, { vendorId: 0x0483, productId: 0xdf11 })).not.toThrow();
      expect(refusalOf(() => checkSuffix(image, { vendorId: 0x1eaf, productId: 3 })).code).toBe('image-wrong-device');
    }
  });

  test('product 0 of another maker is a product', () => {
    const image = parse(suffixed([1], { vendor: 0x1209, product: 0 }), { address });
    expect(image.dfuSuffix).toMatchObject({ vendorId: 0x1209, productId: 0 });
    expect(refusalOf(() => checkSuffix(image, { vendorId: 0x0483, productId: 0xdf11 })).code).toBe(
      'image-wrong-device',
    );
  });
});

describe('refused', () => {
  test('a wrong CRC', () => {
    const file = Buffer.concat([content, captured]);
    file[5]! ^= 0x10;
    const error = refusalOf(() => parse(file, { address }));
    expect([error.code, error.message]).toEqual([
      'image-crc',
      expect.stringMatching(/^a: the CRC of its DFU suffix is 0xF35D2C00 and should be 0x[0-9A-F]{8}$/),
    ]);
  });

  test('a suffix alone', () => {
    expect(refusalOf(() => parse(suffixed([]), { address })).code).toBe('image-empty');
  });

  // What `dfu-prefix -s 0x2000 -a` and `dfu-prefix -L -a` of dfu-util 0.11 put before 100 bytes.
  test.each([
    ['TI Stellaris', '0100080064000000'],
    ['NXP LPC', '1a3f01000000000000000000ffffffff'],
  ])('a prefix for %s', (maker, prefix) => {
    const error = refusalOf(() => parse(suffixed([...Buffer.from(prefix, 'hex'), ...content]), { address }));
    expect([error.code, error.message]).toEqual([
      'image-wrong-device',
      `a has a prefix for the bootloader of ${maker}`,
    ]);
  });
});

test('bytes that look like a suffix in the middle, or announce an impossible length, are content', () => {
  const odd = Buffer.from('ffffffffffff000155464405deadbeef', 'hex'); // bLength 5
  expect(parse(odd, { address }).bytes).toBe(16);
  expect(parse(Buffer.concat([captured, content]), { address }).bytes).toBe(116);
});
