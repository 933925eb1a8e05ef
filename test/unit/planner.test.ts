import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { planApplicationReset } from '../../src/board/circuit/application-reset.ts';
import { describePlan, drawPlan } from '../../src/board/circuit/describe.ts';
import type { LinePlan, Wiring } from '../../src/board/circuit/plan.ts';
import {
  fittingCapacitor,
  hostAllowance,
  type LineMethod,
  planEntry,
  withShortestPulse,
} from '../../src/board/circuit/planner.ts';
import { idleLines } from '../../src/board/circuit/wiring.ts';
import { noWiring } from '../../src/board/profile/resolve-wiring.ts';
import {
  referenceBoot0 as boot0,
  crossCoupledWiring,
  directWiring,
  referenceNrst as nrst,
  oneKeyWiring,
} from '../helpers/circuits.ts';

/** From NRST = 0 to BOOT0 = 0 with NRST = 1 both lines have to move. */
const acrossWiring: Wiring = {
  'rts released, dtr released': { boot0: 0, nrst: 1 },
  'rts asserted, dtr released': { boot0: 1, nrst: 1 },
  'rts released, dtr asserted': { boot0: 1, nrst: 1 },
  'rts asserted, dtr asserted': { boot0: 1, nrst: 0 },
};
/** The same circuit with its idle state at BOOT0 = 1. */
const upsideDown: Wiring = {
  'rts released, dtr released': { boot0: 1, nrst: 1 },
  'rts asserted, dtr released': { boot0: 0, nrst: 1 },
  'rts released, dtr asserted': { boot0: 1, nrst: 0 },
  'rts asserted, dtr asserted': { boot0: 0, nrst: 1 },
};

