import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import { BootctlError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/bench/clock.ts';
import { GoldenSchedule } from '../../src/jig/station/golden-schedule.ts';
import type { GoldenRun } from '../../src/records/records.ts';

const hour = 3_600_000;
const plan = { every: 8 * hour, units: { 'GOLD-1': 'pass', 'GOLD-BAD': 'methods-exhausted' } };
const good = (ended: number): GoldenRun => ({ label: 'GOLD-1', outcome: 'pass', code: null, ended });
const bad = (ended: number, code = 'methods-exhausted'): GoldenRun => ({
  ...{ label: 'GOLD-BAD', outcome: 'fail', code, ended },
});
const passes = { outcome: 'pass', error: undefined } as const;
const fails = { outcome: 'fail', error: new BootctlError('methods-exhausted', 'made up') } as const;

/** A station that begins at this hour of the wall, with these golden runs in its records. */
function begin(last: readonly GoldenRun[], at = 100 * hour) {
  const clock = new SimulatedClock();
  let set = at;
  const due: number[] = [];
  const now = () => set + clock.now();
  const onDue = () => due.push(now());
  const schedule = new GoldenSchedule({ plan, last, clock: clock as unknown as Clock, now, onDue });
  schedule.start();
  return {
    schedule,
    due,
    pass: (time: number) => {
      for (let left = time; left > 0; left -= hour) clock.increment(Math.min(left, hour));
    },
    setClock: (by: number) => {
      set += by;
    },
  };
}

describe('at the start of a station', () => {
  test.each<{ name: string; last: readonly GoldenRun[]; missing: readonly string[] }>([
    { name: 'none has ever run', last: [], missing: ['GOLD-1', 'GOLD-BAD'] },
    { name: 'both were as expected an hour ago', last: [good(99 * hour), bad(99 * hour)], missing: [] },
    { name: 'one has not run', last: [good(99 * hour)], missing: ['GOLD-BAD'] },
    { name: 'one has shown another code', last: [good(99 * hour), bad(99 * hour, 'usb-stall')], missing: ['GOLD-BAD'] },
    {
      name: 'the good one was interrupted',
      last: [{ label: 'GOLD-1', outcome: 'error', code: 'interrupted', ended: 99 * hour }, bad(99 * hour)],
      missing: ['GOLD-1'],
    },
    { name: 'one is older than `every`', last: [good(91 * hour), bad(99 * hour)], missing: ['GOLD-1', 'GOLD-BAD'] },
    { name: 'one is exactly as old', last: [good(92 * hour), bad(99 * hour)], missing: ['GOLD-1', 'GOLD-BAD'] },
    { name: 'the clock went back', last: [good(101 * hour), bad(99 * hour)], missing: ['GOLD-1', 'GOLD-BAD'] },
    {
      name: 'records have one that jig.yaml no longer has',
      last: [good(99 * hour), bad(99 * hour), { ...good(1), label: 'GOLD-OLD' }],
      missing: [],
    },
  ])('$name: due are $missing', ({ last, missing }) => {
    const { schedule, due } = begin(last);
    expect(schedule.missing()).toEqual(missing);
    expect(due).toHaveLength(missing.length > 0 ? 1 : 0);
  });
});

test('after the start they are due again when the older one of the records is too old', () => {
  const { schedule, due, pass } = begin([good(95 * hour), bad(97 * hour)]);
  pass(2.9 * hour);
  expect(due).toEqual([]);
  pass(0.1 * hour);
  expect([due, schedule.missing()]).toEqual([[103 * hour], ['GOLD-1', 'GOLD-BAD']]);
  expect(schedule.note('GOLD-1', passes)).toEqual({ isAsExpected: true });
  expect(schedule.isDone).toBe(false);
  expect(schedule.note('GOLD-BAD', fails)).toEqual({ isAsExpected: true });
  expect(schedule.isDone).toBe(true);
  pass(8 * hour);
  expect(due).toEqual([103 * hour, 111 * hour]);
});

test('a correction of the clock while the station runs is seen within the hour', () => {
  const { due, pass, setClock } = begin([good(99 * hour), bad(99 * hour)]);
  setClock(-10 * hour);
  pass(hour);
  expect(due).toEqual([91 * hour]);
});

test('one that shows something else, when nobody has asked for it, is due from then on', () => {
  const { schedule, due } = begin([good(99 * hour), bad(99 * hour)]);
  expect(schedule.note('GOLD-BAD', passes)).toEqual({
    isAsExpected: false,
    why: { code: 'golden-wrong', label: 'GOLD-BAD', expected: 'methods-exhausted', found: 'pass' },
  });
  expect([due, schedule.missing()]).toEqual([[100 * hour], ['GOLD-BAD']]);
});

test('a period beyond the longest timer of Node is kept: one look an hour', () => {
  const clock = new SimulatedClock();
  const delays: number[] = [];
  const watched = {
    ...{ now: () => clock.now(), clearTimeout: () => {} },
    setTimeout: (callback: () => void, delay: number) => {
      delays.push(delay);
      return clock.setTimeout(callback, delay);
    },
  };
  const last = [good(0), bad(0)];
  const long = { ...plan, every: 30 * 24 * hour };
  const schedule = new GoldenSchedule({ plan: long, last, clock: watched, now: () => clock.now(), onDue: () => {} });
  schedule.start();
  clock.increment(hour);
  expect(delays).toEqual([hour, hour]);
});
