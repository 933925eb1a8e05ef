import { expect, test } from 'vitest';
import type { ErrorCode } from '../../src/base/errors.ts';
import { judge, measure } from '../../src/jig/station/judge.ts';

const limits = [
  { name: 'enter', low: undefined, high: 1_500, unit: 'ms' },
  { name: 'vbat', low: 3.2, high: 3.4, unit: 'V' },
];
const good = { ok: true, error: null };

test.each([
  { value: 3.2, outcome: 'pass' },
  { value: 3.4, outcome: 'pass' },
  { value: 3.199, outcome: 'fail' },
  { value: 3.41, outcome: 'fail' },
])('$value V between 3.2 V and 3.4 V: $outcome', ({ value, outcome }) => {
  expect(measure([{ name: 'vbat', value, unit: '' }], limits)).toEqual([
    { name: 'vbat', value, unit: 'V', low: 3.2, high: 3.4, outcome },
  ]);
});

test('a figure without limits is kept, and passes', () => {
  const figure = { name: 'temperature', value: 23, unit: '°C' };
  expect(measure([figure], limits)).toEqual([{ ...figure, low: undefined, high: undefined, outcome: 'pass' }]);
});

test.each([
  { figures: [{ name: 'vbat', value: 3.3, unit: '' }], code: undefined },
  {
    figures: [{ name: 'vbat', value: 3.1, unit: '' }],
    code: 'limit-missed',
    message: 'vbat is 3.1 V, less than 3.2 V',
  },
  {
    figures: [{ name: 'enter', value: 1_712.345, unit: 'ms' }],
    code: 'limit-missed',
    message: 'enter is 1712 ms, more than 1500 ms',
  },
  { figures: [], code: 'limit-missed', message: 'vbat was not measured' },
])('a good job with $figures: $code', ({ figures, code, message }) => {
  const { outcome, error } = judge(good, measure(figures, limits), ['vbat']);
  expect([outcome, error?.code, error?.message]).toEqual([code ? 'fail' : 'pass', code, message]);
});

// The study's definition (OpenHTF): FAIL is the unit's, ERROR the station's, ABORTED a person's.
test.each([
  ['methods-exhausted', 'fail'],
  ['verify-mismatch', 'fail'],
  ['readout-protected', 'fail'],
  ['application-not-seen', 'fail'],
  ['step-failed', 'fail'],
  ['adapter-lost', 'error'],
  ['usb-denied', 'error'],
  ['slot-lost', 'error'],
  ['unit-refused', 'error'],
  ['aborted', 'aborted'],
] as const)('%s is %s', (code, outcome) => {
  const failed = { ok: false, error: { code: code as ErrorCode, message: 'said', hint: 'do' } };
  const judged = judge(failed, [], []);
  expect(judged.outcome).toBe(outcome);
  expect(judged.error).toMatchObject({ code, message: 'said', hint: 'do' });
});

test('a bug in a job is the error of the station', () => {
  const judged = judge(
    { ok: false, error: { code: 'internal', message: 'x is undefined', hint: 'report it' } },
    [],
    [],
  );
  expect([judged.outcome, judged.error?.code]).toEqual(['error', 'slot-lost']);
});
