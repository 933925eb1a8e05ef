import { expect, test } from 'vitest';
import { after, faultsOf, jigFolder, shortest } from '../helpers/jig-file.ts';

const csv = "unit: { serial: { from: csv, file: units.csv, column: sn }, secret: [key], patch: ['0x0807FF00={key}'] }";

test.each<[what: string, file: string | undefined, faults: readonly (string | RegExp)[]]>([
  ['missing', undefined, ['jig.yaml:6:36: unit.serial.file: units.csv: it cannot be read (ENOENT)']],
  [
    'empty',
    '',
    ['jig.yaml:6:36: unit.serial.file: units.csv: it is empty; the first line has the names of the columns'],
  ],
  [
    'without rows',
    'sn,key\n',
    ['jig.yaml:6:36: unit.serial.file: units.csv: it has no row below the names of the columns'],
  ],
  [
    'without the column',
    'sm,key\n1,00\n',
    ['jig.yaml:6:36: unit.serial.file: units.csv: it has no column "sn" (did you mean "sm"?); its columns are sm, key'],
  ],
  ['with a column twice', 'sn,key,key\n1,00,00\n', [/units\.csv: two columns are named "key"/]],
  [
    'with serial numbers twice, and without',
    'sn,key\n1,00\n,00\n1,00\n',
    [/units\.csv: line 3: sn is empty/, /units\.csv: line 4: the serial number of line 2 again/],
  ],
  ['with a control character', 'sn,key\n"a\u0007",00\n', [/units\.csv: line 2: sn has a control character in it/]],
  [
    'with a row that is too long',
    'sn,key\n1,00\n2,00,3\n',
    [/units\.csv: line 3: it has more or fewer fields than there are columns/],
  ],
  ['with an open quote', 'sn,key\n"1,00\n', [/units\.csv: line 2: Quote Not Closed/]],
  [
    'without the secret',
    'sn,kay\n1,00\n',
    [
      /unit\.secret\[0\]: found "key" \(did you mean "kay"\?\); the columns are sn, kay/,
      /unit\.patch\[0\]: patch 1: \{key\} is no field \(did you mean "kay"\?\): there are \{serial\}, \{lot\}, \{date\}, \{uid\}, \{sn\}, \{kay\}/,
    ],
  ],
  [
    'with a key that is no hexadecimal, which is not said',
    'sn,key\n1,0011\n2,secret\n',
    [
      /unit\.patch\[0\]: patch 1: the value is neither whole bytes in hexadecimal nor has it a type \(row 2 of the CSV file\)$/,
    ],
  ],
  [
    'with a key that brings a type along, which is not said',
    'sn,key\n1,sosecret:1\n',
    [/unit\.patch\[0\]: patch 1: the value is no hexadecimal bytes \(row 1 of the CSV file\)$/],
  ],
])('a CSV file %s', async (_what, file, faults) => {
  const found = await faultsOf(after(csv), file === undefined ? {} : { 'units.csv': file });
  expect(found).toEqual(faults.map((fault) => (typeof fault === 'string' ? fault : expect.stringMatching(fault))));
  expect(found.join()).not.toContain('secret:');
});

test('many faults of a CSV file are not said all', async () => {
  const rows = Array.from({ length: 50 }, () => '7,00').join('\n');
  const found = await faultsOf(after(csv), { 'units.csv': `sn,key\n${rows}\n` });
  expect(found).toHaveLength(11);
  expect(found.at(-1)).toMatch(/and 39 more$/);
});

const range = (patch: string, serial = 'from: range, first: 99, last: 100') =>
  after(`unit: { serial: { ${serial} }, patch: ["${patch}"] }`);

