import { describe, expect, test } from 'vitest';
import { type Evidence, type Observation, remainingAfter } from '../../machines/learning-evidence.policy.ts';
import type { Hypothesis } from '../../src/board/learning/hypotheses.ts';
import { app, circuit, dfuRom, evidence, experiment, observation, table, twoLine } from '../helpers/experiments.ts';

const rts = experiment(['rts', 50]);
const dtr = experiment(['dtr', 50]);

/** Circuits by their name. BOOT0 is low, but for those that say otherwise. */
const circuits = {
  byRts: circuit(table('01', '00', '01', '00')),
  byDtr: circuit(table('01', '01', '00', '00')),
  byBoth: circuit(table('01', '00', '00', '00')),
  loose: circuit(table('01', '01', '01', '01')),
  /** The target runs while RTS is asserted only. */
  inverted: circuit(table('00', '01', '00', '01')),
  /** DTR resets; RTS resets and lifts BOOT0, which falls later than NRST rises. */
  lateFall: circuit(table('01', '10', '00', '00'), { isFirst: { rising: true, falling: false } }),
  capacitor: circuit(twoLine, { storage: 'capacitor' }),
} as const satisfies Record<string, Hypothesis>;
type Name = keyof typeof circuits;

/** Which of these circuits remain. */
const remain = (of: Evidence, names: readonly Name[]) => {
  const left = remainingAfter(
    of,
    names.map((name) => circuits[name]),
  );
  return names.filter((name) => left.includes(circuits[name]));
};
const seen = (of: typeof rts, over: Partial<Observation> = {}) => observation(of, over);

test('before the first experiment, and after one that shows nothing, all circuits remain', () => {
  expect(remain(evidence([]), ['byRts', 'loose', 'inverted'])).toEqual(['byRts', 'loose', 'inverted']);
  expect(remain(evidence([seen(rts)]), ['byRts', 'loose', 'inverted'])).toEqual(['byRts', 'loose', 'inverted']);
});

test('a reset by RTS leaves the circuits in which RTS resets', () => {
  const log = [seen(rts, { left: [app] })];
  expect(remain(evidence(log), ['byRts', 'byDtr', 'byBoth', 'loose'])).toEqual(['byRts', 'byBoth']);
});

test('a target that ran while the lines were idle excludes the circuits that idle in reset', () => {
  // RTS lets the target go and takes it back: that is a reset in both.
  const log = [seen(rts, { left: [app] })];
  expect(remain(evidence(log), ['byRts', 'inverted'])).toEqual(['byRts']);
  expect(remain(evidence([seen(rts, { came: [app] })]), ['byRts', 'inverted'])).toEqual(['byRts', 'inverted']);
  expect(remain(evidence(log, { restless: [app] }), ['byRts', 'inverted'])).toEqual(['byRts', 'inverted']);
});

test('every observation excludes, also one that shows only that there was no reset', () => {
  const log = [seen(dtr, { left: [app] }), seen(rts, { stayed: [app] })];
  expect(remain(evidence(log), ['byRts', 'byDtr', 'byBoth', 'loose'])).toEqual(['byDtr']);
  expect(remain(evidence(log.toReversed()), ['byRts', 'byDtr', 'byBoth', 'loose'])).toEqual(['byDtr']);
});

test('a ROM that still runs was not reset with BOOT0 low', () => {
  const log = [seen(rts, { rom: dfuRom }), seen(rts, { rom: dfuRom })];
  expect(remain(evidence(log, { romSince: 0 }), ['byRts', 'loose', 'byDtr'])).toEqual(['loose', 'byDtr']);
});

test('the same observation says another thing after the ROM than after the application', () => {
  const silent = seen(dtr, { watched: 150 });
  const [entered, left] = [seen(rts, { rom: dfuRom }), seen(rts)];
  // Nothing that DTR does without a reset ends the ROM.
  expect(remain(evidence([entered, silent], { romSince: 0 }), ['loose', 'byDtr'])).toEqual(['byDtr']);
  expect(remain(evidence([entered, left, silent], { romSince: 0 }), ['loose', 'byDtr'])).toEqual(['loose', 'byDtr']);
});

describe('an application that speaks after each reset', () => {
  const hello = seen(dtr, { text: 'hello\n', heardAfter: 100 });
  const names = ['byDtr', 'byBoth', 'lateFall'] as const;

  test('where it stays mute, RTS has reset nothing or has led into the ROM', () => {
    expect(remain(evidence([hello, hello, seen(rts, { watched: 150 })]), names)).toEqual(['byDtr', 'lateFall']);
  });

  test('where it was not waited for, nothing is excluded', () => {
    expect(remain(evidence([hello, hello, seen(rts, { watched: 149 })]), names)).toEqual(names);
  });
});

describe('a capacitor that should have led into the ROM, and has not', () => {
  const charged = experiment(['dtr', 50], ['rts', 10]);
  const log = (over: Partial<Observation> = {}) => [
    seen(charged, { rom: dfuRom }),
    seen(charged, { watched: 150, ...over }),
  ];

  test('is excluded, where it was surely charged and surely carries so long', () => {
    expect(remain(evidence(log(), { romSince: 0 }), ['capacitor'])).toEqual([]);
  });

  test('remains with the same observation, once it is known that it need not carry so long', () => {
    const same = log();
    expect(remain(evidence(same, { romSince: 0 }), ['capacitor'])).toEqual([]);
    const unsure = evidence(same, { romSince: 0, sure: { charge: 45, held: 9 } });
    expect(remain(unsure, ['capacitor'])).toEqual(['capacitor']);
    expect(remain(evidence(same, { romSince: 0 }), ['capacitor'])).toEqual([]);
  });

  test('remains where the reset has lasted longer than planned', () => {
    const edges = [0, 50, 80].map((time) => ({ from: time, to: time }));
    expect(remain(evidence(log({ edges }), { romSince: 0 }), ['capacitor'])).toEqual(['capacitor']);
  });
});