const brief = ({ steps }: LinePlan) => steps.map(({ pins, hold }) => `${pins.boot0}${pins.nrst} ${hold}`);
const refusal = (run: () => LinePlan): BootctlError => {
  try {
    run();
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('it was planned all the same');
};

describe('what cannot be planned is refused with its numbers', () => {
  const table: readonly [string, () => LinePlan, RegExp][] = [
    [
      'lines on a cross-coupled circuit',
      () => planEntry('lines', crossCoupledWiring, { boot0, nrst }),
      /^lines needs BOOT0 = 1 with NRST = 0, which no state of RTS and DTR gives/,
    ],
    [
      'lines where BOOT0 falls together with the release of NRST',
      () =>
        planEntry('lines', { ...directWiring, 'rts released, dtr asserted': { boot0: 0, nrst: 1 } }, { boot0, nrst }),
      /^lines needs BOOT0 = 1 with NRST = 1/,
    ],
    ['rc-cap without a capacitor', () => planEntry('rc-cap', directWiring, { nrst }), /no `boot0` values/],
    [
      'rc-cap without a reset at BOOT0 = 0',
      () =>
        planEntry(
          'rc-cap',
          { ...crossCoupledWiring, 'rts asserted, dtr released': { boot0: 1, nrst: 0 } },
          { boot0, nrst },
        ),
      /^rc-cap needs BOOT0 = 0 with NRST = 0/,
    ],
    [
      'rc-cap where BOOT0 cannot be charged',
      () =>
        planEntry('rc-cap', { ...directWiring, 'rts released, dtr asserted': { boot0: 0, nrst: 1 } }, { boot0, nrst }),
      /^rc-cap needs BOOT0 = 1 with NRST = 1/,
    ],
    [
      'rc-cap where BOOT0 rises with the release of NRST',
      () =>
        planEntry('rc-cap', { ...directWiring, 'rts released, dtr released': { boot0: 1, nrst: 1 } }, { boot0, nrst }),
      /^rc-cap needs BOOT0 = 0 with NRST = 1/,
    ],
    [
      'a reset into the application where BOOT0 is always 1 while the target runs',
      () => planApplicationReset({ ...directWiring, 'rts released, dtr released': { boot0: 1, nrst: 1 } }, nrst),
      /^A reset into the application needs BOOT0 = 0 with NRST = 1/,
    ],
    [
      'a capacitor that is too small',
      () => planEntry('rc-cap', directWiring, { boot0: { ...boot0, capacitor: 1e-6 }, nrst }),
      /above 2\.31 V for 8\.2 ms in the worst corner, but the reset needs 17\.9 ms \(pulse 10\.0 ms, NRST rise 7\.9 ms\) and the host 5\.0 ms more\. Use a capacitor of 3\.3 µF or more\. `bootctl rc analyse` says what else counts\.$/,
    ],
    [
      'a reset that no capacitor outlasts',
      () => planEntry('rc-cap', directWiring, { boot0, nrst: { ...nrst, pulse: 10_000 } }),
      /\(pulse 10000\.0 ms.*more\. Use a smaller chargeResistor or a larger bleedResistor\.$/,
    ],
    [
      'a charge resistor that is too large',
      () => planEntry('rc-cap', directWiring, { boot0: { ...boot0, chargeResistor: 47e3 }, nrst }),
      /^rc-cap: BOOT0 charges to 1\.50 V only, but its VIH is 2\.31 V\. Use a smaller chargeResistor or a larger bleedResistor\.$/,
    ],
    [
      'lines with that resistor',
      () => planEntry('lines', directWiring, { boot0: { ...boot0, chargeResistor: 47e3 }, nrst }),
      /^lines: BOOT0 charges to 1\.50 V only/,
    ],
    [
      'a reset into the application where no line reaches NRST',
      () => planApplicationReset(noWiring, nrst),
      /^No line of an adapter reaches NRST of this board\.$/,
    ],
    [
      'a reset into the application where NRST always comes with BOOT0, and rises at once',
      () => planApplicationReset(oneKeyWiring, { ...nrst, capacitor: 0 }),
      /no state of RTS and DTR gives NRST = 0 with BOOT0 = 0, .*: BOOT0 is surely low 0\.1 ms after that, and NRST may have risen after 0\.0 ms\.$/,
    ],
    [
      'the same where a capacitor holds BOOT0',
      () => planApplicationReset(oneKeyWiring, nrst, boot0),
      /: BOOT0 is surely low 340\.2 ms after that, and NRST may have risen after 0\.4 ms\.$/,
    ],
    [
      'the same where both lines have to move, and pass BOOT0 = 1 with NRST = 1',
      () => planApplicationReset(acrossWiring, nrst),
      /no state of RTS and DTR gives NRST = 0 with BOOT0 = 0, and RTS and DTR, which move one after the other, pass BOOT0 = 1 with NRST = 1\.$/,
    ],
  ];
  test.each(table)('%s', (_name, run, message) => {
    const error = refusal(run);
    expect(error.code).toBe('profile-invalid');
    expect(error.message).toMatch(message);
    expect(error.hint).toBe('Correct wiring, values or methods in the profile.');
  });
});

describe('a resistor that the board has from BOOT0 to ground', () => {
  const withBoard = (boardPullDown: number, capacitor = boot0.capacitor) => ({
    boot0: { ...boot0, boardPullDown, capacitor },
    nrst,
  });
  test('10 kΩ empty the capacitor too soon; the refusal says which capacitor does', () => {
    const error = refusal(() => planEntry('rc-cap', directWiring, withBoard(10e3)));
    expect(error.message).toMatch(/holds BOOT0 above 2\.31 V for 3\.9 ms in the worst corner/);
    expect(error.message).toContain(
      'Use a capacitor of 33 µF or more, or take off the resistor that pulls BOOT0 down on the board.',
    );
    expect(planEntry('rc-cap', directWiring, withBoard(10e3, 33e-6)).margin).toBeGreaterThanOrEqual(hostAllowance);
    expect(() => planEntry('rc-cap', directWiring, withBoard(10e3, 22e-6))).toThrow(/worst corner/);
  });
  test('the capacitor that is advised is one of the E6 series, up to 680 µF', () => {
    // 4.7 µF hold for 38.7 ms: 1 s, with 12.9 ms for NRST and the host, takes 123 µF; 10 s would take 1.2 mF.
    expect(fittingCapacitor(boot0, { ...nrst, pulse: 1_000 })).toBe(150e-6);
    expect(fittingCapacitor(boot0, { ...nrst, pulse: 10_000 })).toBeUndefined();
  });
  test('1 kΩ keep BOOT0 below VIH, also while its line drives it', () => {
    const error = refusal(() => planEntry('lines', directWiring, withBoard(1e3)));
    expect(error.message).toMatch(/^lines: BOOT0 charges to 1\.48 V only/);
    expect(error.message).toMatch(/Take off the resistor that pulls BOOT0 down on the board/);
  });
  test('near VIH the tolerances decide', () => {
    expect(refusal(() => planEntry('rc-cap', directWiring, withBoard(3.7e3))).message).toMatch(
      /charges to 2\.32 V, too near to its VIH of 2\.31 V for parts with tolerances/,
    );
  });
  test('lines works with 10 kΩ', () => {
    expect(planEntry('lines', directWiring, withBoard(10e3)).margin).toBeGreaterThan(0);
  });
});

test('a bleed resistor over which leakage keeps BOOT0 high is refused', () => {
  const circuit = { ...boot0, bleedResistor: 470e3, vil: 0.43 };
  expect(refusal(() => planApplicationReset(directWiring, nrst, circuit)).message).toMatch(
    /^A reset into the application: .*never surely low\. Use a smaller bleedResistor: 47 kΩ fits every STM32\.$/,
  );
});

describe('rc-cap', () => {
  test('charges, lets go of BOOT0 as NRST falls, ends idle; 38.7 ms less 10 ms and the rise of NRST are left', () => {
    const plan = planEntry('rc-cap', directWiring, { boot0, nrst });
    expect(brief(plan)).toEqual(['11 50', '00 10', '01 0']);
    expect(plan.window).toMatchObject({ opens: 1, closes: 2 });
    expect(plan.window!.limit).toBeCloseTo(38.7, 1); // see corners.test.ts
    expect(plan.window!.nrstRelease).toBeCloseTo(55 * 0.12 * 1.204, 2);
    expect(plan.window!.needed).toBeCloseTo(10 + plan.window!.nrstRelease + 0.001, 9);
    expect(plan.margin).toBeCloseTo(plan.window!.limit - plan.window!.needed, 9);
    expect(plan.clear).toBeCloseTo(340.2, 1);
  });
  test.each([
    ['longer charge', ['11 200', '00 10', '01 0']],
    ['longer pulse', ['11 50', '00 25', '01 0']],
  ] as const)('%s', (change, steps) => {
    expect(brief(planEntry('rc-cap', directWiring, { boot0, nrst }, change))).toEqual(steps);
  });
  test('the shortest pulse is what NRST needs, and the window is as much longer', () => {
    const plan = planEntry('rc-cap', directWiring, { boot0, nrst });
    const shorter = withShortestPulse(plan, nrst)!; // 5 * 300 ohms * 100 nF = 0.15 ms, and a timer has 1 ms
    expect(brief(shorter)).toEqual(['11 50', '00 1', '01 0']);
    expect(shorter.margin).toBeCloseTo(plan.margin + 9, 9);
    expect(shorter.window!.needed).toBeCloseTo(plan.window!.needed - 9, 9);
    expect(shorter.window!.limit).toBe(plan.window!.limit);
  });
  test.each([
    [2.2e-6, 4], // 5 * 300 ohms * 2.2 uF = 3.3 ms
    [5.9e-6, 9],
  ])('with %d F at NRST it is %d ms', (capacitor, pulse) => {
    const plan = planEntry('rc-cap', directWiring, { boot0, nrst });
    expect(brief(withShortestPulse(plan, { ...nrst, capacitor })!)[1]).toBe(`00 ${pulse}`);
  });
  test('none is shorter where NRST needs all of it, or no capacitor has to hold', () => {
    const plan = planEntry('rc-cap', directWiring, { boot0, nrst });
    expect(withShortestPulse(plan, { ...nrst, capacitor: 6.7e-6 })).toBeUndefined(); // 10.05 ms
    expect(withShortestPulse(planEntry('lines', directWiring, { boot0, nrst }), nrst)).toBeUndefined();
  });
  test('a longer pulse stays inside the window', () => {
    const plan = planEntry('rc-cap', directWiring, { boot0: { ...boot0, capacitor: 3.3e-6 }, nrst }, 'longer pulse');
    expect(plan.steps[1]!.hold).toBe(14); // 27.2 - 7.9 - 5 ms
    expect(plan.margin).toBeGreaterThanOrEqual(hostAllowance);
  });
  test('a slow charge lasts five time constants of the largest capacitor', () => {
    const plan = planEntry('rc-cap', directWiring, { boot0: { ...boot0, chargeResistor: 4700, vih: 1.6 }, nrst });
    expect(plan.steps[0]!.hold).toBe(121); // 5 * 4273 ohms * 5.64 uF = 120.5 ms
  });
  test('runs on the cross-coupled circuit too', () => {
    const { steps } = planEntry('rc-cap', crossCoupledWiring, { boot0, nrst });
    expect(steps.map(({ lines }) => `${lines.rts} ${lines.dtr}`)).toEqual([
      'released asserted',
      'asserted released',
      'released released',
    ]);
  });
});

describe('lines', () => {
  test('holds BOOT0 through the reset and 200 ms into the start, then idle', () => {
    const plan = planEntry('lines', directWiring, { nrst });
    expect(brief(plan)).toEqual(['10 10', '11 208', '01 0']);
    expect(plan).toMatchObject({ margin: 10, clear: 0 });
    expect(plan.window).toBeUndefined();
  });
  test('with an RC circuit the reset lasts until BOOT0 is charged', () => {
    const plan = planEntry('lines', directWiring, { boot0, nrst });
    expect(brief(plan)).toEqual(['10 50', '11 208', '01 0']);
    expect(plan.margin).toBeCloseTo(50 - 9.1, 1); // 5.79 ms * ln(2.83 / 0.59), all parts at their worst
    expect(plan.clear).toBeCloseTo(340.2, 1);
  });
  test('a longer pulse is ten times the pulse', () => {
    expect(brief(planEntry('lines', directWiring, { nrst }, 'longer pulse'))).toEqual(['10 100', '11 208', '01 0']);
  });
  test('a board whose idle state is BOOT0 = 1 ends there without another step', () => {
    const inverted: Wiring = {
      'rts released, dtr released': { boot0: 1, nrst: 1 },
      'rts asserted, dtr released': { boot0: 1, nrst: 0 },
      'rts released, dtr asserted': { boot0: 0, nrst: 1 },
      'rts asserted, dtr asserted': { boot0: 0, nrst: 0 },
    };
    expect(brief(planEntry('lines', inverted, { nrst }))).toEqual(['10 10', '11 208']);
    expect(brief(planEntry('rc-cap', inverted, { boot0, nrst }))).toEqual(['11 50', '00 10', '01 200', '11 0']);
    expect(brief(planApplicationReset(inverted, nrst))).toEqual(['01 10', '00 10', '01 18', '11 0']);
  });
});

describe('the reset into the application', () => {
  test('waits until the capacitor is empty: opening the port on Linux may have charged it', () => {
    const plan = planApplicationReset(directWiring, nrst, boot0);
    expect(brief(plan)).toEqual(['01 351', '00 10', '01 0']);
    expect(plan.margin).toBeCloseTo(351 - 340.2, 1);
  });
  test('where NRST is low only together with BOOT0 = 1, both are let go by one line: NRST rises last', () => {
    const plan = planApplicationReset(oneKeyWiring, nrst);
    expect(brief(plan)).toEqual(['01 10', '10 10', '01 0']);
    // 40 kΩ × 25/45, 80 nF, from 0 V to 0.8 V of 3.6 V: 0.447 ms; BOOT0 needs 0.1 ms.
    expect(plan.margin).toBeCloseTo(0.347, 3);
    expect(plan.steps.map(({ lines }) => `${lines.rts} ${lines.dtr}`)).toEqual([
      'released released',
      'asserted released',
      'released released',
    ]);
  });
  test('where the state that lets both go is not the idle one, it lasts until the target has started', () => {
    const plan = planApplicationReset(upsideDown, nrst);
    expect(brief(plan)).toEqual(['01 10', '10 10', '01 18', '11 0']);
  });
  test('never puts BOOT0 to 1', () => {
    expect(brief(planApplicationReset(crossCoupledWiring, nrst))).toEqual(['01 10', '00 10', '01 0']);
  });
});

test('any plan ends idle with a window that fits', () => {
  const methods = fc.constantFrom<LineMethod>('lines', 'rc-cap');
  const changes = fc.constantFrom('nominal', 'longer charge', 'longer pulse' as const);
  const capacitors = fc.double({ min: 3e-6, max: 1e-4, noNaN: true });
  fc.assert(
    fc.property(methods, changes, capacitors, (method, change, capacitor) => {
      const plan = planEntry(method, directWiring, { boot0: { ...boot0, capacitor }, nrst }, change);
      expect(plan.steps.at(-1)!.lines).toEqual(idleLines);
      expect(plan.margin).toBeGreaterThanOrEqual(hostAllowance);
    }),
  );
});

describe('for people', () => {
  const plan = planEntry('rc-cap', directWiring, { boot0, nrst });
  test('in words', () => {
    expect(describePlan(plan)).toEqual([
      '    0.0 ms  RTS released  DTR asserted  NRST 1  BOOT0 1  for 50.0 ms     charge BOOT0',
      '   50.0 ms  RTS asserted  DTR released  NRST 0  BOOT0 0  for 10.0 ms     reset while the capacitor holds BOOT0',
      '   60.0 ms  RTS released  DTR released  NRST 1  BOOT0 0  and stay        start the ROM',
      'hold window 38.7 ms, needed 17.9 ms, margin 20.8 ms',
      'BOOT0 is low again 340.2 ms after its line is released',
    ]);
    expect(describePlan(planEntry('lines', directWiring, { nrst })).at(-1)).toBe('margin 10.0 ms');
  });
  test('each step says what it is for', () => {
    const purposes = ({ steps }: LinePlan) => steps.map(({ purpose }) => purpose);
    expect(purposes(planEntry('lines', directWiring, { nrst }))).toEqual([
      'reset with BOOT0 held high',
      'BOOT0 stays high while the ROM starts',
      'idle',
    ]);
    const [settle, ...reset] = purposes(planApplicationReset(directWiring, nrst));
    expect([settle, ...reset]).toEqual(['BOOT0 low', 'reset with BOOT0 low', 'start the application']);
    expect(purposes(planApplicationReset(directWiring, nrst, boot0))).toEqual(['BOOT0 bleeds', ...reset]);
  });
  test('as a drawing: the capacitor holds BOOT0 while NRST is low', () => {
    const drawing = drawPlan(plan);
    const [nrstHigh, nrstLow, boot0High] = drawing.slice(4, 7);
    const pulse = [nrstLow!.indexOf('└'), nrstLow!.indexOf('┘')] as const;
    expect(nrstHigh!.slice(...pulse).trimEnd()).toBe('┐');
    expect(boot0High!.slice(...pulse)).toMatch(/^╌+$/);
    expect(drawing.at(-1)!.indexOf('50.0 ms')).toBe(pulse[0]);
    for (const row of drawing) expect(row.length).toBeLessThanOrEqual(100);
    expect(drawPlan(planEntry('lines', directWiring, { nrst })).join('')).not.toContain('╌');
  });
});
