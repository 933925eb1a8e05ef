import { describe, expect, test } from 'vitest';
import {
  addressFrame,
  commandFrame,
  eraseFrame,
  extendedEraseFrame,
  globalEraseFrame,
  parseGet,
  parseId,
  parseVersion,
  productIdText,
  readLengthFrame,
  specialEraseFrame,
  writeMemoryFrame,
} from '../../src/protocol/an3155/frames.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const numbers = (length: number) => Array.from({ length }, (_, index) => index);

describe('arguments that no frame can carry', () => {
  test.each([
    {
      name: 'no byte to read',
      message: 'length of Read Memory: 0 is not a whole number from 1 to 256',
      build: () => readLengthFrame(0),
    },
    { name: '257 bytes to read', message: 'length of Read Memory: 257', build: () => readLengthFrame(257) },
    {
      name: 'no byte to write',
      message: 'length of Write Memory: 0',
      build: () => writeMemoryFrame(new Uint8Array(0)),
    },
    {
      name: '257 bytes to write',
      message: 'length of Write Memory: 257',
      build: () => writeMemoryFrame(new Uint8Array(257)),
    },
    { name: 'an address of 33 bits', message: 'address: 4294967296', build: () => addressFrame(0x1_0000_0000) },
    { name: 'a negative address', message: 'address: -4', build: () => addressFrame(-4) },
    { name: 'half an address', message: 'address: 0.5', build: () => addressFrame(0.5) },
    { name: 'a command of nine bits', message: 'command code: 256', build: () => commandFrame(0x100) },
    { name: 'no page', message: 'number of pages of Erase: 0', build: () => eraseFrame([]) },
    {
      name: '256 pages in Erase, whose count would say all',
      message: 'number of pages of Erase: 256',
      build: () => eraseFrame(numbers(256)),
    },
    {
      name: 'page 256 in Erase',
      message: 'page number of Erase: 256 is not a whole number from 0 to 255',
      build: () => eraseFrame([256]),
    },
    {
      name: 'no page in Extended Erase',
      message: 'number of pages of Extended Erase: 0',
      build: () => extendedEraseFrame([]),
    },
    {
      name: 'a count that stands for a bank',
      message: 'number of pages of Extended Erase: 65521',
      build: () => extendedEraseFrame(numbers(0xfff1)),
    },
    {
      name: 'page 65536',
      message: 'page number of Extended Erase: 65536',
      build: () => extendedEraseFrame([0x1_0000]),
    },
  ])('$name', ({ build, message }) => {
    expect(build).toThrow(RangeError);
    expect(build).toThrow(message);
  });
});

// Expected bytes: the byte lists of AN3155's sections; checksums worked out by hand.
test.each([
  { name: 'Get (§3.1)', frame: commandFrame(0x00), expected: '00ff' },
  { name: 'Get ID (§3.3)', frame: commandFrame(0x02), expected: '02fd' },
  { name: 'Extended Erase (§3.8)', frame: commandFrame(0x44), expected: '44bb' },
  { name: 'Readout Unprotect (§3.12)', frame: commandFrame(0x92), expected: '926d' },
  { name: 'address 0x08000000 (§3.4)', frame: addressFrame(0x0800_0000), expected: '0800000008' },
  { name: 'address 0x1FFF7A10', frame: addressFrame(0x1fff_7a10), expected: '1fff7a108a' },
  { name: 'address 0xFFFF0000 is not negative', frame: addressFrame(0xffff_0000), expected: 'ffff000000' },
  { name: 'read 256 bytes', frame: readLengthFrame(256), expected: 'ff00' },
  { name: 'read one byte', frame: readLengthFrame(1), expected: '00ff' },
  { name: 'write a word (§3.6)', frame: writeMemoryFrame(bytes('01020304')), expected: '030102030407' },
  { name: 'write five bytes, padded', frame: writeMemoryFrame(bytes('0102030405')), expected: '070102030405fffffff9' },
  { name: 'erase pages 2 and 5 (§3.7)', frame: eraseFrame([2, 5]), expected: '01020506' },
  { name: 'erase all (§3.7)', frame: globalEraseFrame(), expected: 'ff00' },
  { name: 'erase sector 11 (§3.8)', frame: extendedEraseFrame([11]), expected: '0000000b0b' },
  { name: 'erase pages 0x0102, 0x0304', frame: extendedEraseFrame([0x0102, 0x0304]), expected: '00010102030405' },
  { name: 'mass erase (§3.8)', frame: specialEraseFrame('mass'), expected: 'ffff00' },
  { name: 'bank 1 erase (§3.8)', frame: specialEraseFrame('bank1'), expected: 'fffe01' },
  { name: 'bank 2 erase (§3.8)', frame: specialEraseFrame('bank2'), expected: 'fffd02' },
])('$name is $expected', ({ frame, expected }) => {
  expect(hex(frame)).toBe(expected);
});

test('256 bytes are one frame of 258: N is 255', () => {
  const frame = writeMemoryFrame(new Uint8Array(256).fill(0xaa));
  expect([frame.length, frame[0], frame.at(-1)]).toEqual([258, 0xff, 0xff]);
});

describe('malformed replies', () => {
  test.each([
    { name: 'Get without anything', message: 'Get answered nothing', parse: () => parseGet(bytes('')) },
    { name: 'Get with no command', message: 'Get answered 00 31', parse: () => parseGet(bytes('00 31')) },
    {
      name: 'Get with fewer commands than it says',
      message: 'Get answered 03 31 00 01',
      parse: () => parseGet(bytes('03 31 00 01')),
    },
    {
      name: 'Get Version without option bytes',
      message: 'Get Version answered 31',
      parse: () => parseVersion(bytes('31')),
    },
    {
      name: 'Get Version with a byte too many',
      message: 'Get Version answered 31 00 00 00',
      parse: () => parseVersion(bytes('31 00 00 00')),
    },
    { name: 'Get ID of one byte', message: 'Get ID answered 00 04', parse: () => parseId(bytes('00 04')) },
    {
      name: 'Get ID with a byte too many',
      message: 'Get ID answered 01 04 13 00',
      parse: () => parseId(bytes('01 04 13 00')),
    },
    { name: 'Get ID cut short', message: 'Get ID answered 01 04', parse: () => parseId(bytes('01 04')) },
  ])('$name', ({ parse, message }) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'usart-malformed', message }));
  });
});

test('Get: version and command codes (§3.1, as an F4 with V3.1 lists them)', () => {
  const reply = parseGet(bytes('0b 31 00 01 02 11 21 31 44 63 73 82 92'));
  expect(reply).toEqual({
    version: 0x31,
    commands: [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92],
  });
});

test('Get Version and Get ID (§3.2, §3.3; 0x413 is the F405, AN2606)', () => {
  expect(parseVersion(bytes('22 00 00'))).toEqual({ version: 0x22, optionBytes: [0, 0] });
  expect(parseId(bytes('01 04 13'))).toBe(0x413);
});

test('a product id as the documents write it', () => {
  expect([0x413, 0x4b2, 0x1a].map(productIdText)).toEqual(['0x413', '0x4B2', '0x01A']);
});
