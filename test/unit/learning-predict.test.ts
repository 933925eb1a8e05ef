import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Wiring } from '../../src/board/circuit/plan.ts';
import { wiringFromPins, wiringKeys } from '../../src/board/circuit/wiring.ts';
import { experimentText, partings, rounds, timedExperiment, waysIn } from '../../src/board/learning/experiment.ts';
import { allHypotheses, type Hypothesis } from '../../src/board/learning/hypotheses.ts';
import { predict } from '../../src/board/learning/predict.ts';

const rts = { rts: 'asserted', dtr: 'released' } as const;
const dtr = { rts: 'released', dtr: 'asserted' } as const;
const both = { rts: 'asserted', dtr: 'asserted' } as const;
const sure = { charge: 45, held: 15 };
const isFirst = { rising: true, falling: true };

/** RTS pulls NRST low, DTR lifts BOOT0, as in hardware/circuits/two-line.md and rc-cap.md. */
const wiring = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 });
const direct: Hypothesis = { wiring, storage: 'direct', isFirst };
const capacitor: Hypothesis = { wiring, storage: 'capacitor', isFirst };

test('256 tables: each that a line moves BOOT0 in has a capacitor too, and races where there are some', () => {
  const tables = new Set(allHypotheses.map((one) => JSON.stringify(one.wiring)));
  expect(tables.size).toBe(256);
  // BOOT0 is the same in all four rows of 2 x 16 tables.
  expect(allHypotheses.filter(({ storage }) => storage === 'capacitor').length).toBe(256 - 32);
  expect(new Set(allHypotheses.map((one) => JSON.stringify(one))).size).toBe(allHypotheses.length);
});

test('a race has each of its four ends, and where there is none there is nothing to win', () => {
  // No race: NRST is low in all rows or high in all (2 x 16), or BOOT0 is the same in all rows and NRST is not (2 x 14).
  const races = allHypotheses.filter(
    ({ storage, isFirst }) => storage === 'direct' && !(isFirst.rising && isFirst.falling),
  );
  expect(races.length).toBe(3 * (256 - 32 - 28));
  expect(allHypotheses.length).toBe(4 * 196 + 60 + 224);
  expect(new Set(races.map(({ isFirst }) => JSON.stringify(isFirst))).size).toBe(3);
});

test('a reset with BOOT0 low leads out of the ROM', () => {
  for (const one of [direct, capacitor]) {
    expect(predict(one, [{ lines: rts, hold: 50 }], 'rom', sure)).toEqual([{ reset: true, ends: 'other' }]);
  }
});

test('BOOT0 alone resets nothing: what ran runs on', () => {
  for (const began of ['rom', 'other'] as const) {
    expect(predict(direct, [{ lines: dtr, hold: 50 }], began, sure)).toEqual([{ reset: false, ends: began }]);
  }
});

test('a line that holds BOOT0 over the end of the reset starts the ROM', () => {
  const steps = [
    { lines: both, hold: 50 },
    { lines: dtr, hold: 220 },
  ];
  expect(predict(direct, steps, 'other', sure)).toEqual([{ reset: true, ends: 'rom' }]);
});

test('charge, then reset: a capacitor carries BOOT0, a wire does not; and a charge that is too short is open', () => {
  const steps = (charge: number, pulse: number) => [
    { lines: dtr, hold: charge },
    { lines: rts, hold: pulse },
  ];
  expect(predict(direct, steps(50, 5), 'other', sure)).toEqual([{ reset: true, ends: 'other' }]);
  expect(predict(capacitor, steps(50, 5), 'other', sure)).toEqual([{ reset: true, ends: 'rom' }]);
  expect(predict(capacitor, steps(5, 5), 'other', sure)).toHaveLength(2);
  expect(predict(capacitor, steps(50, 500), 'other', sure)).toHaveLength(2);
  expect(predict(capacitor, steps(50, 2_000), 'other', sure)).toEqual([{ reset: true, ends: 'other' }]);
});

test.each([
  { boot0: 1, move: 'rising', isFirst: true, ends: 'rom' },
  { boot0: 1, move: 'rising', isFirst: false, ends: 'other' },
  { boot0: 0, move: 'falling', isFirst: true, ends: 'other' },
  { boot0: 0, move: 'falling', isFirst: false, ends: 'rom' },
] as const)(
  'one line moves both pins, BOOT0 $move: first $isFirst, so it ends in $ends',
  ({ boot0, move, isFirst, ends }) => {
    // RTS released: NRST high, BOOT0 as given; RTS asserted: NRST low, BOOT0 the other level.
    const both = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'rts', asserted: boot0 === 1 ? 0 : 1 });
    const race = { rising: true, falling: true, [move]: isFirst };
    const outcomes = predict(
      { wiring: both, storage: 'direct', isFirst: race },
      [{ lines: rts, hold: 50 }],
      'other',
      sure,
    );
    expect(outcomes).toEqual([{ reset: true, ends }]);
  },
);

