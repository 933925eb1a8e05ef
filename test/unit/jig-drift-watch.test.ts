import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import type { AlarmReason } from '../../machines/station-reason.ts';
import { AlarmWatch } from '../../src/jig/station/alarm-watch.ts';
import type { Measurement, SlotValue } from '../../src/records/records.ts';

const margin = (value: number, low: number | undefined = 5): Measurement => ({
  ...{ name: 'holdMargin', value, unit: 'ms', low, high: undefined, outcome: 'pass' },
});

/** The capacitor of slot A3 loses 0.05 ms of its margin a run; both zigzag by 0.1 ms. */
const zigzag = (run: number): number => (run % 2 === 0 ? 0.1 : -0.1);
const ageing = (run: number): number => 12 - 0.05 * run + zigzag(run);

function watch(newest: readonly SlotValue[] = []) {
  const said: AlarmReason[] = [];
  const alarms = new AlarmWatch({
    ...{ slots: ['A1', 'A3'], failuresInARow: 3, newest },
    onAlarm: ({ reason, holds }) => {
      said.push(reason);
      if (reason.code === 'drift') expect(holds).toBe(false);
    },
  });
  alarms.start();
  return { alarms, said };
}

test('a margin that shrinks is said while units still pass: once for its slot, and again after it was cleared', () => {
  const { alarms, said } = watch();
  for (let run = 0; run < 60; run++) {
    alarms.note('A1', 'pass', [margin(12 + zigzag(run))]);
    alarms.note('A3', 'pass', [margin(ageing(run))]);
    // A line goes through 20 values.
    if (run === 18) expect(said).toEqual([]);
  }
  expect(said).toEqual([
    {
      ...{ code: 'drift', slot: 'A3', figure: 'holdMargin', unit: 'ms', limit: 5 },
      ...{ now: expect.closeTo(12 - 0.05 * 19, 1), runs: expect.any(Number) },
    },
  ]);
  // (11.05 - 5) / 0.05 = 121; the zigzag tilts the line by less than 5 %.
  const runs = said[0]?.code === 'drift' ? said[0].runs : Number.NaN;
  expect(runs).toBeGreaterThan(115);
  expect(runs).toBeLessThan(128);
  alarms.clear('A1');
  alarms.note('A3', 'pass', [margin(ageing(60))]);
  expect(said).toHaveLength(1);
  alarms.clear('A3');
  alarms.note('A3', 'pass', [margin(ageing(61))]);
  alarms.note('A3', 'pass', [margin(ageing(62))]);
  expect(said.map(({ slot }) => slot)).toEqual(['A3', 'A3']);
});

test('a margin that is only noisy is no alarm', () => {
  const { alarms, said } = watch();
  const generator = xoroshiro128plus(7);
  for (let run = 0; run < 3_000; run++) alarms.note('A1', 'pass', [margin(9 + uniformInt(generator, -300, 300) / 100)]);
  expect(said).toEqual([]);
});

test('a station that starts again says at once what its records show; slots that are no longer there are left', () => {
  const rowOf = (slot: string, run: number): SlotValue => ({
    ...{ slot, name: 'holdMargin', value: ageing(run), unit: 'ms', low: 5, high: null },
  });
  const runs = Array.from({ length: 30 }, (_, run) => run);
  const { alarms, said } = watch(runs.flatMap((run) => [rowOf('A3', run), rowOf('B9', run)]));
  expect(said).toMatchObject([{ code: 'drift', slot: 'A3' }]);
  alarms.note('A3', 'pass', [margin(ageing(30))]);
  expect(said).toHaveLength(1);
});

test('the figures go on over a restart: the twentieth value may be the first of the new life', () => {
  const newest = Array.from(
    { length: 19 },
    (_, run): SlotValue => ({
      ...{ slot: 'A3', name: 'holdMargin', value: ageing(run), unit: 'ms', low: 5, high: null },
    }),
  );
  const { alarms, said } = watch(newest);
  expect(said).toEqual([]);
  alarms.note('A3', 'error', [margin(ageing(19))]);
  expect(said).toEqual([]);
  alarms.note('A3', 'pass', [margin(ageing(19))]);
  expect(said).toMatchObject([{ code: 'drift', slot: 'A3' }]);
});

test('a repair is soon out of sight: after the new capacitor there is no alarm', () => {
  const { alarms, said } = watch();
  for (let run = 0; run < 100; run++) alarms.note('A3', 'pass', [margin(ageing(run))]);
  for (let run = 0; run < 200; run++) alarms.note('A3', 'pass', [margin(12 + zigzag(run))]);
  alarms.clear('A3');
  for (let run = 0; run < 200; run++) alarms.note('A3', 'pass', [margin(12 + zigzag(run))]);
  expect(said).toHaveLength(1);
});
