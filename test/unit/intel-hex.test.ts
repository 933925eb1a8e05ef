import * as fc from 'fast-check';
import nrfIntelHex from 'nrf-intel-hex';
import { describe, expect, test } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { parseIntelHex } from '../../src/image/formats/intel-hex.ts';
import { parseImage } from '../../src/image/load-image.ts';

const endOfFile = ':00000001FF'; // the record in full, Intel Hexadecimal Object File Format Specification §10

/** A record by hand: the checksum makes the sum of all its bytes 0 modulo 256 (specification §1). */
function record(type: number, offset: number, data: readonly number[]): string {
  const bytes = [data.length, Math.floor(offset / 256), offset % 256, type, ...data];
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.push((256 - (sum % 256)) % 256);
  return `:${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

const parse = (text: string) => parseIntelHex(Buffer.from(text), 'a.hex');

const failure = (text: string) => {
  try {
    parse(text);
  } catch (error) {
    if (isBootctlError(error)) return error;
    throw error;
  }
  throw new Error('accepted');
};

const placed = (text: string) => parse(text).segments.map(({ address, data }) => [address, ...data] as const);

describe('malformed files', () => {
  const good = ':020000040800F2';
  test.each([
    ['a line that is no record', [good, 'hello', endOfFile], 2, "a record starts with ':', this line with 'h'"],
    ['a stray character', [':0200000408O0F2', endOfFile], 1, "'O' in column 12 is not a hexadecimal digit"],
    ['half a byte', [':020000040800F', endOfFile], 1, '13 hexadecimal digits are not whole bytes; the line was cut'],
    [
      'a character more',
      [':0200000408000F2', endOfFile],
      1,
      'the record announces 14 digits; the line has 15, too many',
    ],
    ['a lost line end', [`${good}${endOfFile}`], 1, 'another record starts in column 16; a line end is missing'],
    ['ESC for a digit', [':02\u001b0000408O0F2', endOfFile], 1, '0x1B in column 4 is not a hexadecimal digit'],
    [
      'a line that starts with ESC',
      [good, '\u001b]0;title\u0007', endOfFile],
      2,
      "a record starts with ':', this line with 0x1B",
    ],
    ['NUL behind a record', [good, `${endOfFile}\0`], 2, '0x00 in column 12 is not a hexadecimal digit'],
    ['^Z of DOS', [good, endOfFile, '\u001a'], 3, "a record starts with ':', this line with 0x1A"],
    ['a byte beyond ASCII', [good, ':0\u00e9'], 2, '0xC3 in column 3 is not a hexadecimal digit'],
    ['a record that starts beyond ASCII', [good, '\u00e9'], 2, "a record starts with ':', this line with 0xC3"],
    ['a bare colon', [good, ':', endOfFile], 2, 'a record has at least 5 bytes, this one 0'],
    ['a record too short', [':000000', endOfFile], 1, 'a record has at least 5 bytes, this one 3'],
    ['a record cut at a byte', [':0400000001020304', endOfFile], 1, 'the record announces 4 data bytes and holds 3'],
    ['a record with a byte more', [':0100000001AAFE', endOfFile], 1, 'the record announces 1 data bytes and holds 2'],
    ['a wrong checksum', [good, ':00000001FE'], 2, 'checksum 0xFE should be 0xFF'],
    ['a flipped data bit', [':0100000001FF', endOfFile], 1, 'checksum 0xFF should be 0xFE'],
    ['an unknown type', [':00000006FA', endOfFile], 1, 'record type 0x06 is none of 0x00 to 0x05'],
    ['an End of File record with data', [':0100000101FD'], 1, 'an End of File record has 0 data bytes, this one 1'],
    [
      'an Extended Linear Address record of 1 byte',
      [':0100000408F3', endOfFile],
      1,
      'an Extended Linear Address record has 2 data bytes, this one 1',
    ],
    [
      'a Start Linear Address record of 2 bytes',
      [':0200000508CD24', endOfFile],
      1,
      'a Start Linear Address record has 4 data bytes, this one 2',
    ],
    ['data after the end', [endOfFile, '', good], 3, 'there is more after the End of File record of line 1'],
    ['two ends', [endOfFile, endOfFile], 2, 'there is more after the End of File record of line 1'],
  ])('%s', (_what, lines, line, message) => {
    const error = failure(lines.join('\n'));
    expect(error.message).toBe(`a.hex, line ${line}: ${message}`);
    expect(error.details).toEqual({ line });
    expect(error.code).toBe(message.startsWith('checksum') ? 'image-crc' : 'image-malformed');
  });

  test.each([
    ['half a byte', ':020000040800F', '13 hexadecimal digits are not whole bytes; the line was cut'],
    ['a few bytes', ':0200', 'a record has at least 5 bytes, this one 2'],
    ['data bytes', ':0400000001020304', 'the record announces 4 data bytes and holds 3'],
  ])('a last line with %s and no line end was cut', (_what, line, message) => {
    const error = failure(`${good}\n${line}`);
    expect([error.code, error.message]).toEqual(['image-truncated', `a.hex, line 2: ${message}`]);
  });

  test('two files behind each other are named as such, and what to do', () => {
    const { hint } = failure([good, endOfFile, good, endOfFile].join('\n'));
    expect(hint).toBe('These may be two files behind each other (`cat a b`): give both, and bootctl merges them.');
  });

  test('a line longer than any record is refused without being decoded', () => {
    expect(failure(`:${'00'.repeat(300)}\n`).message).toBe(
      'a.hex, line 1: a record has at most 260 bytes, this one 300',
    );
  });

  test('a file without its End of File record was cut', () => {
    const error = failure(':020000040800F2\r\n:0100000001FE\r\n\r\n');
    expect(error.code).toBe('image-truncated');
    expect(error.message).toBe('a.hex ends after line 2 without an End of File record');
    expect(error.hint).toContain('cut');
  });
});

describe('addresses', () => {
  // Specification §3: (LBA + DRLO + DRI) MOD 4G; §4: SBA + ((DRLO + DRI) MOD 64K); §5: DRLO + DRI.
  test.each([
    ['no extended record: base 0', [':02FF0000AABB9A'], [[0xff00, 0xaa, 0xbb]]],
    ['linear base', [':020000040800F2', ':01C0000042FD'], [[0x0800_c000, 0x42]]],
    ['linear: on past 64 KiB', [':020000040800F2', ':02FFFF000102FD'], [[0x0800_ffff, 1, 2]]],
    [
      'linear: from the end of 4 GiB to 0',
      [':02000004FFFFFC', ':02FFFF000102FD'],
      [
        [0, 2],
        [0xffff_ffff, 1],
      ],
    ],
    ['segment base is USBA * 16', [':020000021200EA', ':0100100042AD'], [[0x1_2010, 0x42]]],
    [
      'segment: wraps inside its 64 KiB',
      [':020000021200EA', ':02FFFF000102FD'],
      [
        [0x1_2000, 2],
        [0x2_1fff, 1],
      ],
    ],
    [
      'the last base counts, also of the other kind',
      [':020000021200EA', ':0100000001FE', ':020000040800F2', ':0100000002FD', ':020000020000FC', ':0100000003FC'],
      [
        [0, 3],
        [0x1_2000, 1],
        [0x0800_0000, 2],
      ],
    ],
    ['a data record without data', [':0000000000'], []],
  ])('%s', (_what, lines, expected) => {
    expect(placed([...lines, endOfFile].join('\n'))).toEqual(expected);
  });

  test('start addresses: EIP (§7), CS * 16 + IP (§8)', () => {
    expect(parse(`:040000050800018D61\n${endOfFile}`).entry).toBe(0x0800_018d);
    expect(parse(`:0400000300003800C1\n${endOfFile}`).entry).toBe(0x3800);
    expect(parse(`:04000003120000FFE8\n${endOfFile}`).entry).toBe(0x1_20ff);
    expect(parse(endOfFile)).toEqual({ segments: [] });
  });
});

test('CRLF, blank lines, trailing white space and lower case are accepted', () => {
  expect(placed(`\r\n:020000040800f2 \t\r\n\r\n:0100000042bd\r\n  \r\n${endOfFile}\r\n\r\n`)).toEqual([
    [0x0800_0000, 0x42],
  ]);
});

test('origins are line numbers, and a wrapped record keeps its own', () => {
  const text = `:020000021200EA\n\n:02FFFF000102FD\n${endOfFile}\n`;
  expect(parse(text).segments.map(({ origin }) => origin)).toEqual(['line 3', 'line 3']);
});

/** The package is CommonJS and exports the class itself, which its types do not say. */
const oracle = nrfIntelHex as unknown as {
  fromHex(text: string): { join(): Map<number, Uint8Array> };
};

/** Runs of bytes with gaps, cut into records of random length: nothing of the product takes part. */
const hexFile = fc
  .record({
    // nrf-intel-hex takes an upper address of 0x8000 and more for a negative one.
    start: fc.integer({ min: 0, max: 0x7ff0_0000 }),
    runs: fc.array(
      fc.record({
        gap: fc.integer({ min: 0, max: 0x2_0000 }),
        data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
        cut: fc.integer({ min: 1, max: 255 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ start, runs }) => {
    const lines: string[] = [];
    let address = start;
    let upper = 0;
    for (const { gap, data, cut } of runs) {
      address += gap;
      for (let at = 0; at < data.length; ) {
        const next = address + at;
        if (Math.floor(next / 0x10000) !== upper) {
          upper = Math.floor(next / 0x10000);
          lines.push(record(4, 0, [upper >> 8, upper & 0xff]));
        }
        const length = Math.min(cut, data.length - at, 0x10000 - (next % 0x10000));
        lines.push(record(0, next % 0x10000, [...data.subarray(at, at + length)]));
        at += length;
      }
      address += data.length;
    }
    return [...lines, endOfFile].join('\n');
  });

test('agrees with nrf-intel-hex on any well-formed file', () => {
  fc.assert(
    fc.property(hexFile, (text) => {
      const ours = parseImage(Buffer.from(text), 'a.hex').segments.map(({ address, data }) => [
        address,
        Buffer.from(data).toString('hex'),
      ]);
      const theirs = [...oracle.fromHex(text).join().entries()].map(([address, data]) => [
        address,
        Buffer.from(data).toString('hex'),
      ]);
      expect(ours).toEqual(theirs);
    }),
  );
});

test('any change of one character of a record is noticed or leaves the bytes alone', () => {
  const text = [':020000040800F2', ':0400000001020304F2', endOfFile].join('\n');
  const clean = placed(text);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'0123456789ABCDEFg: '), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      let bytes: readonly (readonly number[])[];
      try {
        bytes = placed(changed);
      } catch (error) {
        expect(['image-malformed', 'image-crc', 'image-truncated']).toContain(isBootctlError(error) && error.code);
        return;
      }
      expect(bytes).toEqual(clean);
    }),
    { numRuns: 500 },
  );
});
