import { describe, expect, test } from 'vitest';
import { canReset, planApplicationReset, whyNoReset } from '../../src/board/circuit/application-reset.ts';
import { type CommandLine, type GpioLine, gpioLevel, isPulsed, lineNames } from '../../src/board/circuit/host-lines.ts';
import type { LinePlan } from '../../src/board/circuit/plan.ts';
import { planEntry, planPowerCycle } from '../../src/board/circuit/planner.ts';
import { valuesOf } from '../../src/board/circuit/preferred-values.ts';
import { handOf, opensInReset, usesModemLines, wiringFromPins } from '../../src/board/circuit/wiring.ts';
import { crossCoupledWiring, directWiring, oneKeyWiring, referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

const gpio = (offset: number, chip = 'gpiochip0'): GpioLine => ({
  kind: 'gpio',
  chip,
  offset,
  idle: 1,
  isOpenDrain: false,
});
const boot0: CommandLine = { kind: 'command', pin: 'boot0', high: ['up'], low: ['down'], timeout: 1 };
const pulse = (by: 'reset' | 'powerCycle'): CommandLine => ({
  kind: 'command',
  pin: 'nrst',
  by,
  pulse: ['x'],
  timeout: 1,
});

test.each([
  [{}, 'RTS', 'DTR'],
  [{ hostLines: {} }, 'RTS', 'DTR'],
  [{ hostLines: { rts: gpio(21) } }, 'GPIO21', 'DTR'],
  [{ hostLines: { rts: pulse('reset'), dtr: boot0 } }, 'reset', 'boot0'],
  [{ hostLines: { rts: pulse('powerCycle'), dtr: gpio(4) } }, 'power', 'GPIO4'],
  [{ hostLines: { rts: gpio(4, 'a'), dtr: gpio(4, 'b') } }, 'a/4', 'b/4'],
  [{ hostLines: { rts: gpio(4, 'a'), dtr: gpio(5, 'a') } }, 'GPIO4', 'GPIO5'],
] as const)('the lines of %j are called %s and %s', (board, rts, dtr) => {
  expect(lineNames(board)).toEqual({ rts, dtr });
});

test('a GPIO is at its idle level while its line is released, and at the other one while it is asserted', () => {
  expect([gpioLevel({ idle: 1 }, 'released'), gpioLevel({ idle: 1 }, 'asserted')]).toEqual([1, 0]);
  expect([gpioLevel({ idle: 0 }, 'released'), gpioLevel({ idle: 0 }, 'asserted')]).toEqual([0, 1]);
});

test('NRST is pulsed where a program moves it', () => {
  expect([isPulsed(), isPulsed({ rts: gpio(1), dtr: boot0 }), isPulsed({ rts: pulse('reset'), dtr: boot0 })]).toEqual([
    false,
    false,
    true,
  ]);
});

describe('what the lines of a board do', () => {
  const nobody = wiringFromPins('nobody', 'nobody');
  const onlyNrst = wiringFromPins({ line: 'rts', asserted: 0 }, 'nobody');
  const onlyBoot0 = wiringFromPins('nobody', { line: 'dtr', asserted: 1 });

  test('a pin that nobody drives is where the board has it', () => {
    expect(Object.values(nobody)).toEqual(Array(4).fill({ boot0: 0, nrst: 1 }));
    expect(onlyNrst['rts asserted, dtr asserted']).toEqual({ boot0: 0, nrst: 0 });
    expect(onlyBoot0['rts asserted, dtr asserted']).toEqual({ boot0: 1, nrst: 1 });
  });

  // Linux asserts both lines of an adapter while it opens a port; lines of this host stay released.
  test.each([
    ['both asserted pull NRST low', { wiring: directWiring }, true],
    ['both asserted let it go', { wiring: crossCoupledWiring }, false],
    ['the line of NRST is of this host', { wiring: directWiring, hostLines: { rts: gpio(1) } }, false],
    ['the line of BOOT0 is of this host', { wiring: directWiring, hostLines: { dtr: gpio(1) } }, true],
    ['NRST is low while RTS alone is asserted', { wiring: oneKeyWiring, hostLines: { dtr: gpio(1) } }, true],
    ['and not by both', { wiring: oneKeyWiring }, false],
  ] as const)('opening the port is a reset: %s', (_name, board, expected) => {
    expect(opensInReset(board)).toBe(expected);
  });

  test.each([
    ['of both pins', { wiring: directWiring }, true],
    ['of BOOT0 alone', { wiring: onlyBoot0 }, true],
    ['of NRST alone', { wiring: onlyNrst }, true],
    ['of none', { wiring: nobody }, false],
    ['of none that this host does not have', { wiring: onlyNrst, hostLines: { rts: gpio(1) } }, false],
    ['of BOOT0, where this host has the other', { wiring: directWiring, hostLines: { rts: gpio(1) } }, true],
  ] as const)('a line of the adapter moves a pin: %s', (_name, board, expected) => {
    expect(usesModemLines(board)).toBe(expected);
  });

  test('a person does the part that no line does', () => {
    expect([directWiring, crossCoupledWiring, nobody, onlyNrst, onlyBoot0].map(handOf)).toEqual([
      undefined,
      undefined,
      undefined,
      'boot0',
      'nrst',
    ]);
  });
});

describe('BOOT0 stands before a program resets the target', () => {
  const told = ({ steps }: LinePlan) =>
    steps.map(({ pins, hold, purpose }) => `${pins.boot0}${pins.nrst} ${hold} ${purpose}`);
  const hostLines = { rts: pulse('reset') };
  // NRST of the reference circuit rises in 7.9 ms at most; the ROM gets 200 ms for its look at BOOT0.
  const start = '11 208 BOOT0 stays high while the ROM starts';

  test('at its line: 10 ms', () => {
    const plan = planEntry('lines', directWiring, { nrst: referenceNrst, hostLines });
    expect(told(plan)).toEqual([
      '11 10 BOOT0 high',
      '10 0 the command resets with BOOT0 held high',
      start,
      '01 0 idle',
    ]);
    expect([plan.margin, plan.clear]).toEqual([10, 0]);
  });

  test('at its capacitor: as long as that is charged', () => {
    const circuit = { boot0: referenceBoot0, nrst: referenceNrst, hostLines };
    const plan = planEntry('lines', directWiring, circuit);
    expect(told(plan)[0]).toBe('11 50 charge BOOT0');
    expect(told(planEntry('lines', directWiring, circuit, 'longer charge'))[0]).toBe('11 200 charge BOOT0');
    expect(plan.margin).toBeGreaterThan(0);
    expect(plan.margin).toBeLessThan(50);
    expect(plan.clear).toBeCloseTo(340.2, 1);
  });

  test('or its power is cut', () => {
    const plan = planPowerCycle(directWiring, { nrst: referenceNrst })!;
    expect(told(plan)).toEqual([
      '11 10 BOOT0 high',
      '11 208 cut and restore the power with BOOT0 held high',
      '01 0 idle',
    ]);
    expect(plan.steps.map(({ cutsPower }) => cutsPower)).toEqual([undefined, true, undefined]);
    expect([plan.margin, plan.clear]).toEqual([10, 0]);
    const charged = planPowerCycle(directWiring, { boot0: referenceBoot0, nrst: referenceNrst })!;
    expect(told(charged)[0]).toBe('11 50 charge BOOT0');
    expect(charged.margin).toBeLessThan(50);
    expect(planPowerCycle(wiringFromPins('nobody', 'nobody'), { nrst: referenceNrst })).toBeUndefined();
  });
});

describe('a reset into the application', () => {
  test('is possible, or not for a reason', () => {
    expect(whyNoReset({ wiring: directWiring, nrst: referenceNrst })).toBeUndefined();
    expect(canReset({ wiring: directWiring, nrst: referenceNrst })).toBe(true);
    const nobody = { wiring: wiringFromPins('nobody', 'nobody'), nrst: referenceNrst };
    expect(whyNoReset(nobody)).toBe('No line of an adapter reaches NRST of this board.');
    expect(canReset(nobody)).toBe(false);
    expect(() => whyNoReset({ wiring: {} as never, nrst: referenceNrst })).toThrow(TypeError);
  });

  test('by a circuit that resets with BOOT0 high only lets both go at once, and says so', () => {
    const { steps } = planApplicationReset(oneKeyWiring, referenceNrst);
    expect(steps.map(({ purpose }) => purpose)).toEqual([
      'BOOT0 low',
      'reset, which this circuit has with BOOT0 high only',
      'both let go: BOOT0 is low before NRST has risen',
    ]);
  });
});

// IEC 60063:2015, Tables 1 and 2.
test('values of a series, with both ends', () => {
  expect(valuesOf('E6', 1.5e-6, 4.7e-6)).toEqual([1.5e-6, 2.2e-6, 3.3e-6, 4.7e-6]);
  expect(valuesOf('E12', 820, 1_200)).toEqual([820, 1_000, 1_200]);
  expect(valuesOf('E6', 0.3, 0.3)).toEqual([]);
  // A computed end that is a hair off is the value all the same.
  expect(valuesOf('E6', 4.7e-6 * (1 + 1e-12), 6.8e-6 * (1 - 1e-12))).toEqual([4.7e-6, 6.8e-6]);
});
