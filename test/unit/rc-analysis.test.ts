import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapterJitters } from '../../src/board/analysis/adapter-jitter.ts';
import { analyse, worstValues } from '../../src/board/analysis/analyse.ts';
import { analysedBoard } from '../../src/board/analysis/analysed-board.ts';
import { boot0Driver, lacksDiode } from '../../src/board/analysis/boot0-driver.ts';
import { dielectricNames, dielectrics, keptShare } from '../../src/board/analysis/dielectrics.ts';
import { analysedPlan, entryTimes, partsOf } from '../../src/board/analysis/entry-times.ts';
import {
  type Factors,
  factorNames,
  factorsOf,
  nominalOf,
  type RcBoard,
  type Values,
} from '../../src/board/analysis/factors.ts';
import { leakages } from '../../src/board/analysis/leakages.ts';
import { drawnBoards, manyBoards } from '../../src/board/analysis/many-boards.ts';
import { reachOf, verdictOf } from '../../src/board/analysis/verdict.ts';
import { guaranteedHoldTime } from '../../src/board/circuit/corners.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { wiringFromPins } from '../../src/board/circuit/wiring.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { boot0Levels } from '../../src/chips/boot0-levels.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { crossCoupledWiring, oneKeyWiring, referenceBoard, referenceBoot0 } from '../helpers/circuits.ts';
import { ngspiceMissing, runNetlist } from '../helpers/spice.ts';

/** The reference circuit on an F4 (DS10314, Table 53: VIH 0.17 VDD + 0.7 V), with changes of its parts. */
function f4Board(changes: Partial<RcBoard['boot0']> = {}, others: Partial<BoardProfile> = {}): RcBoard {
  const levels = boot0Levels(findChip('F405_407'));
  const boot0 = { ...referenceBoot0, levels, vih: 0.17 * 3.3 + 0.7, vil: 0.1 * 3.3 + 0.1, ...changes };
  return { ...referenceBoard(others), boot0 };
}

describe('the oracle: ngspice on the same draws', () => {
  const missing = ngspiceMissing();
  const spiced = (name: string, run: () => void) =>
    test(`${name}${missing ? ` (not run: ${missing})` : ''}`, ({ skip }) => (missing ? skip(missing) : run()), 120_000);

  /** One copy of the ideal circuit of hardware/circuits/corners.cir for each board; DTR asserted for 50 ms, from 0 V on. */
  function netlistOf(board: RcBoard, boards: readonly Values[], tran: string): string {
    const copies = boards.flatMap((values, index) => {
      const { supply, diodeDrop, chargeResistor, pullDown, capacitor, leakage } = partsOf(board, values);
      const vih = 0.17 * supply + 0.7;
      return [
        `vs${index} s${index} 0 ${supply}`,
        `sw${index} s${index} a${index} gate 0 switch`,
        `vd${index} a${index} b${index} ${diodeDrop}`,
        `rc${index} b${index} n${index} ${chargeResistor}`,
        `c${index} n${index} 0 ${capacitor} ic=0`,
        `rb${index} n${index} 0 ${pullDown}`,
        `il${index} 0 n${index} ${leakage}`,
        `.meas tran charge_${index} trig at=0.1m targ v(n${index}) val=${vih} rise=1`,
        `.meas tran hold_${index} trig at=50.1m targ v(n${index}) val=${vih} fall=1`,
      ];
    });
    return [
      'the same draws',
      '.model switch SW(VT=0.5 VH=0.1 RON=0.1 ROFF=1e9)',
      'vgate gate 0 PWL(0 0 99.5u 0 100.5u 1 50.0995m 1 50.1005m 0)',
      ...copies,
      `.tran ${tran} uic`,
      '.end',
      '',
    ].join('\n');
  }

  spiced('40 boards of each of two circuits: charge and hold agree within 2 %, and the same boards get in', () => {
    const off: number[] = [];
    for (const board of [f4Board({}, { wiring: crossCoupledWiring }), f4Board({ capacitor: 680e-9 })]) {
      const factors = factorsOf(board);
      const plan = analysedPlan(board, 'rc-cap');
      expect(plan.charge).toBe(50);
      const boards = [...drawnBoards(factors, 40, 3)];
      // Finely where the charge is, and to the end of the longest hold.
      const charges = runNetlist(netlistOf(board, boards, '2u 10m 0 2u'));
      const holds = runNetlist(netlistOf(board, boards, '50u 500m 0 50u'));
      for (const [index, values] of boards.entries()) {
        const times = entryTimes(board, plan, values);
        const [charge, hold] = [charges.get(`charge_${index}`)! * 1e3, holds.get(`hold_${index}`)! * 1e3];
        off.push(Math.abs(times.charge / charge - 1), Math.abs(times.hold / hold - 1));
        expect(times.margin >= 0).toBe(hold >= times.needed);
      }
    }
    expect(Math.max(...off)).toBeLessThan(0.02);
  });
});

