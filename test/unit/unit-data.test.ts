import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { checkDigit, hasCheckDigit } from '../../src/jig/unit-data/check-digits.ts';
import { dayOf, fieldValues, storableRow } from '../../src/jig/unit-data/fields.ts';
import { scannedCode, scannedSerial } from '../../src/jig/unit-data/scanned-code.ts';
import { serialFormat } from '../../src/jig/unit-data/serial-format.ts';
import { fieldsIn, fillTemplate, parseTemplate } from '../../src/jig/unit-data/template.ts';
import { patchTemplate, unitPatch, unitPatches } from '../../src/jig/unit-data/unit-patches.ts';
import { unitRows } from '../../src/jig/unit-data/unit-rows.ts';

const codeOf = (attempt: () => unknown): string | undefined => {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof BootctlError ? error.code : String(error);
  }
};

test.each([
  // Published identifiers with this check character: the GRid standard's example, and two of the ISAN user guide.
  ['mod37-36', 'A12425GABC1234002', 'M'],
  ['mod37-36', '00000000D07A0090', 'Q'],
  ['mod37-36', '00000000C36D002B', 'K'],
  ['mod37-36', '00000000C36D002B00000000', 'E'],
  // Hyphens do not count.
  ['mod37-36', 'A1-2425G-ABC1234002', 'M'],
  // The account number of ISO/IEC 7812's annex as it is printed everywhere, and an IMEI (3GPP TS 23.003, annex B).
  ['luhn', '7992739871', '3'],
  ['luhn', '49015420323751', '8'],
  ['luhn', '7992-7398-71', '3'],
] as const)('%s of %s is %s', (kind, text, digit) => {
  expect(checkDigit(kind, text)).toBe(digit);
  expect(hasCheckDigit(kind, text + digit)).toBe(true);
});

test('a code of its check digit alone has none', () => {
  expect([hasCheckDigit('luhn', '0'), hasCheckDigit('mod37-36', '')]).toEqual([false, false]);
});

const alphanumeric = fc.string({
  unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  minLength: 1,
  maxLength: 20,
});

test('each check digit finds every wrong character (ISO/IEC 7064 §4: all single substitutions)', () => {
  fc.assert(
    fc.property(
      alphanumeric,
      fc.nat(),
      fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
      (text, at, other) => {
        const code = text + checkDigit('mod37-36', text);
        const place = at % code.length;
        fc.pre(code[place] !== other);
        const wrong = code.slice(0, place) + other + code.slice(place + 1);
        expect(hasCheckDigit('mod37-36', wrong)).toBe(false);
      },
    ),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{1,20}$/), fc.nat(), fc.integer({ min: 1, max: 9 }), (text, at, plus) => {
      const code = text + checkDigit('luhn', text);
      const place = at % code.length;
      const wrong = code.slice(0, place) + ((Number(code[place]) + plus) % 10) + code.slice(place + 1);
      expect(hasCheckDigit('luhn', wrong)).toBe(false);
    }),
  );
});

test.each([
  ['SN{number:06}', 1000, 'SN001000'],
  ['{number}', 7, '7'],
  ['{lot}-{number:03}', 7, '2611-A-007'],
  ['{{{number}}}', 7, '{7}'],
  ['A12425GABC{number:07}{check}', 1234002, 'A12425GABC1234002M'],
  ['{number:010}{luhn}', 7992739871, '79927398713'],
])('%s of %i is %s', (format, number, serial) => {
  expect(serialFormat(format, '2611-A', { first: 0, last: number })(number)).toBe(serial);
});