test.each<[what: string, text: string, fault: RegExp]>([
  ['outside the flash', range('0x20000000=text:{serial}'), /0x2000_0000 .*is outside flash of STM32F405.*; it is RAM/],
  ['behind the end of the flash', range('0x080FFFFE=text:{serial}'), /0x0810_0000, .*is outside flash of STM32F405/],
  ['without a value', range('0x0807FF00'), /patch 1: a patch is ADDRESS=VALUE, and this one has no =/],
  ['without an address', range('here=text:{serial}'), /patch 1: 'here' is not an address of 32 bits/],
  ['of an unknown type', range('0x0807FF00=u33:{number}'), /patch 1: 'u33:' is none of text, u8/],
  ['with an unknown field', range('0x0807FF00=text:{seriel}'), /\{seriel\} is no field \(did you mean "serial"\?\)/],
  ['with a stray brace', range('0x0807FF00=text:{serial'), /patch 1: the \{ at character 1 belongs to no field/],
  [
    'whose last number does not fit',
    range('0x0807FF00=u8:{number}', 'from: range, first: 1, last: 256'),
    /the number does not fit into u8 \(number 256\)/,
  ],
  [
    'whose text does not fit',
    range('0x0807FF00=text:{serial:2}'),
    /\{serial:2\} has room for 2 bytes, and its value has 3 \(number 100\)/,
  ],
  [
    'with a number that nothing gives',
    range('0x0807FF00=u8:{number}', "from: scan, match: 'x'").replace('unit:', 'start: { on: [scan] }\nunit:'),
    /\{number\} is no field.*only units of a range have a number/,
  ],
  [
    'with an id of the chip that is no number',
    after('unit: { patch: ["0x0807FF00=u32:{uid}"] }'),
    /unit\.patch\[0\]: patch 1: .* \(a unit\)/,
  ],
  [
    'with a serial number that nothing gives',
    after('unit: { patch: ["0x0807FF00=text:{serial}"] }'),
    /units have no serial number without `unit\.serial`/,
  ],
  [
    'at the address of another one',
    after('unit: { patch: ["0x0807FF00=text:{lot:16}", "0x0807FF0C=text:{lot}"] }'),
    /^jig\.yaml:6:16: unit\.patch: patch 1 and patch 2 both write 0x0807_FF0C$/,
  ],
])('a patch %s', async (_what, text, fault) => {
  expect(await faultsOf(text)).toEqual([expect.stringMatching(fault)]);
});

test('a column with the name of a field is ambiguous where a patch has it', async () => {
  const text = after("unit: { serial: { from: csv, file: u.csv, column: serial }, patch: ['0x0807FF00=text:{lot}'] }");
  expect(await faultsOf(text, { 'u.csv': 'serial,lot\n1,2\n' })).toEqual([
    expect.stringMatching(/\{lot\} is a field of every unit, and a column has the same name: rename the column/),
  ]);
});

const lineOf = (target: string, more = ''): string =>
  `id: board\ndescription: made up\n${target}\nadapter: {}\nwiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }\nboot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, diodeDrop: 0.3V, tolerance: 20%, vih: 2.31V, vil: 0.99V, supply: 3.3V }\nmethods: [rc-cap]\n${more}`;
const ownProfile = shortest.replace('profile: rc-cap', 'profile: ./board.yaml');

test.each([
  ['{uid} in a patch', 'unit: { patch: ["0x0807FF00={uid}"] }', true],
  ['{uid} in one with a size', 'unit: { patch: ["0x0807FF00=text:{uid:24}"] }', true],
  ['identify: chip', 'unit: { identify: chip }', true],
  ['braces around the word', 'unit: { patch: ["0x0807FF00=text:{{uid}}"] }', false],
  ['nothing of it', 'unit: {}', false],
])('whether units are known by their chips: %s', async (_what, line, identifies) => {
  using folder = jigFolder();
  const { plan } = await folder.read(after(line));
  expect(plan.unit.identifies).toBe(identifies);
});

test.each<[what: string, profile: string, fault: RegExp]>([
  [
    'whose place no document names',
    lineOf('target: { family: C55x_562 }'),
    /no document that bootctl knows says where it is in a STM32C55/,
  ],
  [
    'that a ROM is not asked for',
    lineOf('target: { family: H503 }'),
    /in a STM32H503 a read of single bytes is a bus error there/,
  ],
  ['of no line that the profile names', lineOf(''), /the profile board names no line, .*: add `target`$/],
])('an id of the chip %s is refused', async (_what, profile, fault) => {
  const found = await faultsOf(after('unit: { identify: chip }', ownProfile), { 'board.yaml': profile });
  expect(found).toContainEqual(
    expect.stringMatching(/^jig\.yaml:6:19: unit\.identify: the id of the chip cannot be read: /),
  );
  expect(found).toContainEqual(expect.stringMatching(fault));
});

test('over USART alone a ROM says itself what it is of', async () => {
  const profile = lineOf('', 'usart: { connected: true }\nusb: { connected: false }\napplication: { expect: none }\n');
  using folder = jigFolder({ 'board.yaml': profile });
  const { plan } = await folder.read(after('unit: { identify: chip }', ownProfile));
  expect(plan.unit.identifies).toBe(true);
});