describe('corners', () => {
  test('as labelled they are the figures of hardware/circuits/rc-cap.md: 187.0 ms above 1.26 V, NRST in 4.8 ms', () => {
    const { nominal, worst } = analyse(f4Board(), 'rc-cap');
    expect(nominal.times.hold).toBeCloseTo(187.0, 0);
    expect(nominal.times.nrstRelease).toBeCloseTo(4.8, 1);
    expect(nominal.times.needed).toBeCloseTo(10 + 4.816 + 0.001, 2);
    // 4.7 µF at -20 %, half by DC bias, -15 % by temperature, -8 % by age, 44.65 kΩ, 1 µA out; VIH 1.244 V of 3.201 V.
    const v0 = ((3.201 - 0.3) / 1050 - 1e-6) * ((1050 * 44_650) / (1050 + 44_650));
    const tau = 44.65 * 4.7 * 0.8 * 0.5 * 0.85 * 0.92;
    const rest = -1e-6 * 44_650;
    expect(worst.times.hold).toBeCloseTo(tau * Math.log((v0 - rest) / (0.17 * 3.201 + 0.7 - rest)), 2);
    // 55 of 40 kΩ, 120 nF and +15 %; 5 ms of the host.
    expect(worst.times.needed).toBeCloseTo(10 + -55 * 0.138 * Math.log(0.3) + 0.001 + 5, 2);
  });

  test('no corner of all ends is worse than the one that is found, for many circuits', () => {
    const ends = (factors: Factors): Values[] =>
      factorNames.reduce<Values[]>(
        (all, name) =>
          all.flatMap((values) =>
            [...new Set([factors[name].low, factors[name].high])].map((end) => ({ ...values, [name]: end })),
          ),
        [nominalOf(factors)],
      );
    fc.assert(
      fc.property(
        fc.constantFrom(100e-9, 1e-6, 4.7e-6, 47e-6, 470e-6),
        fc.constantFrom(470, 1e3, 10e3, 33e3),
        fc.constantFrom(4.7e3, 47e3, 220e3),
        fc.constantFrom(...dielectricNames),
        fc.constantFrom('rc-cap' as const, 'lines' as const),
        (capacitor, chargeResistor, bleedResistor, dielectric, method) => {
          const board = f4Board({ capacitor, chargeResistor, bleedResistor });
          const factors = factorsOf(board, { dielectric });
          const plan = analysedPlan(board, method);
          const margin = (values: Values) => entryTimes(board, plan, values).margin;
          const found = margin(worstValues(factors, margin));
          expect(found).toBeLessThanOrEqual(Math.min(...ends(factors).map(margin)) + 1e-9);
        },
      ),
      { seed: 17, numRuns: 40 },
    );
  });

  test('each factor costs what it costs alone; the costliest comes first, and the DC bias of an unnamed ceramic is it', () => {
    const { sensitivities, nominal, factors } = analyse(f4Board(), 'rc-cap');
    expect(sensitivities[0]!.factor).toBe('capacitor DC bias');
    // Half of the capacitor is half of the hold.
    expect(sensitivities[0]!.cost).toBeCloseTo(nominal.times.hold / 2, 0);
    const costs = sensitivities.map(({ cost }) => cost);
    expect(costs).toEqual(costs.toSorted((a, b) => b - a));
    expect(sensitivities.map(({ factor }) => factor).toSorted()).toEqual(Object.keys(factors).toSorted());
  });

  test('the capacitor that is advised does it at worst, and the one below it does not', () => {
    const { fittingCapacitor } = analyse(f4Board({ capacitor: 100e-9 }), 'rc-cap');
    expect(fittingCapacitor).toBe(2.2e-6);
    const margin = (capacitor: number) => analyse(f4Board({ capacitor }), 'rc-cap').worst.times.margin;
    expect(margin(2.2e-6)).toBeGreaterThanOrEqual(0);
    expect(margin(1.5e-6)).toBeLessThan(0);
    expect(analyse(f4Board({ bleedResistor: 1e3 }), 'rc-cap').fittingCapacitor).toBeUndefined();
  });

  test('what was measured of an adapter takes the place of the usual jitter, and what is assumed before that', () => {
    const measured = { at: '2026-11-29', adapterLatency: { low: 1, high: 2.5 } };
    expect(factorsOf(f4Board())['host jitter'].high).toBe(5);
    expect(factorsOf(f4Board({}, { measured }))['host jitter'].high).toBe(2.5);
    const jitter = { ms: 20, source: 'a test' };
    expect(factorsOf(f4Board({}, { measured }), { jitter })['host jitter']).toMatchObject({
      high: 20,
      source: 'a test',
    });
  });

  test('a diode behind a pin that goes low leaks out of the node; a transistor leaks into it; an electrolytic out of it', () => {
    const byPin = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 0 });
    expect(factorsOf(f4Board({}, { wiring: byPin })).leakage).toMatchObject({ low: -20e-6, high: 1e-6 });
    expect(factorsOf(f4Board()).leakage).toMatchObject({ low: -1e-6, high: 2e-6 });
    expect(factorsOf(f4Board(), { dielectric: 'electrolytic' }).leakage.low).toBeCloseTo(-4e-6, 9);
    expect(factorsOf(f4Board({ capacitor: 100e-6 }), { dielectric: 'electrolytic' }).leakage.low).toBeCloseTo(
      -11e-6,
      9,
    );
  });
});

