import { describe, expect, test } from 'vitest';
import { originAt } from '../../src/image/firmware-image.ts';
import { parse, refusalOf, runsOf } from '../helpers/image-files.ts';

/** The example of M68000PM/AD, appendix C. */
const example = [
  'S00600004844521B',
  'S1130000285F245F2212226A000424290008237C2A',
  'S11300100002000800082629001853812341001813',
  'S113002041E900084E42234300182342000824A952',
  'S107003000144ED492',
  'S9030000FC',
];
const lines = (...list: readonly string[]) => list.join('\n');

test('the example of the manual: one run of 52 bytes, header HDR, no start address', () => {
  const image = parse(lines(...example, ''));
  expect(image).toMatchObject({ format: 's-record', bytes: 52, notes: ['S0 header: HDR'] });
  expect(image).not.toHaveProperty('entry');
  expect(runsOf(image)).toEqual([
    [
      0,
      '285f245f2212226a000424290008237c00020008000826290018538123410018' + '41e900084e42234300182342000824a900144ed4',
    ],
  ]);
  expect([0, 15, 16, 51].map((at) => originAt(image.segments[0]!, at))).toEqual([
    'line 2',
    'line 2',
    'line 3',
    'line 5',
  ]);
});

test('S2 and S3, lower case, CRLF, blank lines and start addresses', () => {
  // Checksums by hand: 06+08+00+00+01+42 = 51 -> AE, 05+12+34+56+AA = 14B -> B4 (appendix C: complement of the low byte).
  const s3 = parse('S3060800000142AE\r\n\r\nS70508000001F1\r\n');
  expect([runsOf(s3), s3.entry]).toEqual([[[0x0800_0001, '42']], 0x0800_0001]);
  const s2 = parse(lines('S205123456aab4', 'S8041234565f'));
  expect([runsOf(s2), s2.entry]).toEqual([[[0x12_3456, 'aa']], 0x12_3456]);
});

describe('refused, naming the line', () => {
  test.each([
    [
      'a wrong checksum',
      [example[1]!.replace('2A', '2B'), 'S9030000FC'],
      'image-crc',
      'line 1: checksum 0x2B should be 0x2A',
    ],
    [
      'a stray character',
      ['S10x', 'S9030000FC'],
      'image-malformed',
      "line 1: 'x' in column 4 is not a hexadecimal digit",
    ],
    [
      'another line',
      ['S00600004844521B', 'hello'],
      'image-malformed',
      "line 2: a record starts with 'S', this line with 'h'",
    ],
    [
      'the reserved type',
      ['S00600004844521B', 'S4030000FC', 'S9030000FC'],
      'image-malformed',
      "line 2: S and '4' is no type; there are S0 to S3",
    ],
    [
      'a type that is a control',
      ['S00600004844521B', 'S\u001b030000FC', 'S9030000FC'],
      'image-malformed',
      'line 2: S and 0x1B is no type',
    ],
    [
      'a character too many',
      ['S00600004844521B0', 'S9030000FC'],
      'image-malformed',
      'line 1: the record announces 14 digits; the line has 15, too many',
    ],
    [
      'a lost line end',
      ['S00600004844521BS9030000FC', ''],
      'image-malformed',
      'line 1: another record starts in column 17; a line end is missing',
    ],
    [
      'a type without address',
      ['S3030000FC', ''],
      'image-malformed',
      'line 1: S3 has an address of 4 bytes, this one 2',
    ],
    ['a count with data', ['S504000001FA', ''], 'image-malformed', 'line 1: S5 has no data'],
    ['an end with data', ['S904000001FA', ''], 'image-malformed', 'line 1: S9 has no data'],
    [
      'more after the end',
      ['S9030000FC', 'S107003000144ED492'],
      'image-malformed',
      'line 2: there is more after the termination',
    ],
    [
      'fewer records than counted',
      ['S107003000144ED492', 'S5030002FA', ''],
      'image-truncated',
      'line 2: S5 counts 2 data records, the file has 1',
    ],
    [
      'more records than counted',
      ['S107003000144ED492', 'S5030000FC', ''],
      'image-malformed',
      'line 2: S5 counts 0 data records',
    ],
    [
      'no end',
      ['S107003000144ED492', ''],
      'image-truncated',
      'ends after line 1 without a termination or count record',
    ],
    [
      'a record cut',
      ['S9030000FC'.slice(0, 8)],
      'image-truncated',
      'line 1: a record has at least 4 bytes, this one 3',
    ],
    [
      'a record cut in the data',
      ['S107003000144E'],
      'image-truncated',
      'line 1: the record announces 6 data bytes and holds 4',
    ],
    [
      'a byte too many',
      ['S107003000144ED49200', ''],
      'image-malformed',
      'line 1: the record announces 6 data bytes and holds 7',
    ],
  ])('%s', (_what, text, code, message) => {
    const error = refusalOf(() => parse(lines(...text)));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  test('data past 4 GiB', () => {
    // 0x07+4*0xFF+1+2 = 0x406 -> 0xF9
    const error = refusalOf(() => parse(lines('S307FFFFFFFF0102F9', '')));
    expect([error.code, error.message]).toEqual([
      'image-out-of-range',
      'a, line 1: 2 bytes at 0xFFFF_FFFF leave the 32-bit space',
    ]);
  });
});

test('S6 counts in 24 bits, and a counted file is whole without S7 to S9, as srec_cat writes it', () => {
  expect(parse(lines('S107003000144ED492', 'S604000001FA')).bytes).toBe(4);
});
