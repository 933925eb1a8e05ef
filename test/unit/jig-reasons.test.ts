import { expect, test } from 'vitest';
import { isOfFleet, reasonOf, type StationReason } from '../../machines/station-reason.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import { reasonText } from '../../src/jig/station/reason-text.ts';

test.each<{ code: ErrorCode; reason: StationReason['code'] }>([
  { code: 'records-unwritable', reason: 'records-unusable' },
  { code: 'records-damaged', reason: 'records-unusable' },
  { code: 'numbers-used-up', reason: 'numbers-used-up' },
  { code: 'lot-complete', reason: 'lot-complete' },
  { code: 'slot-lost', reason: 'failed' },
])('$code holds as $reason, in its own words', ({ code, reason }) => {
  const made = reasonOf(new BootctlError(code, 'what was seen'));
  expect(made).toEqual({ code: reason, error: code, detail: 'what was seen' });
  expect(reasonText(made)).toBe('what was seen');
});

test('what a fleet says goes away by itself, and nothing else does', () => {
  const ofFleet: readonly StationReason['code'][] = [
    ...(['fleet-double', 'fleet-holds', 'clock-wrong', 'lot-none', 'lot-closed', 'fleet-awaited'] as const),
    ...(['lot-coming', 'lot-held', 'lot-unusable', 'lease-used-up', 'grant-used-up', 'grant-awaited'] as const),
    'lot-given-out',
  ];
  const others: readonly StationReason['code'][] = [
    ...(['lead', 'failed', 'lot-complete', 'numbers-used-up', 'records-unusable', 'drift'] as const),
    ...(['golden-due', 'golden-wrong', 'bus-unlisted', 'failures-in-a-row', 'worse-than-others'] as const),
  ];
  const found = [...ofFleet, ...others].filter((code) => isOfFleet({ code } as StationReason));
  expect(found).toEqual(ofFleet);
});

test.each<{ reason: StationReason; text: string }>([
  { reason: { code: 'lead', why: 'lunch' }, text: 'lunch' },
  { reason: { code: 'failures-in-a-row', slot: 'A1', failures: 1 }, text: '1 failure in a row in slot A1' },
  {
    reason: { code: 'worse-than-others', slot: 'A1', bad: 7, runs: 90 },
    text: 'slot A1 fails more often than the others: 7 of 90',
  },
  {
    reason: { code: 'drift', slot: 'A3', figure: 'holdMargin', unit: 'ms', now: 8.1234, limit: 5, runs: 156 },
    text: 'holdMargin of slot A3 moves towards its limit: 8.12 ms now, 5 ms in about 156 runs',
  },
  {
    reason: { code: 'drift', slot: 'A3', figure: 'ratio', unit: '', now: 0.5, limit: 0, runs: 1 },
    text: 'ratio of slot A3 moves towards its limit: 0.5 now, 0 in about 1 run',
  },
  { reason: { code: 'golden-due', labels: ['G-1', 'G-2'] }, text: 'golden units are due: G-1 and G-2' },
  {
    reason: { code: 'golden-wrong', label: 'G-1', expected: 'pass', found: 'usb-stall' },
    text: 'golden unit G-1 should have shown pass, and has shown usb-stall',
  },
  { reason: { code: 'bus-unlisted', detail: 'no /dev/bus/usb' }, text: 'no /dev/bus/usb' },
  { reason: { code: 'fleet-double', error: 'station-taken-over', detail: 'another speaks' }, text: 'another speaks' },
  { reason: { code: 'fleet-holds', why: 'two computers' }, text: 'the fleet holds this station: two computers' },
  { reason: { code: 'clock-wrong', seconds: -3600 }, text: 'the clock of this computer is wrong by -3600 s' },
  {
    reason: { code: 'fleet-awaited', station: 'line2-a' },
    text: 'line2-a has no lot yet, and the fleet is not reached',
  },
  { reason: { code: 'lot-coming', lot: 'L1' }, text: 'lot L1 is being fetched' },
  { reason: { code: 'lot-none', station: 'line2-a' }, text: 'no lot is assigned to line2-a' },
  { reason: { code: 'lot-closed', lot: 'L1' }, text: 'lot L1 is closed' },
  { reason: { code: 'lot-held', lot: 'L1', why: 'a wrong label' }, text: 'lot L1 is held: a wrong label' },
  {
    reason: { code: 'lease-used-up', lot: 'L1', hours: 12 },
    text: 'lot L1: the fleet was not heard for 12 h, and without it no more is made',
  },
  {
    reason: { code: 'grant-used-up', lot: 'L1', what: 'numbers', station: 'line2-a', since: '14:02' },
    text: 'lot L1: the numbers granted to line2-a are used up, and the fleet cannot be reached since 14:02',
  },
  {
    reason: { code: 'grant-awaited', lot: 'L1', what: 'units' },
    text: 'lot L1: the units granted here are used up, and the fleet is asked for more',
  },
  {
    reason: { code: 'lot-given-out', lot: 'L1', what: 'units' },
    text: 'lot L1: all its units are made or with other stations',
  },
])('$reason.code in English', ({ reason, text }) => {
  expect(reasonText(reason)).toBe(text);
});