test('what charges BOOT0: a transistor, a pin of the adapter or of this host, or what nobody knows', () => {
  const rts = { line: 'rts', asserted: 0 } as const;
  const at = (asserted: 0 | 1, hostLines?: BoardProfile['hostLines']) =>
    f4Board(
      { diodeDrop: 0 },
      { wiring: wiringFromPins(rts, { line: 'dtr', asserted }), ...(hostLines && { hostLines }) },
    );
  const gpio = (idle: 0 | 1) =>
    ({ dtr: { kind: 'gpio', chip: 'gpiochip0', offset: 20, idle, isOpenDrain: false } }) as const;
  const driversOf = (board: RcBoard) => [boot0Driver(board), lacksDiode(board)];
  expect(driversOf(at(1))).toEqual(['transistor', false]);
  expect(driversOf(at(0))).toEqual(['pin', true]);
  expect(driversOf(at(1, gpio(0)))).toEqual(['pin', true]);
  expect(driversOf(at(1, gpio(1)))).toEqual(['transistor', false]);
  expect(driversOf(f4Board({}, { wiring: crossCoupledWiring }))).toEqual(['transistor', false]);
  expect(lacksDiode({ ...at(0), boot0: f4Board().boot0 })).toBe(false);
  expect(boot0Driver(f4Board({}, { wiring: oneKeyWiring }))).toBe('transistor');
  expect(boot0Driver(f4Board({}, { wiring: wiringFromPins(rts, 'nobody') }))).toBe('unknown');
});

describe('many boards', () => {
  const board = f4Board({ capacitor: 680e-9 });
  const plan = analysedPlan(board, 'rc-cap');
  const factors = factorsOf(board);
  const drawn = (boards: number, seed: number) => manyBoards(board, plan, factors, { boards, seed });

  test('the same seed draws the same boards, another one others', () => {
    expect(drawn(500, 7)).toEqual(drawn(500, 7));
    expect(drawn(500, 7).quantiles).not.toEqual(drawn(500, 8).quantiles);
  });

  test('each value lies in its range and fills it', () => {
    const boards = [...drawnBoards(factors, 2_000, 1)];
    for (const name of factorNames) {
      const { low, high } = factors[name];
      const values = boards.map((values) => values[name]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean - (low + high) / 2)).toBeLessThan((high - low) * 0.03 + 1e-12);
    }
  });

  test('share, quantiles and bins are those of the boards, and no board is beyond the corners', () => {
    const many = drawn(4_000, 2);
    const margins = [...drawnBoards(factors, 4_000, 2)].map((values) => entryTimes(board, plan, values).margin);
    expect(many.entered).toBe(margins.filter((margin) => margin >= 0).length);
    expect(many.share).toBeGreaterThan(0.02);
    expect(many.share).toBeLessThan(0.98);
    expect(many.interval.low).toBeLessThan(many.share);
    expect(many.interval.high).toBeGreaterThan(many.share);
    for (const { share, margin } of many.quantiles) {
      const below = margins.filter((one) => one < margin).length / margins.length;
      expect(Math.abs(below - share)).toBeLessThan(0.001);
    }
    expect(many.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(4_000);
    const { worst, corners } = analyse(board, 'rc-cap');
    expect(many.histogram.low).toBeGreaterThanOrEqual(worst.times.margin);
    expect(many.histogram.high).toBeLessThanOrEqual(corners.at(-1)!.times.margin);
  });

  test('Wilson: of 10,000 that all get in it is 99.96 % at least', () => {
    // n / (n + z²), for shares of 1.
    expect(manyBoards(f4Board(), plan, factorsOf(f4Board()), { boards: 10_000, seed: 1 }).interval.low).toBeCloseTo(
      10_000 / (10_000 + 1.96 ** 2),
      6,
    );
  });
});

