import { describe, expect, test } from 'vitest';
import {
  type LearningContext,
  startOf,
  withBaseline,
  withChoice,
  withObservation,
} from '../../machines/learning.policy.ts';
import type { Experiment } from '../../src/board/learning/experiment.ts';
import {
  app,
  byDtr,
  byRts,
  dfuRom,
  experiment,
  found,
  loose,
  observation,
  search,
  wayIn,
  wire,
} from '../helpers/experiments.ts';

const rts = experiment(['rts', 50]);

test('at the start nothing is known, nothing was tried, and every circuit is possible', () => {
  const { remaining, ...start } = startOf();
  expect(start).toEqual({
    phase: 'searching',
    log: [],
    count: 0,
    restless: [],
    chatter: '',
    round: 0,
    tried: [],
    wayIn: null,
    misses: 0,
    proven: 0,
    startUp: 0,
    next: null,
    brackets: [],
    restarts: 0,
    trouble: null,
    error: null,
  });
  // test/unit/learning-predict counts them.
  expect(remaining).toHaveLength(4 * 196 + 60 + 224);
});

test('what comes and goes by itself is kept, and what is said', () => {
  const kept = withBaseline(search({ count: 7 }), { restless: [app], text: 'tick' });
  expect(kept).toEqual(search({ count: 7, restless: [app], chatter: 'tick' }));
});

describe('the search for the ROM', () => {
  /** Tries everything that is chosen, as if it had shown nothing; `remaining` stays as it is. */
  function triedIn(context: LearningContext): readonly { readonly round: number; readonly next: Experiment }[] {
    const all: { round: number; next: Experiment }[] = [];
    let chosen = withChoice(context);
    while (chosen.next && all.length < 100) {
      all.push({ round: chosen.round, next: chosen.next });
      chosen = withChoice({ ...chosen, tried: [...chosen.tried, chosen.next] });
    }
    return all;
  }

  test('begins with the way that is certain: both lines, and then the one that lifts BOOT0', () => {
    expect(withChoice(search({ remaining: [wire] }))).toMatchObject({ phase: 'searching', next: wayIn.experiment });
  });

  test('tries each way once, and then the next round, with longer times', () => {
    const all = triedIn(search({ remaining: [wire] }));
    expect(new Set(all.map(({ next }) => next)).size).toBe(all.length);
    expect([...new Set(all.map(({ round }) => round))]).toEqual([0, 1, 2]);
    for (const [round, charge] of [50, 200, 1_000].entries()) {
      const first = all.filter((one) => one.round === round).map(({ next }) => next.steps[0]!.hold);
      expect(first.length).toBeGreaterThan(2);
      expect(new Set(first)).toEqual(new Set([charge]));
    }
  });

  test('ends where no way is left and nothing shows a reset', () => {
    expect(withChoice(search({ remaining: [loose, byRts, byDtr] }))).toMatchObject({
      phase: 'done',
      next: null,
      round: 2,
      tried: [],
      trouble: 'no-rom',
    });
  });

  test('ends with the trouble that it had', () => {
    expect(withChoice(search({ remaining: [loose], trouble: 'unproven' }))).toMatchObject({ trouble: 'unproven' });
  });

  test.each([
    { name: 'a device of the target has left', log: [observation(experiment(['dtr', 50]), { left: [app] })] },
    { name: 'the application has spoken twice', log: [1, 2].map(() => observation(rts, { text: 'hello\n' })) },
  ])('where $name, the line that resets is looked for', ({ log }) => {
    const chosen = withChoice(search({ remaining: [byRts, byDtr], log }));
    expect(chosen).toMatchObject({ phase: 'searching', trouble: null, next: { steps: rts.steps } });
    const known = withChoice(search({ remaining: [byRts], log }));
    expect(known).toMatchObject({ phase: 'done', next: null, trouble: 'no-rom' });
  });

  test('begins again where nothing explains what was seen: a contact may be bad', () => {
    const once = withObservation(search({ next: rts, restless: ['x'] }), observation(rts, { left: [app] }));
    const contrary = withObservation({ ...once, next: rts }, observation(rts, { stayed: [app] }));
    expect(contrary.remaining).toEqual([]);
    const again = withChoice(contrary);
    expect(again).toMatchObject({ phase: 'searching', restarts: 1, count: 2, log: [], tried: [], restless: ['x'] });
    expect(again.next).not.toBeNull();
    const twice = withChoice({ ...contrary, restarts: 1 });
    expect(twice).toMatchObject({ phase: 'done', next: null, trouble: 'contradictory' });
  });

  test('an experiment that has shown no ROM is counted, and what it excludes is excluded from all circuits', () => {
    const next = experiment(['dtr', 50]);
    const seen = observation(next, { left: [app] });
    const before = search({ next, count: 3, tried: [rts], remaining: [] });
    const after = withObservation(before, seen);
    expect(after).toMatchObject({ phase: 'searching', count: 4, tried: [rts, next], log: [seen], wayIn: null });
    // DTR resets: of 256 tables those with idle NRST high, and NRST low by DTR.
    const tables = new Set(after.remaining.map(({ wiring }) => JSON.stringify(wiring)));
    const nrst = (key: 'rts released, dtr released' | 'rts released, dtr asserted') =>
      new Set(after.remaining.map(({ wiring }) => wiring[key].nrst));
    expect(tables.size).toBe(64);
    expect([nrst('rts released, dtr released'), nrst('rts released, dtr asserted')]).toEqual([
      new Set([1]),
      new Set([0]),
    ]);
  });

  test('the ROM that shows has to be proven: by the same way, at the same place', () => {
    const next = wayIn.experiment;
    const first = observation(rts);
    const seen = observation(next, { rom: dfuRom, watched: 420 });
    const before = search({ next, log: [first], count: 1, round: 1, misses: 2, proven: 1, startUp: 1_000 });
    expect(withObservation(before, seen)).toEqual({
      ...before,
      phase: 'proving',
      log: [first, seen],
      count: 2,
      tried: [next],
      misses: 0,
      proven: 0,
      startUp: 420,
      wayIn: {
        experiment: next,
        round: { charge: 200, pulse: 10, start: 220, watch: 2_500 },
        over: 'dfu',
        place: '1-2',
        since: 1,
      },
    });
  });
});

