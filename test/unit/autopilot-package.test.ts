import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture, parse, refusalOf, runsOf } from '../helpers/image-files.ts';
import { autopilotPackage } from '../helpers/packed-files.ts';

const image = fixture('blink-f405.bin');
const address = 0x0800_4000;
const px4 = { magic: 'PX4FWv1', extf_image: undefined, extf_image_size: undefined, extflash_image_size: 0 };

describe('a firmware package', () => {
  test('of ArduPilot: the image at the address, and what the package says', () => {
    const parsed = parse(autopilotPackage(image), { address });
    expect(parsed).toMatchObject({ format: 'binary', compression: 'apj', bytes: image.length });
    expect(runsOf(parsed)).toEqual([[address, image.toString('hex')]]);
    expect(parsed.notes).toEqual([
      'a firmware package of ArduPilot for board_id 9: Pixhawk1-1M, Firmware for a STM32F427xx board, 0.1, 0bb18a15',
    ]);
  });

  test('of PX4, and of boards with a magic of their own', () => {
    expect(parse(autopilotPackage(image, px4), { address }).compression).toBe('px4');
    const own = parse(autopilotPackage(image, { ...px4, magic: 'ARKFWv1', board_id: 59 }), { address });
    expect(own.notes?.[0]).toContain('a firmware package of PX4 for board_id 59');
  });

  test('on one line, with a byte order mark, packed, without image_size', () => {
    const plain = autopilotPackage(image, { image_size: undefined });
    const line = Buffer.from(JSON.stringify(JSON.parse(plain.toString())));
    for (const file of [plain, line, Buffer.concat([Buffer.from('\ufeff'), plain]), gzipSync(plain)]) {
      expect(parse(file, { address }).bytes).toBe(image.length);
    }
  });

  test('the profile may say where applications start; an address takes precedence', () => {
    const file = autopilotPackage(image);
    expect(parse(file, { applicationStart: 0x0800_8000 }).segments[0]!.address).toBe(0x0800_8000);
    expect(parse(file, { applicationStart: 0x0800_8000, address }).segments[0]!.address).toBe(address);
    expect(refusalOf(() => parse(image, { applicationStart: 0x0800_8000 })).code).toBe('image-address-required');
  });

  test('without an address: it is said what it is, and what would be lost at the start of the flash', () => {
    const error = refusalOf(() => parse(autopilotPackage(image)));
    expect([error.code, error.message]).toEqual([
      'image-address-required',
      'a is a firmware package of ArduPilot for board_id 9; it does not say where its image goes',
    ]);
    expect(error.hint).toContain('replace that bootloader');
  });
});

const good = autopilotPackage(image).toString();
const flipped = (text: string) => {
  const bytes = Buffer.from(text, 'base64');
  bytes[bytes.length - 1]! ^= 1; // Adler-32 (RFC 1950 §2.2)
  return bytes.toString('base64');
};
const packed = deflateSync(image).toString('base64');

describe('refused', () => {
  test.each<[string, Uint8Array, string, string]>([
    [
      'a part for external flash',
      autopilotPackage(image, { extf_image_size: 4096 }),
      'image-unsupported',
      '4,096 bytes for external flash',
    ],
    [
      'that of PX4',
      autopilotPackage(image, { ...px4, extflash_image_size: 1 }),
      'image-unsupported',
      '1 byte for external flash',
    ],
    [
      'another size',
      autopilotPackage(image, { image_size: 7 }),
      'image-malformed',
      `its image has ${image.length} bytes, and image_size says 7`,
    ],
    ['no Base64', autopilotPackage(image, { image: 'eNp$' }), 'image-malformed', 'its field image is no Base64'],
    ['Base64 that is cut', autopilotPackage(image, { image: packed.slice(0, 1001) }), 'image-malformed', 'no Base64'],
    [
      'zlib data that is cut',
      autopilotPackage(image, { image: packed.slice(0, 1000) }),
      'image-truncated',
      'ends in the middle of its zlib data',
    ],
    [
      'zlib data that changed',
      autopilotPackage(image, { image: flipped(packed) }),
      'image-crc',
      'fails the check of its zlib data',
    ],
    ['no zlib data', autopilotPackage(image, { image: 'AAAA' }), 'image-malformed', 'has damaged zlib data'],
    ['no image', autopilotPackage(Buffer.alloc(0)), 'image-empty', 'holds an image of 0 bytes'],
    [
      'text as the image',
      autopilotPackage(Buffer.from('404: Not Found')),
      'image-unsupported',
      'a is text, not firmware',
    ],
    [
      'a bomb',
      autopilotPackage(Buffer.alloc(129 * 1024 * 1024), { image_size: undefined }),
      'image-too-large',
      'more than 128 MiB',
    ],
    [
      'a package that was cut',
      Buffer.from(good.slice(0, 2000)),
      'image-truncated',
      'a firmware package in JSON that ends in the middle',
    ],
    [
      'a package that was damaged',
      Buffer.from(good.replace(',', ';')),
      'image-malformed',
      'a firmware package in JSON that cannot be read',
    ],
    [
      'JSON of another kind',
      Buffer.from('{"board_id": "nine", "image": "x"}'),
      'image-unsupported',
      'a is JSON, not firmware',
    ],
    [
      'the example of the fault',
      Buffer.from('{"board_id": 9, "image": "eNpjYGBg"}\n'),
      'image-truncated',
      'in the middle of its zlib data',
    ],
  ])('%s', (_what, file, code, message) => {
    const error = refusalOf(() => parse(file, { address }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });
});
