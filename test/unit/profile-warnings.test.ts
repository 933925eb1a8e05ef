import { expect, test } from 'vitest';
import { profileWarnings } from '../../src/board/profile/profile-warnings.ts';
import { noWiring } from '../../src/board/profile/resolve-wiring.ts';
import { referenceBoard, referenceBoot0 } from '../helpers/circuits.ts';

const on = (family: string, changes: Parameters<typeof referenceBoard>[0] = {}) =>
  profileWarnings(referenceBoard({ target: { family }, ...changes }));

test('a VIL that the data sheet does not promise is named with what it does', () => {
  // The circuit of the tests states 0.99 V and 2.31 V.
  expect(on('F405_407')).toEqual([
    'boot0.vil is 0.99 V, but BOOT0 of STM32F405/407/415/417 surely reads 0 only up to 0.43 V (its data sheet)',
  ]);
  expect(on('F405_407', { boot0: { ...referenceBoot0, vil: 0.43 } })).toEqual([]);
});

test('a VIH below the safe default, where no data sheet is known', () => {
  expect(on('L47x_48x', { boot0: { ...referenceBoot0, vil: 0.3 } })).toEqual([
    expect.stringMatching(/^boot0\.vih is 2\.31 V, but BOOT0 of .* only from 2\.54 V on \(a safe default/),
  ]);
  expect(profileWarnings(referenceBoard({ boot0: { ...referenceBoot0, vil: 0.3 } }))).toEqual([
    expect.stringMatching(/BOOT0 of a target that is not named/),
  ]);
});

test.each([
  ['G0B1_0C1', /is PA14, which is SWCLK: put 1 kΩ.*A debugger works only/],
  ['C071', /is PA14, which is SWCLK/],
  ['U073_083', /is PF3: put 1 kΩ/],
  ['G43x_44x', /is PB8: put 1 kΩ/],
  ['F04x', /is PB8 or PF11/],
  ['L43x_44x', /is PH3: /],
  ['WB55', /is PH3: /],
  ['U575_585', /is PH3: /],
])('%s shares its BOOT0 pin', (family, message) => {
  const { boot0: _, ...direct } = referenceBoard({ target: { family } });
  expect(profileWarnings(direct)).toEqual([expect.stringMatching(message)]);
});

test.each([
  ['L07x_08x_usb', /^a jump from the application reaches the ROM of STM32L07.* only under a condition: ROM V4\.0/],
  ['L01x_02x', /^a jump from the application does not reach the ROM of STM32L011.*: the ROM looks at the first word/],
  ['H523_533', /^nobody has shown that a jump from the application reaches the ROM of STM32H523/],
  ['F405_407', undefined],
])('a soft jump on %s', (family, message) => {
  const { boot0: _, ...board } = referenceBoard({ target: { family }, methods: ['soft-jump'] });
  const of = (softJump: NonNullable<(typeof board)['softJump']>) => profileWarnings({ ...board, softJump });
  const usual = { via: 'adapter', send: 'R', baudRate: 115_200 } as const;
  const charge = { ...usual, trigger: 'self-charge', wait: 500 } as const;
  const expected = message ? [expect.stringMatching(message)] : [];
  expect(of([charge, { ...usual, trigger: 'serial-command' }])).toEqual(expected);
  expect(of([charge])).toEqual([]);
});

test('nothing of that where no line moves BOOT0, nor on a pin of its own', () => {
  const { boot0: _, ...board } = referenceBoard({ target: { family: 'G0B1_0C1' } });
  expect(profileWarnings({ ...board, wiring: noWiring })).toEqual([]);
  expect(profileWarnings({ ...board, target: { family: 'L47x_48x' } })).toEqual([]);
});
