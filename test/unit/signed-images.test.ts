import { describe, expect, test } from 'vitest';
import { checkVectorTable } from '../../src/image/check-image.ts';
import { combineImages } from '../../src/image/combine.ts';
import { applyPatches, parsePatch } from '../../src/image/patch.ts';
import { writeImage, writerFor } from '../../src/image/write-image.ts';
import { fixture, parse, refusalOf } from '../helpers/image-files.ts';
import { type McubootFields, mcubootImage } from '../helpers/packed-files.ts';

const firmware = fixture('blink-f405.bin').subarray(0, 2000);
const address = 0x0802_0000;
const signed = (fields?: McubootFields) => parse(mcubootImage(firmware, fields), { address }).signed;
const found = { kind: 'MCUboot', address, version: '1.2.3', headerBytes: 512, imageBytes: 2000, coveredBytes: 2512 };

describe('an image for MCUboot', () => {
  test('header, version, hash and signature', () => {
    expect(signed()).toEqual([{ ...found, hash: 'SHA-256 right', signature: 'ECDSA', isEncrypted: false }]);
  });

  test.each<[McubootFields, object]>([
    [{ version: [0, 9, 1, 77] }, { version: '0.9.1+77' }],
    [{ header: 32 }, { headerBytes: 32, coveredBytes: 2032 }],
    [
      { hash: 'sha384', signature: 0x24 },
      { hash: 'SHA-384 right', signature: 'Ed25519' },
    ],
    [
      { hash: 'sha512', signature: 0x23 },
      { hash: 'SHA-512 right', signature: 'RSA-3072' },
    ],
    [
      { hash: undefined, signature: 0x40 },
      { hash: 'none', signature: 'none' },
    ],
    [{ protectedTlvs: [[0x50, [1, 0, 0, 0]]] }, { coveredBytes: 2524, hash: 'SHA-256 right' }],
    [{ flags: 4 }, { isEncrypted: true, hash: 'SHA-256 of the plain image, not checked' }],
  ])('%j', (fields, expected) => {
    expect(signed(fields)).toEqual([expect.objectContaining(expected)]);
  });

  test('the same in Intel HEX, and beside the bootloader in one image', () => {
    const hex = parse(writeImage(parse(mcubootImage(firmware), { address }), writerFor('hex')!));
    expect(hex.signed).toEqual(signed());
    const boot = parse(fixture('blink-f405.bin').subarray(0, 512), { address: 0x0800_0000 });
    expect(combineImages([boot, hex]).signed).toEqual(signed());
  });

  test('what is behind the TLVs, such as the trailer of a padded slot, does not matter', () => {
    const padded = Buffer.concat([mcubootImage(firmware), Buffer.alloc(5000, 0xff)]);
    expect(parse(padded, { address }).signed).toEqual(signed());
  });

  test('without an address it is said what it is, and where it goes', () => {
    const error = refusalOf(() => parse(mcubootImage(firmware)));
    expect([error.code, error.message]).toEqual(['image-address-required', 'a is a signed image for MCUboot']);
    expect(error.hint).toContain('slot');
  });

  test('where the target starts it is refused: the core would take its header for vectors', () => {
    const error = refusalOf(() => checkVectorTable(parse(mcubootImage(firmware), { address: 0x0800_0000 })));
    expect([error.code, error.message]).toEqual([
      'image-vector-table',
      expect.stringContaining('a signed image for MCUboot, version 1.2.3; a header is where the target starts'),
    ]);
    expect(error.message).toContain('the vector table is at 0x0800_0200');
    expect(error.hint).toContain('give the address of the slot with `--address`');
    expect(checkVectorTable(parse(mcubootImage(firmware), { address }))).toBeUndefined();
  });

  test('a patch of what the hash covers is refused, one beside it is not', () => {
    const image = parse(mcubootImage(firmware), { address });
    for (const place of [address, address + 2511]) {
      const error = refusalOf(() => applyPatches(image, [parsePatch(`${place}=FF`, '--patch 1')]));
      expect([error.code, error.message]).toEqual([
        'image-patch',
        '--patch 1 changes the MCUboot image at 0x0802_0000, which its bootloader would not start',
      ]);
    }
    const beside = image.segments[0]!.data.length;
    expect(applyPatches(image, [parsePatch(`${address + beside}=FF`, '--patch 1')]).bytes).toBe(beside + 1);
  });

  test.each<[string, Uint8Array, string, string]>([
    ['a byte changed', mcubootImage(firmware).fill(1, 600, 601), 'image-crc', 'its SHA-256 is not that of its bytes'],
    [
      'cut',
      mcubootImage(firmware).subarray(0, 2400),
      'image-truncated',
      'announces 2,512 bytes, and the run has 2,400 bytes',
    ],
    [
      'a size beyond the file',
      mcubootImage(firmware, { imageSize: 0xffff_ffff }),
      'image-truncated',
      'announces 4,294,967,807 bytes',
    ],
    ['a header of no size', mcubootImage(firmware).fill(0, 8, 10), 'image-malformed', 'has a header of 0 bytes'],
  ])('%s is refused', (_what, bytes, code, message) => {
    const error = refusalOf(() => parse(bytes, { address }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    expect(error.message).toContain('a: the MCUboot image at 0x0802_0000 (offset 0x0)');
  });

  test('damaged TLVs end the search', () => {
    const bytes = mcubootImage(firmware);
    bytes.writeUInt16LE(0xffff, 2512 + 6); // it_len of the first TLV
    expect(parse(bytes, { address }).signed).toEqual([expect.objectContaining({ hash: 'none', signature: 'none' })]);
  });
});

/** SE_FwRawHeaderTypeDef of X-CUBE-SBSFU: magic, protocol 1, version 7, FwSize 2000; 192 bytes in all. */
const sbsfu = Buffer.concat([Buffer.from('SFU1'), Buffer.from([1, 0, 7, 0]), Buffer.alloc(184), firmware]);
sbsfu.writeUInt32LE(2000, 8);

test('an image for SBSFU is named, and its header shown', () => {
  expect(parse(sbsfu, { address }).signed).toMatchObject([
    { kind: 'SBSFU', version: '7', headerBytes: 192, imageBytes: 2000 },
  ]);
  expect(refusalOf(() => parse(sbsfu)).message).toBe('a is a signed image for SBSFU');
  expect(parse(Buffer.concat([Buffer.from('SFU4'), sbsfu.subarray(4)]), { address })).not.toHaveProperty('signed');
  expect(parse(sbsfu.subarray(0, 100), { address })).not.toHaveProperty('signed');
});
