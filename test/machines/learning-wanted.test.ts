import { describe, expect, test } from 'vitest';
import { describeWay, evidenceOf, wantedOf, wayHome } from '../../machines/learning.policy.ts';
import { rounds } from '../../src/board/learning/experiment.ts';
import { app, dfuRom, experiment, found, observation, search, wayIn } from '../helpers/experiments.ts';

const rom = '1-2 0483:df11';
const rts = experiment(['rts', 50]);

describe('what an operation is asked for', () => {
  test.each([
    { round: 0, watch: 1_500 },
    { round: 1, watch: 2_500 },
    { round: 2, watch: 5_000 },
  ])('in round $round of the search: any ROM is waited for, for $watch ms', ({ round, watch }) => {
    expect(wantedOf(search({ next: rts, round }))).toEqual({
      experiment: rts,
      idle: 2_000,
      watch,
      rom: null,
      romRuns: false,
      witnesses: [],
    });
  });

  test('while the ROM is proven, any ROM is waited for', () => {
    expect(wantedOf(found('proving'))).toMatchObject({ watch: 1_500, rom: null, romRuns: true });
  });

  test.each(['telling', 'timing'] as const)(
    'while %s, this ROM is, for 1.5 of its slowest start and a bit',
    (phase) => {
      expect(wantedOf(found(phase, { next: rts, startUp: 200 }))).toEqual({
        experiment: rts,
        idle: 2_000,
        watch: 550,
        rom: { over: 'dfu', place: '1-2' },
        romRuns: true,
        witnesses: [],
      });
    },
  );

  test('it runs if the last experiment has ended in it; devices that left are told, but for the restless', () => {
    const log = [observation(rts, { rom: dfuRom, left: [app, rom] }), observation(rts)];
    const wanted = wantedOf(found('telling', { log, restless: [app] }));
    expect(wanted).toMatchObject({ romRuns: false, witnesses: [rom] });
  });
});

describe('what the circuits are asked with', () => {
  test.each([
    { phase: 'searching', romSince: null },
    { phase: 'proving', romSince: null },
    { phase: 'telling', romSince: 3 },
    { phase: 'timing', romSince: 3 },
    { phase: 'done', romSince: 3 },
  ] as const)('while $phase the ROM is proven since: $romSince', ({ phase, romSince }) => {
    const context = found(phase, { wayIn: { ...wayIn, since: 3 }, restless: [app], chatter: 'tick' });
    expect(evidenceOf(context)).toMatchObject({ romSince, startUp: 100, restless: [app], chatter: 'tick' });
    expect(evidenceOf(context).log).toBe(context.log);
  });

  test('a search that ended without a ROM has none proven', () => {
    expect(evidenceOf(search({ phase: 'done' })).romSince).toBeNull();
  });

  test('a capacitor is charged after nine tenths of the longest charge', () => {
    expect(evidenceOf(search()).sure.charge).toBe(900);
  });

  test('it carries BOOT0 for as long as a pulse is by plan, while none was measured', () => {
    expect(evidenceOf(search()).sure.held).toBe(5);
    expect(evidenceOf(found('telling', { wayIn: { ...wayIn, round: rounds[1]! } })).sure.held).toBe(10);
  });

  test('it carries BOOT0 for half as long again as the shortest pulse of 5 ms may have lasted', () => {
    const pulsed = (latest: number) =>
      observation(experiment(['dtr', 50], ['rts', 5]), {
        edges: [
          { from: 0, to: 1 },
          { from: 50, to: 52 },
          { from: 55, to: latest },
        ],
      });
    const first = observation(experiment(['rts', 5], ['dtr', 20]), {
      edges: [
        { from: 0, to: 1 },
        { from: 5, to: 8.5 },
        { from: 26, to: 28 },
      ],
    });
    // 1.5 times (59 - 50), and 1.5 times (8.5 - 0), both up to a whole millisecond.
    expect(evidenceOf(search({ log: [pulsed(61), pulsed(59)] })).sure.held).toBe(14);
    expect(evidenceOf(search({ log: [pulsed(61), first, pulsed(59)] })).sure.held).toBe(13);
  });
});

describe('the way home', () => {
  const entered = observation(wayIn.experiment, { rom: dfuRom, left: [app] });
  const left = (hold: number) => observation(experiment(['rts', hold]), { left: [rom] });
  const nothing = observation(experiment(['dtr', 50]));

  test('is the last experiment that has led out of a program and not into the ROM', () => {
    expect(wayHome(search({ log: [left(50), left(60), nothing, entered] }))).toEqual(experiment(['rts', 60]));
  });

  test('is none where the target is not in its ROM, or no way out was seen', () => {
    expect(wayHome(search())).toBeNull();
    expect(wayHome(search({ log: [entered, left(50)] }))).toBeNull();
    expect(wayHome(search({ log: [nothing, entered] }))).toBeNull();
  });
});

test('a way in is described by its states', () => {
  expect(describeWay(wayIn)).toBe('RTS asserted, DTR asserted for 50 ms, then RTS released, DTR asserted for 220 ms');
});
