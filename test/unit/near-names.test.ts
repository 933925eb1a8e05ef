import { expect, test } from 'vitest';
import { didYouMean, nearNames } from '../../src/base/near-names.ts';

test.each([
  ['pulze', ['pullUp', 'capacitor', 'pulse'], ['pulse']],
  ['VIH', ['vil', 'vih'], ['vih', 'vil']],
  ['F401', ['F401xBC', 'F401xDE', 'F411'], ['F401xBC', 'F401xDE', 'F411']],
  ['bootResistor', ['chargeResistor', 'bleedResistor'], ['bleedResistor']],
  ['colour', ['id', 'usb'], []],
  ['x', ['id', 'y'], ['y']],
  ['', ['id'], []],
])('%s is near to %j: %j', (name, known, near) => {
  expect(nearNames(name, known)).toEqual(near);
});
test('in words', () => {
  expect(didYouMean('VIH', ['vil', 'vih'])).toBe(' (did you mean "vih" or "vil"?)');
  expect(didYouMean('colour', ['id'])).toBe('');
});
