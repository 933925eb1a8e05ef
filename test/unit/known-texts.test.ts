import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isText } from '../../src/image/known-texts.ts';
import { dfuseFile, elfFile, fixture, parse, refusalOf, suffixed, uf2File } from '../helpers/image-files.ts';

const hex = ':020000040800F2\r\n:0400000000000220DA\r\n:00000001FF\r\n';
const page = '<!DOCTYPE html>\n<html><body>firmware.hex at master</body></html>\n'.repeat(20);

/** Text that people give for firmware, what it is called, and a word of the hint. Dumps are as srec_cat writes them. */
const texts: readonly (readonly [what: string, text: string, message: string, hint: string])[] = [
  ['a web page', page, 'a is a web page (HTML), not firmware', 'Raw'],
  ['a web page in lower case, behind blank lines', '\n\n <html lang="en">\n', 'a web page (HTML)', 'Raw'],
  ['XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'a is XML, not firmware', 'the firmware'],
  [
    'a pointer of Git LFS',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n',
    'a is a pointer of Git LFS, not firmware',
    'git lfs pull',
  ],
  ['JSON', '{"message": "Not Found"}\n', 'a is JSON, not firmware', '.apj'],
  ['a list in JSON', '[\n  {"a": 1}]\n', 'a is JSON, not firmware', '.apj'],
  [
    'VMEM of srec_cat',
    '/* http://srecord.sourceforge.net/ */\n@00000000 00000220 8D010008\n',
    'Verilog, VMEM',
    '-vmem',
  ],
  ['Verilog of objcopy', '@08000000\r\n00 00 02 20 8D 01 00 08\r\n', 'Verilog, VMEM', '-vmem'],
  ['TI-TXT', '@8000\r\n00 00 02 20 8D 01 00 08\r\nq\r\n', 'a is TI-TXT, not firmware', '-ti_txt'],
  ['S-records with a small s', 's31508000000000002208d01000891010008930100086e\n', 'a small s', 'sed'],
  ['Tektronix', '/000004040000022084\n', 'a is Tektronix hex', '-tektronix'],
  ['extended Tektronix', '%1A626810000000000022008D010008\n', 'extended Tektronix', '-tektronix_extended'],
  ['MOS Technology', ';0400000000022000 26\n;040000000002200026\n', 'MOS Technology', '-mos_technologies'],
  ['xxd', '00000000: 0000 0220 8d01 0008 9101 0008 9301 0008  ... ............\n', 'a is a hex dump', 'xxd -r'],
  ['hexdump -C', '00000000  00 00 02 20 8d 01 00 08  91 01 00 08 |... ....|\n', 'a is a hex dump', 'xxd -r'],
  ['a key', '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n', 'a key or a certificate', 'firmware file'],
  ['xxd -i', 'unsigned char blink_bin[] = {\n  0x00, 0x00\n', 'a is C source', 'Compile'],
  ['a startup file', '#include "stm32f4xx.h"\nint main(void) {}\n', 'a is C source', 'Compile'],
  ['an answer of a server', '404: Not Found', 'a is text, not firmware: it starts with "404: Not Found"', '--patch'],
  ['a short one', 'hello\n', 'it starts with "hello"', '--patch'],
  [
    'a commented hex',
    `; release 1.0\r\n${hex}`,
    'a, line 1: "; release 1.0" is no record; the first record of Intel HEX is in line 2',
    'Delete',
  ],
  [
    'a comment behind blank lines',
    `\n\n# v2\n\n${hex}`,
    'a, line 3: "# v2" is no record; the first record of Intel HEX is in line 5',
    'Delete',
  ],
  ['a quoted hex', hex.replaceAll(/^|(?<=\n)(?=:)/g, '> '), 'it starts with "> :020000040800F2"', '--patch'],
  [
    'symbolsrec of objcopy',
    '$$ blink\r\n  reset $800018d\r\n$$ \r\nS0030000FC\r\n',
    'a is S-records with symbols (symbolsrec), not firmware',
    'objcopy -O srec',
  ],
  ['a comment in Latin-1', `; Gerät für Röhren\r\n${hex}`, 'the first record of Intel HEX is in line 2', 'Delete'],
  ['a log with colours', '\u001b[32mOK\u001b[0m  flashed 1 board\n', 'starts with "\\u001b[32mOK', '--patch'],
];

describe('text is no firmware, at any address and without one', () => {
  test.each(texts)('%s', (_what, text, message, hint) => {
    const bytes = Buffer.from(text, text.includes('Gerät') ? 'latin1' : 'utf8');
    const forms = [bytes, gzipSync(bytes), Buffer.from(suffixed(bytes)), Buffer.concat([Buffer.from('\ufeff'), bytes])];
    for (const form of forms) {
      for (const options of [{}, { address: 0x0800_0000 }, { address: 0x0800_8000 }, { address: 0x2000_0000 }]) {
        const error = refusalOf(() => parse(form, options));
        expect([error.code, error.message]).toEqual(['image-unsupported', expect.stringContaining(message)]);
        expect(error.hint).toContain(hint);
      }
    }
  });

  test('anything printable', () => {
    const printable = fc
      .string({ unit: 'grapheme', minLength: 8, maxLength: 2000 })
      .filter((text) => /^[^:S]/.test(text));
    fc.assert(
      fc.property(printable, (text) => {
        expect(refusalOf(() => parse(Buffer.from(text), { address: 0x0800_8000 })).code).toBe('image-unsupported');
      }),
    );
  });

  test('a page with a stray control in it', () => {
    const stray = Buffer.from(page.replace('master', 'mas\u0001ter'));
    expect(refusalOf(() => parse(stray, { address: 0x0800_8000 })).message).toBe(
      'a is a web page (HTML), not firmware',
    );
  });

  test('text whose end is a binary', () => {
    const file = Buffer.concat([Buffer.from(page), fixture('blink-f405.bin')]);
    expect(refusalOf(() => parse(file, { address: 0x0800_8000 })).message).toBe('a is a web page (HTML), not firmware');
  });

  test('a first line of 100 KB is named by its beginning', () => {
    const { message } = refusalOf(() => parse('x'.repeat(100_000)));
    expect(message).toBe(`a is text, not firmware: it starts with "${'x'.repeat(59)}…"`);
  });
});

describe('what is no text stays a raw binary', () => {
  test('firmware, whatever its stack pointer and reset vector', () => {
    const word = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
    const stack = fc.integer({ min: 0x2000_0004, max: 0x202f_0000 }).map((value) => value - (value % 4));
    const reset = fc.integer({ min: 0x0800_0000, max: 0x083f_ffff }).map((value) => value | 1);
    const rest = fc.uint8Array({ minLength: 0, maxLength: 600 });
    fc.assert(
      fc.property(stack, reset, rest, (sp, start, more) => {
        expect(isText(Uint8Array.from([...word(sp), ...word(start), ...more]))).toBe(false);
      }),
    );
  });

  test.each([
    ['fewer bytes than a vector table, without a line end', Buffer.from('SN0042').subarray(1)],
    ['one byte', Buffer.from([0x41])],
    ['data with a zero', Buffer.from('calibration\0v1')],
    [
      'a text that ends with a zero, which a program stores',
      Buffer.from('{"calibration": [1.0, 2.0], "serial": "SN0042"}\0'),
    ],
    ['a table with as many controls as characters', Buffer.from('ABCDEFGH\u0001A\u0002B\u0003C\u0004D')],
    ['erased flash', Buffer.alloc(600, 0xff)],
    ['16-bit numbers', Buffer.from([0x41, 0, 0x42, 0, 0x43, 0, 0x44, 0])],
  ])('%s', (_what, bytes) => {
    expect(parse(bytes, { address: 0x0800_8000 }).format).toBe('binary');
  });
});

test.each([
  [0xff, 'every byte is 0xFF, as in erased flash'],
  [0x00, 'every byte is 0x00'],
])('a file of nothing but 0x%x says so', (byte, note) => {
  expect(parse(Buffer.alloc(64, byte), { address: 0x0800_8000 }).notes).toEqual([note]);
  expect(parse(Buffer.from([byte, 1, byte]), { address: 0x0800_8000 })).not.toHaveProperty('notes');
});

describe('binaries that a transfer converted', () => {
  const converted = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString('utf8'));
  const vectors = [...fixture('blink-f405.bin').subarray(0, 600)];
  test.each([
    ['DfuSe', dfuseFile([{ alternate: 0, elements: [[0x0800_0000, vectors]] }])],
    ['ELF', elfFile([{ physical: 0x0800_0000, data: vectors }])],
    ['UF2', uf2File([{ address: 0x0800_0000, data: vectors.slice(0, 256) }])],
    ['gzip', gzipSync(fixture('blink-f405.bin'))],
    ['a raw binary', fixture('blink-f405.bin')],
  ])('%s read as UTF-8 and written again', (_what, bytes) => {
    const error = refusalOf(() => parse(converted(bytes)));
    expect([error.code, error.message]).toEqual([
      'image-malformed',
      expect.stringMatching(
        /^a is a binary that was converted as text: \d+ (or more )?of its bytes have become EF BF BD$/,
      ),
    ]);
    expect(error.hint).toContain('.gitattributes');
  });

  test('the same bytes as they were are taken', () => {
    expect(parse(fixture('blink-f405.bin'), { address: 0x0800_0000 }).bytes).toBe(49_184);
  });

  test('UF2 with the line ends of DOS, and UTF-16 without a byte order mark', () => {
    const uf2 = Buffer.from(
      Buffer.from(uf2File([{ address: 0x0800_0000, data: [1] }]))
        .toString('latin1')
        .replaceAll('\n', '\r\n'),
      'latin1',
    );
    expect(refusalOf(() => parse(uf2, { address: 0 })).message).toBe('a is a UF2 file whose line ends were converted');
    const wide = Buffer.from(hex, 'utf16le');
    expect(refusalOf(() => parse(wide, { address: 0 })).message).toBe('a is UTF-16 text');
    expect(refusalOf(() => parse(Buffer.from(wide).swap16(), { address: 0 })).message).toBe('a is UTF-16 text');
  });
});

/** MZ, e_lfanew 0x80, PE (PE format, "MS-DOS Stub"). */
const windows = Buffer.alloc(0x90);
windows.set([0x4d, 0x5a]);
windows.writeUInt32LE(0x80, 0x3c);
windows.set([0x50, 0x45, 0, 0], 0x80);
const tar = Buffer.alloc(512);
tar.write('firmware.bin');
tar.write('ustar', 257);

test.each([
  ['a 7z file', Buffer.from('377abcaf271c0004', 'hex')],
  ['a rar file', Buffer.from('526172211a0700', 'hex')],
  ['a zstd file', Buffer.from('28b52ffd0458', 'hex')],
  ['a tar file', tar],
  ['a library of object files', Buffer.from('!<arch>\nmain.o/\0\0')],
  ['a program for Windows', windows],
  ['a program for macOS', Buffer.from('cffaedfe0c000001', 'hex')],
])('%s is refused by its name, also with an address', (what, bytes) => {
  for (const options of [{}, { address: 0x0800_8000 }]) {
    const error = refusalOf(() => parse(bytes, options));
    expect([error.code, error.message]).toEqual(['image-unsupported', `a is ${what}`]);
  }
});
