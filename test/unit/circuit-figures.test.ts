import { describe, expect, test } from 'vitest';
import { circuitFigures, levelOrigin } from '../../src/board/circuit/circuit-figures.ts';
import { drawPlan } from '../../src/board/circuit/describe.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { boot0Levels } from '../../src/chips/boot0-levels.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { directWiring, referenceBoard, referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

describe('the times of the reference circuit, by hand', () => {
  // 1 kΩ and 4.7 µF ±20 %, 47 kΩ to ground: 3.0 V · 47/48 = 2.9375 V; VIH 2.31 V, VIL 0.99 V.
  const { charged, corners, guaranteed, nrstRelease } = circuitFigures(referenceBoard());

  test('nominal', () => {
    expect(charged).toBeCloseTo(2.9375, 4);
    // 979 Ω · 4.7 µF = 4.602 ms; ln(2.9375 / (2.9375 - 2.31)) = 1.5437
    expect(corners?.nominal.charge).toBeCloseTo(7.1, 2);
    // 47 kΩ · 4.7 µF = 220.9 ms; ln(2.9375 / 2.31) = 0.2403; ln(2.9375 / 0.99) = 1.0876
    expect(corners?.nominal.hold).toBeCloseTo(53.1, 1);
    expect(corners?.nominal.clear).toBeCloseTo(240.3, 1);
    // 40 kΩ · 100 nF = 4 ms; ln(1 / 0.3) = 1.204
    expect(nrstRelease.nominal).toBeCloseTo(4.82, 2);
  });

  test('at the ends of the capacitor they are 20 % shorter and longer', () => {
    for (const name of ['charge', 'hold', 'clear'] as const) {
      expect(corners!.low[name] / corners!.nominal[name]).toBeCloseTo(0.8, 6);
      expect(corners!.high[name] / corners!.nominal[name]).toBeCloseTo(1.2, 6);
    }
  });

  test('what is guaranteed is worse than each of them', () => {
    expect(guaranteed!.charge).toBeGreaterThan(corners!.high.charge);
    expect(guaranteed!.hold).toBeLessThan(corners!.low.hold);
    expect(guaranteed!.clear).toBeGreaterThan(corners!.high.clear);
    expect(nrstRelease.worst).toBeCloseTo(7.9, 1);
  });

  test('without a capacitor on BOOT0 there is NRST alone', () => {
    const { boot0, ...board } = referenceBoard();
    expect(circuitFigures(board)).toEqual({ nrstRelease });
  });
});

describe('where a level of BOOT0 comes from', () => {
  const board = (family: string | undefined, levels?: object) =>
    referenceBoard({
      ...(family === undefined ? {} : { target: { family } as never }),
      boot0: { ...referenceBoot0, ...(levels ? { levels: levels as never } : {}) },
    });
  const f405 = findChip('F405_407')!;

  test('the data sheet of the series, or what is safe for every family', () => {
    expect(levelOrigin(board('F405_407', boot0Levels(f405)), 'vil')).toEqual({ by: 'data sheet', series: f405.series });
    expect(levelOrigin(board(undefined, boot0Levels(undefined)), 'vih')).toEqual({ by: 'default' });
  });

  test('the profile, where it differs in either part', () => {
    const { vil, vih } = boot0Levels(f405);
    expect(levelOrigin(board('F405_407', { vil: { ...vil, plus: vil.plus + 0.1 }, vih }), 'vil')).toEqual({
      by: 'profile',
    });
    expect(levelOrigin(board('F405_407', { vil: { ...vil, ofVdd: 0.2 }, vih }), 'vil')).toEqual({ by: 'profile' });
    expect(levelOrigin(board('F405_407', { vih }), 'vil')).toEqual({ by: 'profile' });
    expect(levelOrigin(board('F405_407'), 'vil')).toEqual({ by: 'profile' });
    const { boot0, ...bare } = board('F405_407');
    expect(levelOrigin(bare, 'vih')).toEqual({ by: 'profile' });
  });
});

test('a plan as a drawing: 82 columns, 11 of them for the time of each step, the others by the holds of 50, 10 and 0 ms', () => {
  const plan = planEntry('rc-cap', directWiring, { boot0: referenceBoot0, nrst: referenceNrst });
  // 49 are left: 40, 8 and none of them.
  const line = (length: number) => '─'.repeat(length);
  const gap = (length: number) => ' '.repeat(length);
  expect(drawPlan(plan)).toEqual([
    `RTS    asserted   ${gap(51)}┌${line(18)}┐`,
    `       released   ${line(51)}┘${gap(18)}└${line(10)}`,
    `DTR    asserted   ${line(51)}┐`,
    `       released   ${gap(51)}└${line(18)}${line(11)}`,
    `NRST   1          ${line(51)}┐${gap(18)}┌${line(10)}`,
    `       0          ${gap(51)}└${line(18)}┘`,
    `BOOT0  1          ${line(51)}${'╌'.repeat(19)}┐`,
    `       0          ${gap(51)}${gap(19)}└${line(10)}`,
    `                  ${'0.0 ms'.padEnd(51)}${'50.0 ms'.padEnd(19)}60.0 ms`,
  ]);
});

describe('a board that was measured', () => {
  // A capacitor keeps 85 % of its hold over temperature; 5 ms of the window are the host's.
  const windowBy = (low: number, change: 'nominal' | 'longer pulse' = 'nominal') => {
    const measured = { at: '2026-01-01', hold: { low, high: low + 2 } };
    const { window, steps } = planEntry('rc-cap', directWiring, { ...board, measured }, change);
    return { limit: window!.limit - window!.nrstRelease, pulse: steps[1]!.hold };
  };
  const board = { boot0: referenceBoot0, nrst: referenceNrst };
  const byParts = planEntry('rc-cap', directWiring, board).window!;

  test('has the window that was measured', () => {
    expect(windowBy(60).limit).toBeCloseTo(51, 6);
    expect(windowBy(40, 'longer pulse')).toEqual({ limit: expect.closeTo(34, 6), pulse: 28 });
    expect(windowBy(60, 'longer pulse').pulse).toBe(30);
  });

  test('that of its parts, where no pulse fits into the measured one, or the hold was not measured', () => {
    expect(windowBy(10).limit).toBeCloseTo(byParts.limit - byParts.nrstRelease, 6);
    const unmeasured = planEntry('rc-cap', directWiring, { ...board, measured: { at: '2026-01-01' } });
    expect(unmeasured.window).toEqual(byParts);
  });
});