describe('the proof of a ROM', () => {
  const again = (over: Partial<typeof dfuRom> = {}) =>
    observation(wayIn.experiment, { rom: { ...dfuRom, ...over }, left: ['1-2 0483:df11'], watched: 300 });

  test('repeats the way in', () => {
    expect(withChoice(found('proving', { next: null }))).toMatchObject({ phase: 'proving', next: wayIn.experiment });
  });

  test('is made when it has come again twice, and its slowest start is kept', () => {
    // One of another board came before, and did not come again.
    const once = withObservation(found('proving', { trouble: 'unproven' }), again());
    expect(once).toMatchObject({ phase: 'proving', proven: 1, misses: 0, startUp: 300 });
    const twice = withObservation(once, { ...again(), watched: 200 });
    expect(twice).toMatchObject({ phase: 'telling', proven: 2, startUp: 300, count: 3 });
    expect(twice.trouble).toBeNull();
    // Now it counts: circuits without a way into the ROM are excluded, as are all where BOOT0 is always low.
    expect(once.remaining).toHaveLength(1_068);
    expect(twice.remaining.length).toBeGreaterThan(0);
    expect(twice.remaining.filter(({ wiring }) => Object.values(wiring).every(({ boot0 }) => boot0 === 0))).toEqual([]);
  });

  test.each([
    { name: 'was there all the time', seen: again({ isFresh: false }) },
    { name: 'is on another path of the bus', seen: again({ place: '1-3' }) },
    { name: 'is on the USART now', seen: again({ over: 'usart' }) },
    { name: 'has not come', seen: observation(wayIn.experiment) },
  ])('has missed where the ROM $name, and begins again', ({ seen }) => {
    const missed = withObservation(found('proving', { proven: 1 }), seen);
    expect(missed).toMatchObject({ phase: 'proving', proven: 0, misses: 1, startUp: 100, wayIn });
  });

  test('has failed after three misses: what this ROM has said is forgotten, and the search goes on', () => {
    const before = observation(rts, { left: [app] });
    const way = { ...wayIn, since: 1 };
    const log = [before, again(), observation(wayIn.experiment)];
    const context = found('proving', { log, wayIn: way, count: 3, misses: 1, tried: [rts], remaining: [] });
    const second = withObservation(context, observation(wayIn.experiment));
    expect(second).toMatchObject({ phase: 'proving', misses: 2 });
    const third = withObservation(second, observation(wayIn.experiment));
    expect(third).toMatchObject({ phase: 'searching', wayIn: null, trouble: 'unproven', count: 5, tried: [rts] });
    expect(third.log).toEqual([before]);
    // RTS resets.
    expect(third.remaining.length).toBeGreaterThan(0);
    expect(third.remaining.every(({ wiring }) => wiring['rts asserted, dtr released'].nrst === 0)).toBe(true);
  });
});
