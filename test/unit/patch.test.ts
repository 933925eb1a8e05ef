import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { applyPatches, parsePatch, parsePatchFile } from '../../src/image/patch.ts';
import { parse, refusalOf, runsOf } from '../helpers/image-files.ts';

const image = parse(':04000000AABBCCDDEE\n:020010001122BB\n:00000001FF\n');
const patch = (text: string) => parsePatch(text, '--patch');
const bytesOf = (text: string) => Buffer.from(patch(text).data).toString('hex');

test.each([
  ['0x08000000=DEADBEEF', 'deadbeef'],
  ['0x0800_0000= de ad_be ef ', 'deadbeef'],
  ['134217728=00', '00'],
  ['0=text:SN0042', '534e30303432'],
  ['0=text:a=b:ü', '613d623ac3bc'],
  ['0=u8:255', 'ff'],
  ['0=u16:0x1234', '3412'],
  ['0=u32: 1234 ', 'd2040000'],
  ['0=u64:0x0102030405060708', '0807060504030201'],
  ['0=f32:1.0', '0000803f'], // IEEE 754: 1.0 is 0x3F800000
  ['0=f32:-2e-1', 'cdcc4cbe'],
])('%s', (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});

test.each([
  ['0x08000000', 'has no ='],
  ['flash=00', "'flash' is not an address of 32 bits"],
  ['0x100000000=00', 'not an address of 32 bits'],
  ['=00', "'' is not an address"],
  ['0=', 'the value is empty'],
  ['0=text:', 'the value is empty'],
  ['0=ABC', 'neither whole bytes in hexadecimal nor has it a type'],
  ['0=SN0042', 'neither whole bytes'],
  ['0=u24:1', "'u24:' is none of text, u8, u16, u32, u64, f32"],
  ['0=toString:1', "'toString:' is none of"],
  ['0=u8:256', 'the number does not fit into u8'],
  ['0=u8:-1', 'u8 takes a decimal or 0x number'],
  ['0=u64:0x10000000000000000', 'does not fit into u64'],
  ['0=f32:one', 'f32 takes a number'],
  ['0=f32:1e39', 'f32 takes a number of single precision'],
  ['0xFFFFFFFF=0000', '2 bytes at 0xFFFF_FFFF leave the 32-bit space'],
])('%s is refused', (text, message) => {
  const error = refusalOf(() => patch(text));
  expect([error.code, error.message]).toEqual(['image-patch', expect.stringContaining(message)]);
});

test('a message never repeats the value, which may be a key', () => {
  expect(refusalOf(() => patch('0=u32:secret')).message).not.toContain('secret');
  expect(refusalOf(() => patch('0=5ec4e7x')).message).not.toContain('5ec4e7');
});

describe('applied', () => {
  test('inside, across the ends and outside of runs; the hash is that of the result', () => {
    const patched = applyPatches(image, [patch('0x20=99'), patch('0x3=0102'), patch('0x0F=FF00'), patch('1=text:x')]);
    expect(runsOf(patched)).toEqual([
      [0, 'aa78cc0102'],
      [0xf, 'ff0022'],
      [0x20, '99'],
    ]);
    expect(patched.bytes).toBe(9);
    expect(patched.sha256).toBe(createHash('sha256').update(Buffer.from('aa78cc0102ff002299', 'hex')).digest('hex'));
    expect(patched.segments[2]!.origin).toBe('--patch');
  });

  test('a patch over a whole gap joins the runs', () => {
    expect(runsOf(applyPatches(image, [patch(`2=${'00'.repeat(0x10)}`)]))).toEqual([[0, `aabb${'00'.repeat(16)}`]]);
  });

  test('the image itself is left alone, and no patch changes nothing', () => {
    applyPatches(image, [patch('0=00')]);
    expect(runsOf(image)[0]).toEqual([0, 'aabbccdd']);
    expect(applyPatches(image, [])).toBe(image);
  });

  test('two patches for one address are refused, also with the same value', () => {
    const error = refusalOf(() => applyPatches(image, [parsePatch('0=0102', 'first'), parsePatch('1=02', 'second')]));
    expect([error.code, error.message]).toEqual(['image-patch', 'first and second both write 0x0000_0001']);
  });
});

test('a patch file: comments and blank lines are left out, and errors name the line', () => {
  const patches = parsePatchFile('# unit 42\r\n\r\n  0=01\n0x10=text:#1\n', 'unit.txt');
  expect(patches.map(({ address, origin }) => [address, origin])).toEqual([
    [0, 'unit.txt, line 3'],
    [0x10, 'unit.txt, line 4'],
  ]);
  expect(refusalOf(() => parsePatchFile('0=00\n\nnonsense', 'unit.txt')).message).toBe(
    'unit.txt, line 3: a patch is ADDRESS=VALUE, and this one has no =',
  );
});