describe('what the verdict says first', () => {
  const verdict = (board: RcBoard, method: 'rc-cap' | 'lines' = 'rc-cap') => {
    const analysis = analyse(board, method);
    const many = manyBoards(board, analysis.plan, analysis.factors, { boards: 1_000, seed: 1 });
    return { reach: reachOf(analysis), text: verdictOf(board, analysis, many) };
  };

  test('100 nF: the figures, and the capacitor that does it', () => {
    const { reach, text } = verdict(f4Board({ capacitor: 100e-9 }));
    expect(reach).toBe('none');
    expect(text).toBe(
      'rc-cap, rc-cap: does not work. 100 nF hold BOOT0 for 4.0 ms, but the reset needs 14.8 ms (1.1 ms and 24.1 ms at worst). Use a capacitor of 2.2 µF or more.',
    );
  });

  test('1 µF: some boards, and what takes most', () => {
    const { reach, text } = verdict(f4Board({ capacitor: 1e-6 }));
    expect(reach).toBe('some boards');
    expect(text).toMatch(
      /does not work on every board.* of 1,000 boards get in\. Most is taken by the DC bias of the capacitor/,
    );
  });

  test('4.7 µF: every board', () => {
    expect(verdict(f4Board()).text).toMatch(/works, also with every part at its worst\. .* are left\. 1,000 of 1,000/);
    expect(verdict(f4Board(), 'lines').text).toMatch(
      /holds BOOT0 through the whole reset; BOOT0 needs \d\.\d ms of 50\.0 ms/,
    );
  });

  test('a divider that never gets to VIH, and one that does so by its line', () => {
    const weak = f4Board({ boardPullDown: 500 });
    expect(verdict(weak)).toMatchObject({ reach: 'none', text: expect.stringContaining('Take off the resistor') });
    expect(verdict(weak, 'lines')).toMatchObject({ reach: 'none', text: expect.stringContaining('BOOT0 charges to') });
  });

  test('a bleed resistor with which BOOT0 is never surely low again is no plan, though the capacitor holds', () => {
    const { reach, text } = verdict(f4Board({ bleedResistor: 1e6, capacitor: 10e-6 }));
    expect(reach).toBe('some boards');
    expect(text).toContain('never surely low');
  });
});

describe('which boards are analysed', () => {
  test('one without a capacitor is refused, and one whose methods move no line', () => {
    const { boot0: _none, ...driven } = referenceBoard();
    expect(() => analysedBoard(driven)).toThrow(expect.objectContaining({ code: 'circuit-not-analysable' }));
    expect(() => analysedBoard(referenceBoard({ methods: ['manual'] }))).toThrow(/it has manual, and neither/);
    expect(analysedBoard(referenceBoard({ methods: ['lines', 'rc-cap'] })).methods).toEqual(['rc-cap', 'lines']);
  });

  test('a wiring that has not the states of the method is the fault of the wiring', () => {
    expect(() => analyse({ ...f4Board(), wiring: crossCoupledWiring }, 'lines')).toThrow(
      expect.objectContaining({ code: 'profile-invalid' }),
    );
  });
});

describe('data', () => {
  test('every row says who says so: a document, or whose assumption it is', () => {
    const ranges = Object.values(dielectrics).flatMap((row) => [row.bias, row.temperature, row.age]);
    const others = [...Object.values(leakages), ...Object.values(adapterJitters), dielectrics.electrolytic.leakage];
    for (const { source } of [...ranges, ...others]) {
      expect(source).toMatch(/our assumption|\.com|\.co\.jp|p\. \d|SimSurfing|hardware\/|BC857|Maxim/);
    }
    for (const range of ranges) {
      expect(range.low).toBeGreaterThan(0);
      expect(range.high).toBeGreaterThanOrEqual(range.low);
    }
  });

  test('a dielectric that the profile names is in the plan: X5R keeps 0.31 · 0.85 · 0.92 at worst, and 1.15 where its voltage is low', () => {
    expect(keptShare('X5R').low).toBeCloseTo(0.2424, 3);
    expect(keptShare('X5R').high).toBeCloseTo(1.15, 6);
    const plain = f4Board();
    const named = f4Board({ dielectric: 'X5R', kept: keptShare('X5R') });
    expect(guaranteedHoldTime(named.boot0, 50) / guaranteedHoldTime(plain.boot0, 50)).toBeCloseTo(0.2424, 2);
    const limit = planEntry('rc-cap', named.wiring, named).window!.limit;
    expect(limit).toBeCloseTo(guaranteedHoldTime(named.boot0, 50), 6);
  });
});