test.each([
  ['{check}{number}', 'a check digit stands at the end'],
  ['{number}{luhn}{check}', 'a check digit stands at the end'],
  ['sn{number}{check}', '{check} is for digits and capital letters (ISO 7064 Mod 37,36), and there are others'],
  ['SN{number}{luhn}', '{luhn} is for digits, and there are other characters; {check} has letters as well'],
  ['{number:6}', '{number:6} would end with zero bytes; {number:06} has zeros in front'],
  ['{number', 'the { at character 1 belongs to no field such as {serial} or {number:06}; {{ and }} are braces'],
  ['a}', 'the } at character 2 belongs to no field such as {serial} or {number:06}; {{ and }} are braces'],
])('%s is no format: %s', (format, message) => {
  expect(() => serialFormat(format, 'x', { first: 1, last: 9 })).toThrow(new RangeError(message));
});

test('no two numbers of a range have one serial number', () => {
  const format = fc.constantFrom('{number}', 'SN{number:09}', '{number}{check}', '{number:09}-{luhn}', '{lot}{number}');
  fc.assert(
    fc.property(format, fc.nat(999_999_999), fc.nat(999_999_999), (text, one, other) => {
      fc.pre(one !== other);
      const serialOf = serialFormat(text, 'L', { first: 0, last: 999_999_999 });
      expect(serialOf(one)).not.toBe(serialOf(other));
    }),
  );
});

test('a text without fields comes back as it is, braces doubled', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const doubled = text.replace(/[{}]/g, '$&$&');
      expect(fillTemplate(parseTemplate(doubled), {})).toBe(text);
    }),
  );
});

test('fields: their names, their sizes, what they lack', () => {
  const parts = parseTemplate('{serial} {MAC address:17}{serial:04}');
  expect(fieldsIn(parts)).toEqual(['serial', 'MAC address']);
  expect(fillTemplate(parts, { serial: '12', 'MAC address': 'ä' })).toBe(`12 ä${'\0'.repeat(15)}0012`);
  expect(() => fillTemplate(parts, { serial: 'AB', 'MAC address': '' })).toThrow('{serial:04} takes digits only');
  expect(() => fillTemplate(parts, { serial: '1' })).toThrow('{MAC address} has no value');
  expect(() => fillTemplate(parseTemplate('{toString}'), {})).toThrow('{toString} has no value');
});

const data = {
  serial: 'SN001000',
  number: 1000,
  lot: '2611-A',
  at: new Date(2026, 10, 29, 23, 59).getTime(),
  uid: undefined,
  row: {},
};

test('the patches of a unit are its bytes', () => {
  const values = fieldValues({ ...data, row: { mac: '0011 2233_4455', lot: 'hidden' } });
  const templates = [
    '0x0800FF00=text:{serial:10}',
    '0x0800FF20=u32:{number}',
    '0x0800FF30={mac}',
    '0x0800FF40=text:{date}/{lot}',
  ];
  const patches = unitPatches(
    templates.map((text, index) => patchTemplate(text, `patch ${index + 1}`)),
    values,
  );
  expect(patches.map(({ address, data: bytes }) => [address, Buffer.from(bytes).toString('latin1')])).toEqual([
    [0x0800_ff00, 'SN001000\0\0'],
    [0x0800_ff20, '\xe8\x03\0\0'],
    [0x0800_ff30, '\x00\x11\x22\x33\x44\x55'],
    [0x0800_ff40, '2026-11-29/2611-A'],
  ]);
});

test('a day is that of the station', () => {
  expect([dayOf(new Date(2026, 0, 2, 0, 0).getTime()), dayOf(new Date(2026, 11, 31, 23, 59).getTime())]).toEqual([
    '2026-01-02',
    '2026-12-31',
  ]);
});

test.each([
  ['0x0800FF00={key}', 'a value that is no hexadecimal'],
  ['0x0800FF00=u8:{key}', 'too large or no number'],
  ['0x0800FF00=text:{key:3}', 'too long'],
  ['0x0800FF00=text:{key:09}', 'no digits'],
  ['0x0800FF00=text:{none}', 'no such field'],
])('%s refuses %s, and the message does not have it', (text) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[g-z]{6,20}:[g-z]{2}$/), (key) => {
      try {
        unitPatch(patchTemplate(text, 'patch 1'), { key });
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'unit-refused' });
        expect(JSON.stringify([String(error), (error as BootctlError).details])).not.toContain(key.slice(0, 6));
        expect(String((error as BootctlError).cause ?? '')).not.toContain(key.slice(0, 6));
      }
    }),
  );
});

