import { expect, test } from 'vitest';
import { parseQuantity } from '../../src/base/quantity.ts';

test.each([
  ['1k', 'resistance', 1000],
  ['47kΩ', 'resistance', 47_000],
  ['47k\u2126', 'resistance', 47_000],
  ['510R', 'resistance', 510],
  ['1.5Mohm', 'resistance', 1.5e6],
  ['4.7uF', 'capacitance', 4.7e-6],
  ['4.7\u00b5F', 'capacitance', 4.7e-6],
  ['4.7\u03bcF', 'capacitance', 4.7e-6],
  ['100nF', 'capacitance', 1e-7],
  ['0F', 'capacitance', 0],
  ['50ms', 'time', 50],
  ['5s', 'time', 5000],
  ['350us', 'time', 0.35],
  ['1.5 s', 'time', 1500],
  ['3.3V', 'voltage', 3.3],
  ['300mV', 'voltage', 0.3],
  ['20%', 'percentage', 0.2],
] as const)('%s is %s %d', (text, kind, value) => {
  expect(parseQuantity(text, kind)).toBe(value);
});

test.each([
  ['10', 'time', 'found "10"; allowed: a time with its unit (us, ms, s), such as 50ms'],
  ['10kΩ', 'time', 'found "10kΩ"; allowed: a time'],
  ['50MS', 'time', 'found "50MS"; allowed: a time'],
  ['-5ms', 'time', 'found "-5ms"'],
  ['5  ms', 'time', 'found "5  ms"'],
  ['4,7uF', 'capacitance', 'found "4,7uF"; allowed: a capacitance with its unit (pF, nF, uF, mF, F), such as 4.7uF'],
  ['4u7', 'capacitance', 'found "4u7"'],
  ['1000', 'resistance', 'allowed: a resistance with its unit (R, ohm, k, kohm, M, Mohm), such as 47k'],
  ['0.2', 'percentage', 'allowed: a percentage with its unit (%), such as 20%'],
  ['', 'voltage', 'found ""; allowed: a voltage with its unit (mV, V), such as 3.3V'],
] as const)('%j is no %s', (text, kind, message) => {
  expect(() => parseQuantity(text, kind)).toThrow(message);
});
