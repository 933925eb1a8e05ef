import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { crossCoupledWiring, directWiring, referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

/** A good profile; the tests replace one line by its number. */
const good = `id: board
description: A board
target: { family: F405_407 }
adapter: { vendorId: "0403", productId: "6001", serialNumber: PROBE01 }
wiring:
  nrst: { line: rts, asserted: 0 }
  boot0: { line: dtr, asserted: 1 }
boot0:
  chargeResistor: 1k
  capacitor: 4.7uF
  bleedResistor: 47k
  diodeDrop: 0.3V
  tolerance: 20%
  vih: 2.31V
  vil: 0.99V
nrst: { pullUp: 40k, capacitor: 100nF, pulse: 10ms }
usart: { connected: true, baudRate: 57600 }
usb: { path: "1-2.3", vendorId: "0483", productId: "DF11", enumerationTimeout: 8s }
methods: [rc-cap, lines, soft-jump]
softJump:
  - { trigger: serial-command, send: "bootloader\\r\\n", via: adapter }
  - { trigger: touch-1200, via: target, vendorId: "0483", productId: "5740" }
application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 3s }
`;
const usbOnly = `
id: usb
methods: [soft-jump]
softJump: [{ trigger: dfu-detach, vendorId: "1209", productId: "ABCD" }]
`;
const withLine = (number: number, ...replacement: string[]): string =>
  good
    .split('\n')
    .toSpliced(number - 1, 1, ...replacement)
    .join('\n');

/** Rows of a truth table that is cross-coupled, but for the level of BOOT0 with both lines released. */
const tableRows = (idleBoot0 = 0): string[] =>
  Object.entries(crossCoupledWiring).map(([key, { boot0, nrst }]) => {
    const level = key === 'rts released, dtr released' ? idleBoot0 : boot0;
    return `    ${key}: { boot0: ${level}, nrst: ${nrst} }`;
  });

const refusal = (text: string, path = 'board.yaml'): BootctlError => {
  try {
    parseProfile(text, path);
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('the profile was accepted');
};

describe('a bad profile is refused with file, line, column, what was found and what is allowed', () => {
  const table: readonly [string, string, string][] = [
    [
      'no unit',
      withLine(16, 'nrst: { pulse: 10 }'),
      '16:16: nrst.pulse: found 10, a number; allowed: a time with its unit (us, ms, s), such as 50ms',
    ],
    [
      'wrong unit',
      withLine(10, '  capacitor: 4.7k'),
      '10:14: boot0.capacitor: found "4.7k"; allowed: a capacitance with its unit',
    ],
    [
      'zero',
      withLine(9, '  chargeResistor: 0k'),
      '9:19: boot0.chargeResistor: found "0k"; allowed: a resistance with its unit (R, ohm, k, kohm, M, Mohm), such as 47k, more than 0',
    ],
    ['empty value', withLine(14, '  vih:'), '14:7: boot0.vih: found nothing; allowed: a voltage'],
    [
      'tolerance of 100%',
      withLine(13, '  tolerance: 100%'),
      '13:14: boot0.tolerance: found "100%"; allowed: a percentage under 100%',
    ],
    [
      'unknown key',
      withLine(16, 'nrst: { pulze: 10ms }'),
      '16:9: nrst.pulze: unknown key (did you mean "pulse"?); allowed: pullUp, capacitor, pulse',
    ],
    [
      'unknown key at the top',
      withLine(19, 'methods: [lines]', 'colour: red'),
      '20:1: colour: unknown key; allowed: id, description, target,',
    ],
    [
      'unquoted id that YAML reads as a number',
      withLine(4, 'adapter: { vendorId: 0403 }'),
      '4:22: adapter.vendorId: found 0403, a number; allowed: four hex digits in quotes, such as "0483"',
    ],
    [
      'hex prefix',
      withLine(4, 'adapter: { vendorId: "0x0403" }'),
      '4:22: adapter.vendorId: found "0x0403"; allowed: four hex digits',
    ],
    [
      'unknown line',
      withLine(6, '  nrst: { line: cts, asserted: 0 }'),
      '6:17: wiring.nrst.line: found "cts"; allowed: rts, dtr',
    ],
    [
      'level as a word',
      withLine(6, '  nrst: { line: rts, asserted: low }'),
      '6:32: wiring.nrst.asserted: found "low"; allowed: 0, 1',
    ],
    ['missing key', withLine(6, '  nrst: { line: rts }'), '6:3: wiring.nrst.asserted: missing; allowed: 0, 1'],
    ['missing key at the top', withLine(1, '# no id'), '2:1: id: missing; allowed: letters, digits, - and _'],
    [
      'one pin only',
      withLine(7, '  # nothing'),
      '6:3: wiring: found a mapping; allowed: either `nrst` and `boot0`, or `table` with all four rows',
    ],
    [
      'both forms',
      withLine(7, '  boot0: { line: dtr, asserted: 1 }', '  table:', ...tableRows()),
      '6:3: wiring: found a mapping; allowed: either `nrst` and `boot0`, or `table` with all four rows',
    ],
    [
      'a table with a row missing',
      withLine(6, '  table:', ...tableRows().slice(1)).replace('  boot0: { line: dtr, asserted: 1 }\n', ''),
      '6:3: wiring.table["rts released, dtr released"]: missing; allowed: a mapping with the keys boot0, nrst',
    ],
    [
      'method unknown',
      withLine(19, 'methods: [rc-cap, line]'),
      '19:19: methods[1]: found "line"; allowed: lines, rc-cap, soft-jump, manual',
    ],
    [
      'method twice',
      withLine(19, 'methods: [lines, lines]'),
      '19:10: methods: found a list; allowed: a list of one or more of lines',
    ],
    ['no method', withLine(19, 'methods: []'), '19:10: methods: found a list; allowed: a list of one or more'],
    [
      'baud rate',
      withLine(17, 'usart: { connected: true, baudRate: 12 }'),
      '17:37: usart.baudRate: found 12, a number; allowed: a whole number from 300',
    ],
    [
      'USB path',
      withLine(18, 'usb: { path: /dev/ttyACM0 }'),
      '18:14: usb.path: found "/dev/ttyACM0"; allowed: a USB path in quotes, such as "1-2.3"',
    ],
    [
      'trigger unknown',
      withLine(22, '  - { trigger: touch, via: target }'),
      '22:16: softJump[1].trigger: found "touch"; allowed: a mapping with trigger: one of serial-command, self-charge, touch-1200, micropython, betaflight',
    ],
    [
      'a touch through the adapter, whose lines are wired to the pins',
      withLine(22, '  - { trigger: touch-1200, via: adapter }'),
      '22:33: softJump[1].via: found "adapter"; allowed: target',
    ],
    [
      'an escape in single quotes',
      withLine(21, "  - { trigger: serial-command, send: 'dfu\\n', via: adapter }"),
      'allowed: the bytes to send, as text in double quotes',
    ],
    [
      'a character that is no byte',
      withLine(21, '  - { trigger: serial-command, send: "dfu €", via: adapter }'),
      'allowed: the bytes to send, as text in double quotes',
    ],
    [
      'application without ids',
      withLine(23, 'application: { expect: usb }'),
      '23:1: application.vendorId: missing; allowed: four hex digits',
    ],
    [
      'a list instead of a mapping',
      withLine(16, 'nrst: [40k]'),
      '16:7: nrst: found a list; allowed: a mapping with the keys pullUp, capacitor, pulse',
    ],
    ['not a mapping at all', 'hello', '1:1: this is not a board profile: it is not a mapping'],
    ['an empty file', '', '1:1: found nothing; allowed: a mapping with the keys id'],
    ['YAML: a bracket left open', withLine(19, 'methods: [lines'), 'Flow sequence in block collection must be'],
    ['YAML: a key twice', withLine(2, 'id: other'), '2:1: Map keys must be unique'],
    ['YAML: an alias', withLine(16, 'nrst: *other'), '16:7: found the alias *other; write the value out instead'],
    ['YAML: a second document', `${good}---\nid: other\n`, '24:1: a second YAML document starts here'],
  ];
  test.each(table)('%s', (_name, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('profile-invalid');
    expect(
      error.message
        .split('\n')
        .map((line) => line.replace(/^board\.yaml:/, ''))
        .join('\n'),
    ).toContain(message);
    expect(error.message).toMatch(new RegExp(`^board\\.yaml:${error.details.line}:${error.details.column}: `));
    expect(error.details.path).toBe('board.yaml');
  });

  test('every problem is named, in the order of the file', () => {
    const text = good.replace('pulse: 10ms', 'pulse: 10').replace('line: rts', 'line: cts').replace('vil:', 'vill:');
    expect(refusal(text).message.split('\n')).toEqual([
      expect.stringMatching(/^board\.yaml:6:17: wiring\.nrst\.line: found "cts"/),
      expect.stringMatching(/^board\.yaml:15:3: boot0\.vill: unknown key \(did you mean "vil"/),
      expect.stringMatching(/^board\.yaml:16:47: nrst\.pulse: found 10, a number/),
    ]);
    expect(refusal(text).details).toMatchObject({ line: 6, column: 17, problems: 3 });
  });
});

describe('impossible physics is refused', () => {
  const table: readonly [string, string, string][] = [
    ['id is not the file name', withLine(1, 'id: other'), '1:5: id: found other; allowed: board, the name of the file'],
    [
      'target unknown',
      withLine(3, 'target: { family: F405 }'),
      '3:19: target.family: found "F405" (did you mean "F405_407"',
    ],
    [
      'idle starts the bootloader',
      withLine(7, '  boot0: { line: dtr, asserted: 0 }'),
      '6:3: wiring: with both lines released BOOT0 is 1',
    ],
    [
      'idle holds the reset',
      withLine(6, '  nrst: { line: rts, asserted: 1 }'),
      '6:3: wiring: with both lines released NRST is 0',
    ],
    ['VIH below VIL', withLine(14, '  vih: 0.9V'), '14:8: boot0.vih: VIH 0.90 V is not above VIL 0.99 V'],
    [
      'VIH above the supply',
      withLine(14, '  vih: 3.4V'),
      '14:8: boot0.vih: VIH 3.40 V is not below the supply, 3.30 V',
    ],
    ['the diode takes it all', withLine(12, '  diodeDrop: 3.3V'), '12:14: boot0.diodeDrop: the diode takes 3.30 V'],
    [
      'capacitor too small',
      withLine(10, '  capacitor: 1uF'),
      '19:11: methods[0]: rc-cap: the capacitor holds BOOT0 above 2.31 V for 8.2 ms in the worst corner, but the reset needs 17.2 ms',
    ],
    ['never charged', withLine(9, '  chargeResistor: 47k'), '19:19: methods[1]: lines: BOOT0 charges to 1.50 V only'],
    [
      'soft-jump without a trigger',
      withLine(20, 'softJump: []', '#', '#')
        .split('\n')
        .filter((l) => !l.startsWith('  - '))
        .join('\n'),
      '19:26: methods[2]: soft-jump needs an entry in `softJump`',
    ],
    [
      'lines without wiring',
      good.replace(/wiring:\n.*\n.*\n/, ''),
      '16:11: methods[0]: rc-cap moves lines: it needs `wiring`',
    ],
    [
      'an application on USB that nothing tells from others',
      withLine(18, '#')
        .replace(/, vendorId: "0483", productId: "5740" \}\n/, ' }\n')
        .replace(/application: .*/, ''),
      "22:5: softJump[1]: touch-1200 over the target's own USB needs its vendorId and productId here",
    ],
    [
      'both pins on one line',
      withLine(7, '  boot0: { line: rts, asserted: 1 }'),
      '19:11: methods[0]: rc-cap needs BOOT0 = 1 with NRST = 1, which no state',
    ],
  ];
  test.each(table)('%s', (_name, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('profile-invalid');
    expect(error.message).toContain(`board.yaml:${message}`);
  });
  test('the cross-coupled circuit cannot do `lines`', () => {
    const text = readFileSync('hardware/profiles/cross-coupled.yaml', 'utf8').replace(
      '[rc-cap, manual]',
      '[rc-cap, lines]',
    );
    expect(refusal(text, 'cross-coupled.yaml').message).toMatch(
      /^cross-coupled\.yaml:\d+:19: methods\[1\]: lines needs BOOT0 = 1 with NRST = 0/,
    );
  });
});

describe('a good profile', () => {
  test('comes out in SI units, with times in ms and ids in lower case', () => {
    const profile = parseProfile(good, 'somewhere/board.yaml');
    expect(profile).toEqual({
      id: 'board',
      description: 'A board',
      target: { family: 'F405_407' },
      adapter: { vendorId: '0403', productId: '6001', serialNumber: 'PROBE01' },
      wiring: directWiring,
      idleEntersBootloader: false,
      boot0: referenceBoot0,
      nrst: { ...referenceNrst, slowestPullUp: 50e3, fastestPullUp: 30e3 }, // of an F4
      usart: { connected: true, baudRate: 57_600 },
      usb: { path: '1-2.3', vendorId: '0483', productId: 'df11', enumerationTimeout: 8000 },
      methods: ['rc-cap', 'lines', 'soft-jump'],
      softJump: [
        { trigger: 'serial-command', send: 'bootloader\r\n', baudRate: 57_600, via: 'adapter' },
        { trigger: 'touch-1200', via: 'target', vendorId: '0483', productId: '5740' },
      ],
      application: { expect: 'usb', vendorId: '0483', productId: '5740', timeout: 3000 },
    });
  });
  test('needs id, wiring and methods only', () => {
    const text =
      'id: least\nwiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }\nmethods: [lines]\n';
    expect(parseProfile(text, 'least.yml')).toEqual({
      id: 'least',
      description: '',
      adapter: {},
      wiring: directWiring,
      idleEntersBootloader: false,
      nrst: referenceNrst,
      usart: { connected: false, baudRate: 115_200 },
      usb: { vendorId: '0483', productId: 'df11' },
      methods: ['lines'],
      softJump: [],
      application: { expect: 'none' },
    });
  });
  test('a board with nothing but its USB cable has no wiring: its lines move nothing', () => {
    const { wiring, softJump } = parseProfile(usbOnly, 'usb.yaml');
    expect(new Set(Object.values(wiring).map(({ boot0, nrst }) => `${boot0}${nrst}`))).toEqual(new Set(['01']));
    expect(softJump).toEqual([{ trigger: 'dfu-detach', via: 'target', vendorId: '1209', productId: 'abcd' }]);
  });
  test('softJump: defaults, and bytes up to \\xff', () => {
    const jumps = [
      'trigger: self-charge, send: "\\x1c\\xff", via: adapter',
      'trigger: betaflight, via: adapter',
      'trigger: klipper, via: target, baudRate: 9600',
    ];
    const { softJump } = parseProfile(withLine(22, ...jumps.map((jump) => `  - { ${jump} }`)), 'board.yaml');
    expect(softJump.slice(1)).toEqual([
      { trigger: 'self-charge', send: '\x1c\xff', baudRate: 57_600, wait: 1000, via: 'adapter' },
      { trigger: 'betaflight', via: 'adapter' },
      { trigger: 'klipper', via: 'target', baudRate: 9600 },
    ]);
  });
  test('BOOT0 thresholds follow the supply', () => {
    const text = good.replace(/ {2}(diodeDrop|tolerance|vih|vil): .*\n/g, '').replace('47k\n', '47k\n  supply: 3.0V\n');
    const { boot0 } = parseProfile(text, 'board.yaml');
    expect(boot0).toMatchObject({ diodeDrop: 0, tolerance: 0.2, supply: 3 });
    // 0.17 VDD + 0.7 V and 0.1 VDD + 0.1 V: its target is an F405
    expect(boot0?.vih).toBeCloseTo(1.21, 9);
    expect(boot0?.vil).toBeCloseTo(0.4, 9);
  });
  test('of an unknown target they are 0.77 and 0.12 of the supply; what the profile states counts for itself', () => {
    const text = good.replace(/^target: .*\n/m, '').replace(/ {2}vil: .*\n/, '');
    const { boot0 } = parseProfile(text, 'board.yaml');
    expect(boot0?.vih).toBe(2.31);
    expect(boot0?.vil).toBeCloseTo(0.396, 9);
  });
  test('serial proof has the baud rate of the USART and 5 s', () => {
    const { application } = parseProfile(withLine(23, 'application: { expect: serial, match: ready }'), 'board.yaml');
    expect(application).toEqual({ expect: 'serial', match: 'ready', baudRate: 57_600, timeout: 5000 });
  });
  test('an idle state in the bootloader can be accepted, in either form of the wiring', () => {
    const inverted = withLine(7, '  boot0: { line: dtr, asserted: 0 }', '  idleEntersBootloader: accepted');
    expect(parseProfile(inverted, 'board.yaml').idleEntersBootloader).toBe(true);
    const table = ['  idleEntersBootloader: accepted', '  table:', ...tableRows(1)];
    const text = withLine(6, ...table)
      .replace('  boot0: { line: dtr, asserted: 1 }\n', '')
      .replace(', lines,', ',');
    expect(parseProfile(text, 'board.yaml').wiring['rts released, dtr released']).toEqual({ boot0: 1, nrst: 1 });
  });
});

test.each([
  ['/etc/shadow', 'root:$y$j9T$geheim:19000:0:99999:7:::\n'],
  ['a file of variables', 'TOKEN=geheim\n'],
  ['a mapping', 'password: geheim\n'],
  ['a list', '- geheim\n'],
  ['a key', '-----BEGIN PRIVATE KEY-----\ngeheim: *x "\n'],
  ['broken YAML', '{geheim: [*geheim, "\\geheim'],
  ['a tag', '!geheim geheim'],
])('%s given as a profile: nothing of it is in the message, which may end in a public log', (_name, text) => {
  const { message, hint } = refusal(text);
  expect(message).toMatch(/^.*:1:1: this is not a board profile: /);
  expect(message + hint).not.toContain('geheim');
});