test('a template without an address is none', () => {
  expect(codeOf(() => patchTemplate('text:{serial}', 'patch 1'))).toBe('image-patch');
  expect(codeOf(() => patchTemplate('0x0800FF00=text:{', 'patch 1'))).toBe('image-patch');
});

test('of a secret column only the hash is stored', () => {
  // FIPS 180-2, appendix B.1: SHA-256 of "abc".
  expect(storableRow({ sn: '1', key: 'abc' }, ['key'])).toEqual({
    sn: '1',
    key: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
});

test.each([
  ['SN000042', 'SN000042'],
  ['  SN000042\r\n', 'SN000042'],
  [']C1SN000042', 'SN000042'],
  [']d2000-1', '000-1'],
  [']', ']'],
  ['0042', '0042'],
  ['Größe-1', 'Größe-1'],
])('%j is read as %s', (raw, code) => {
  expect(scannedCode(raw)).toBe(code);
});

test.each([
  ['', /empty/],
  [']C1', /empty/],
  ['a\u001d21', /control character in it, U\+001D at character 2/],
  ['a\u001b[31m', /U\+001B at character 2/],
  ['a\u202eb', /U\+202E/],
  ['a\ud800', /U\+D800/],
  ['x'.repeat(201), /201 characters, and no label has more than 200/],
])('%j is refused', (raw, message) => {
  expect(codeOf(() => scannedCode(raw))).toBe('unit-refused');
  expect(() => scannedCode(raw)).toThrow(message);
});

test.each([/SN[0-9]{6}/u, /^SN[0-9]{6}$/u, /SN[0-9]{6}|X/u])('%s has to match the whole code', (match) => {
  expect(scannedSerial(']C1SN000042', { match, check: undefined })).toBe('SN000042');
  for (const code of ['SN0000421', 'XSN000042', 'SN00004', 'sn000042', 'SN000042 X']) {
    expect(codeOf(() => scannedSerial(code, { match, check: undefined }))).toBe('unit-refused');
  }
});

test('a scanned check digit is checked', () => {
  const source = { match: /[A-Z0-9]{18}/u, check: 'mod37-36' } as const;
  expect(scannedSerial('A12425GABC1234002M', source)).toBe('A12425GABC1234002M');
  expect(() => scannedSerial('A12425GABC1234003M', source)).toThrow('wrong check digit');
});

const cell = fc.string({ unit: fc.constantFrom(...'abc012,;"\n \' é'), maxLength: 8 }).map((text) => text.trim());
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

test('every cell comes back as text, whatever is in it (RFC 4180)', () => {
  fc.assert(
    fc.property(
      fc.array(cell, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      (cells, delimiter, newline) => {
        const lines = [['sn', 'x'], ...cells.map((text, index) => [`000-${index}`, text])];
        const text = lines.map((line) => line.map(quoted).join(delimiter)).join(newline);
        expect(unitRows(`\ufeff${text}`, 'sn')).toEqual({
          columns: ['sn', 'x'],
          rows: cells.map((value, index) => ({ sn: `000-${index}`, x: value })),
          problems: [],
        });
      },
    ),
  );
});

test('zeros, signs and dates of a file stay as they are', () => {
  const { rows } = unitRows('sn;a;b\n007;1e3;=1+1\n008;2026-11-29;-0\n', 'sn');
  expect(rows).toEqual([
    { sn: '007', a: '1e3', b: '=1+1' },
    { sn: '008', a: '2026-11-29', b: '-0' },
  ]);
});
