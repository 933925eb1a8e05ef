import { describe, expect, test } from 'vitest';
import { circuitOf, resetLineOf, withChoice, withObservation } from '../../machines/learning.policy.ts';
import { beginBracket } from '../../machines/learning-times.policy.ts';
import { rounds } from '../../src/board/learning/experiment.ts';
import { allHypotheses } from '../../src/board/learning/hypotheses.ts';
import {
  app,
  byDtr,
  byRts,
  circuit,
  dfuRom,
  experiment,
  found,
  loose,
  observation,
  search,
  table,
  twoLine,
  wayIn,
  wire,
} from '../helpers/experiments.ts';

/** NRST is low with both lines only. */
const together = circuit(table('01', '01', '11', '10'));
const lateRise = circuit(twoLine, { isFirst: { rising: false, falling: true } });
const capacitor = circuit(twoLine, { storage: 'capacitor' });
/** No line resets them, so that nothing tells them apart. */
const alike = [table('01', '01', '01', '11'), table('01', '01', '11', '01')].map((one) =>
  circuit(one, { storage: 'capacitor' }),
);
const entered = observation(wayIn.experiment, { rom: dfuRom });
const home = observation(experiment(['rts', 50]), { left: ['1-2 0483:df11'] });

test.each(['searching', 'proving', 'telling', 'timing', 'done'] as const)(
  'no board gets a 137th experiment, also while %s',
  (phase) => {
    expect(withChoice(found(phase, { count: 136 }))).toMatchObject({ phase: 'done', next: null });
  },
);

test('the 136th experiment is made', () => {
  expect(withChoice(found('proving', { count: 135 }))).toMatchObject({ phase: 'proving', next: wayIn.experiment });
});

test('what is done stays done', () => {
  expect(withChoice(found('done', { remaining: [capacitor] }))).toMatchObject({ phase: 'done', next: null });
});

describe('circuits that remain', () => {
  test.each([
    { name: 'the ROM', log: [entered] },
    {
      name: 'an application on the bus',
      log: [entered, observation(home.experiment, { left: ['1-2 0483:df11', app] })],
    },
  ])('are parted from where the target is: $name', ({ log }) => {
    // RTS alone resets the one of them; a pulse of it is the cheapest that tells.
    const chosen = withChoice(found('telling', { remaining: [wire, together], log }));
    expect(chosen).toMatchObject({ phase: 'telling', next: experiment(['rts', 5]) });
  });

  test('are parted from the ROM, which is entered again, where that says more', () => {
    const log = [entered, home];
    expect(withChoice(found('telling', { remaining: [byRts, byDtr], log }))).toMatchObject({ next: wayIn.experiment });
  });

  test('are not parted for ever: after 60 experiments since the way in it ends', () => {
    const log = (count: number) => [
      observation(experiment(['dtr', 50])),
      ...Array.from({ length: count }, () => entered),
    ];
    const since = { remaining: [byRts, byDtr], wayIn: { ...wayIn, since: 1 } };
    expect(withChoice(found('telling', { ...since, log: log(60) }))).toMatchObject({ phase: 'telling' });
    expect(withChoice(found('telling', { ...since, log: log(61) }))).toMatchObject({ phase: 'done', next: null });
  });

  test('which nothing can part end the search, and nothing is claimed', () => {
    const ended = withChoice(found('telling', { remaining: alike }));
    expect(ended).toMatchObject({ phase: 'done', next: null, trouble: null });
    expect(circuitOf(ended)).toBeNull();
  });

  test('and are unlikely are not parted from the likely ones', () => {
    // Nothing parts the two that are never reset. The race could be told from them.
    const ended = withChoice(found('telling', { remaining: [...alike, lateRise] }));
    expect(ended).toMatchObject({ phase: 'done', next: null });
    expect(withChoice(found('telling', { remaining: [...alike, wire] }))).toMatchObject({ phase: 'telling' });
  });

  test('are fewer after an observation, and never more', () => {
    const next = experiment(['rts', 50]);
    const context = found('telling', { remaining: [wire, together], next });
    const stayed = observation(next, { rom: dfuRom });
    expect(withObservation(context, stayed)).toMatchObject({ phase: 'telling', remaining: [together], count: 2 });
    const left = observation(next, { left: ['1-2 0483:df11'], watched: 150 });
    expect(withObservation(context, left)).toMatchObject({ phase: 'telling', remaining: [wire], log: [entered, left] });
  });
});

describe('the slowest start of the ROM', () => {
  test.each([
    { name: 'a slower start', rom: dfuRom, watched: 130, startUp: 130 },
    { name: 'a faster start', rom: dfuRom, watched: 70, startUp: 100 },
    { name: 'a ROM that has not started', rom: { ...dfuRom, isFresh: false }, watched: 130, startUp: 100 },
    { name: 'no ROM', rom: null, watched: 130, startUp: 100 },
  ])('after $name is $startUp ms', ({ rom, watched, startUp }) => {
    for (const phase of ['telling', 'timing'] as const) {
      const seen = observation(wayIn.experiment, { rom, watched });
      expect(withObservation(found(phase, { remaining: [wire] }), seen).startUp).toBe(startUp);
    }
  });
});