test.each([
  { charge: 45, pulse: 15, ends: ['rom'] },
  { charge: 44, pulse: 15, ends: ['other', 'rom'] },
  { charge: 45, pulse: 16, ends: ['other', 'rom'] },
  { charge: 45, pulse: 1_999, ends: ['other', 'rom'] },
  { charge: 45, pulse: 2_000, ends: ['other'] },
])(
  'a capacitor that is surely full after 45 ms and surely holds 15: $charge ms, then $pulse',
  ({ charge, pulse, ends }) => {
    const steps = [
      { lines: dtr, hold: charge },
      { lines: rts, hold: pulse },
    ];
    const outcomes = predict(capacitor, steps, 'other', sure);
    expect(outcomes.map((one) => one.ends).toSorted()).toEqual(ends);
  },
);

test('a capacitor that idle lines keep full: a short reset starts the ROM, and after a long one nobody knows', () => {
  const always = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'rts', asserted: 0 });
  const ends = (pulse: number) =>
    predict({ wiring: always, storage: 'capacitor', isFirst }, [{ lines: rts, hold: pulse }], 'other', sure)
      .map((one) => one.ends)
      .toSorted();
  expect([ends(15), ends(2_000)]).toEqual([['rom'], ['other', 'rom']]);
});

test('a board that idles in reset runs nothing, whatever ran before', () => {
  const inverted = wiringFromPins({ line: 'rts', asserted: 1 }, 'nobody');
  expect(predict({ ...direct, wiring: inverted }, [], 'rom', sure)).toEqual([{ reset: false, ends: 'other' }]);
});

test('esptool: both lines asserted move nothing, and where they do not move together NRST may notice', () => {
  const crossCoupled: Wiring = {
    'rts released, dtr released': { boot0: 0, nrst: 1 },
    'rts asserted, dtr released': { boot0: 0, nrst: 0 },
    'rts released, dtr asserted': { boot0: 1, nrst: 1 },
    'rts asserted, dtr asserted': { boot0: 0, nrst: 1 },
  };
  const outcomes = predict({ ...capacitor, wiring: crossCoupled }, [{ lines: both, hold: 50 }], 'other', sure);
  expect(outcomes).toContainEqual({ reset: false, ends: 'other' });
  expect(outcomes).toContainEqual({ reset: true, ends: 'other' });
  expect(outcomes.every(({ ends }) => ends === 'other')).toBe(true);
});

test('a board that idles in reset runs only while it is let go', () => {
  const inverted = wiringFromPins({ line: 'rts', asserted: 1 }, 'nobody');
  const outcomes = predict({ ...direct, wiring: inverted }, [{ lines: rts, hold: 1_000 }], 'other', sure);
  expect(outcomes).toEqual([{ reset: true, ends: 'other' }]);
});

test('every circuit has an outcome for every sequence; the ROM is left or reached by a reset only', () => {
  const experiments = rounds.flatMap((round) => [...waysIn(round), ...partings(round)]);
  fc.assert(
    fc.property(
      fc.constantFrom(...allHypotheses),
      fc.constantFrom(...experiments),
      fc.constantFrom('rom' as const, 'other' as const),
      (hypothesis, { steps }, began) => {
        const outcomes = predict(hypothesis, steps, began, sure);
        expect(outcomes.length).toBeGreaterThan(0);
        const idles = hypothesis.wiring['rts released, dtr released'].nrst === 1;
        for (const { reset, ends } of outcomes) if (!reset && idles) expect(ends).toBe(began);
      },
    ),
    { seed: 69, numRuns: 500 },
  );
});

test('a circuit that never pulls NRST low is never reset', () => {
  const loose = allHypotheses.filter((one) => wiringKeys.every((key) => one.wiring[key].nrst === 1));
  expect(loose.length).toBe(16 + 14);
  for (const hypothesis of loose) {
    for (const { steps } of partings(rounds[0]!)) {
      expect(predict(hypothesis, steps, 'rom', sure)).toEqual([{ reset: false, ends: 'rom' }]);
    }
  }
});

test('experiments are said in the order of their steps, and each is another one', () => {
  expect(
    experimentText({
      steps: [
        { lines: dtr, hold: 50 },
        { lines: both, hold: 5 },
      ],
    }),
  ).toBe('RTS released, DTR asserted for 50 ms, then RTS asserted, DTR asserted for 5 ms');
  for (const round of rounds) {
    const texts = [...waysIn(round), ...partings(round)].map(experimentText);
    expect(new Set(texts).size).toBeGreaterThan(40);
  }
  // 3 states that are not idle; 3 x 2 ordered pairs of them, each with a short and a long reset.
  expect(waysIn(rounds[0]!)).toHaveLength(3 + 2 * 6);
});

test('a charge is timed where one state charges alone and another resets without charging', () => {
  expect(timedExperiment(wiring, 30, 7)).toEqual({
    steps: [
      { lines: dtr, hold: 30 },
      { lines: rts, hold: 7 },
    ],
  });
  const onlyTogether = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'rts', asserted: 1 });
  const charged = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 0 });
  const never = wiringFromPins('nobody', { line: 'dtr', asserted: 1 });
  for (const one of [onlyTogether, charged, never]) expect(timedExperiment(one, 30, 7)).toBeNull();
});