describe('a circuit that is claimed', () => {
  test('is checked: at first by a sequence that leads into the ROM', () => {
    const { next, phase } = withChoice(found('telling', { remaining: [wire], log: [entered, home] }));
    expect(phase).toBe('telling');
    // After RTS alone, which leads out of the ROM as it says.
    expect(next?.steps.at(-1)?.lines).toEqual({ rts: 'released', dtr: 'asserted' });
  });

  test('is done after five checks, where it has no capacitor', () => {
    const log = (checks: number) => [entered, ...Array.from({ length: checks }, () => home)];
    expect(withChoice(found('telling', { remaining: [wire], log: log(4) }))).toMatchObject({ phase: 'telling' });
    expect(withChoice(found('telling', { remaining: [wire], log: log(5) }))).toMatchObject({
      phase: 'done',
      next: null,
      brackets: [],
    });
  });

  test('is none while the ROM is not proven', () => {
    for (const phase of ['searching', 'proving'] as const) {
      expect(circuitOf(found(phase, { remaining: [wire] }))).toBeNull();
    }
    expect(circuitOf(found('done', { remaining: [wire], wayIn: null }))).toBeNull();
    for (const phase of ['telling', 'timing', 'done'] as const) {
      expect(circuitOf(found(phase, { remaining: [wire] }))).toBe(wire);
    }
  });
});

describe('where no circuit explains what was seen', () => {
  test('all of it is thrown away and tried once more, but for what comes by itself', () => {
    const kept = { restless: [app], chatter: 'tick', count: 40 };
    const again = withChoice(found('telling', { ...kept, remaining: [], misses: 1, proven: 2, brackets: [] }));
    expect(again).toMatchObject({ ...kept, phase: 'searching', restarts: 1, log: [], wayIn: null, trouble: null });
    expect(again).toMatchObject({ round: 0, tried: [], misses: 0, proven: 0, startUp: 0, remaining: allHypotheses });
    expect(again.next?.steps[0]?.hold).toBe(50);
  });

  test('it ends the second time, and says so', () => {
    const ended = withChoice(found('telling', { remaining: [], restarts: 1 }));
    expect(ended).toMatchObject({ phase: 'done', next: null, trouble: 'contradictory' });
  });
});

describe('of a capacitor the two times', () => {
  const timing = (over: Parameters<typeof found>[1] = {}) => found('timing', { remaining: [capacitor], ...over });
  const narrow = (name: 'hold' | 'charge') => ({ ...beginBracket(name, 100), fails: 110 });

  test('are tried when the circuit is checked, beginning with the hold', () => {
    const long = Array.from({ length: 61 }, () => entered);
    for (const context of [timing(), found('telling', { remaining: [capacitor], log: long })]) {
      expect(withChoice(context)).toMatchObject({
        phase: 'timing',
        next: experiment(['dtr', 50], ['rts', 10]),
        brackets: [beginBracket('hold', 5), beginBracket('charge', 50)],
      });
    }
  });

  test('begin with the times of the round in which the ROM was found', () => {
    expect(withChoice(timing({ wayIn: { ...wayIn, round: rounds[1]! } }))).toMatchObject({
      next: experiment(['dtr', 200], ['rts', 10]),
      brackets: [beginBracket('hold', 5), beginBracket('charge', 200)],
    });
  });

  test('are tried one after the other: the charge with the shortest pulse', () => {
    const brackets = [narrow('hold'), beginBracket('charge', 50)];
    expect(withChoice(timing({ brackets }))).toMatchObject({ next: experiment(['dtr', 25], ['rts', 5]), brackets });
  });

  test('are known when both are narrow', () => {
    const brackets = [narrow('hold'), narrow('charge')];
    expect(withChoice(timing({ brackets }))).toMatchObject({ phase: 'done', next: null, brackets });
  });

  test.each([
    { name: 'a wire', remaining: [wire] },
    { name: 'a circuit that is not claimed', remaining: [wire, capacitor] },
    // RTS alone charges, and resets at the same time.
    {
      name: 'a capacitor that no state charges alone',
      remaining: [circuit(table('01', '10', '01', '10'), { storage: 'capacitor' })],
    },
  ] as const)('of $name are not tried', ({ remaining }) => {
    expect(withChoice(found('timing', { remaining }))).toMatchObject({ phase: 'done', next: null, brackets: [] });
  });

  test('change by what was seen: only the one that was tried, and no circuit', () => {
    const brackets = [narrow('hold'), beginBracket('charge', 50)];
    const seen = observation(experiment(['dtr', 25], ['rts', 5]), { rom: dfuRom });
    const after = withObservation(timing({ brackets }), seen);
    expect(after.brackets).toEqual([
      narrow('hold'),
      { name: 'charge', works: 25, fails: null, measured: { works: 25, fails: null }, resets: 1 },
    ]);
    expect(after).toMatchObject({ phase: 'timing', count: 2, log: [entered, seen], remaining: [capacitor] });
  });
});

describe('the line that resets, where no more is known', () => {
  test.each([
    { name: 'a device of the target has left', log: [observation(home.experiment, { left: [app] })] },
    {
      name: 'the application has spoken twice',
      log: [1, 2].map(() => observation(home.experiment, { text: 'hello\n' })),
    },
  ])('is said where $name', ({ log }) => {
    expect(resetLineOf(search({ log, remaining: [byRts] }))).toEqual({ line: 'rts', asserted: 0 });
    expect(resetLineOf(search({ log, remaining: [byRts, loose] }))).toBeNull();
  });

  test('is not said where nothing has shown a reset', () => {
    expect(resetLineOf(search({ log: [observation(home.experiment)], remaining: [byRts] }))).toBeNull();
  });
});
