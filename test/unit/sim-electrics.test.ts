import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import { canReset, planApplicationReset } from '../../src/board/circuit/application-reset.ts';
import { guaranteedClearTime } from '../../src/board/circuit/corners.ts';
import type { LinePlan } from '../../src/board/circuit/plan.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { idleLines } from '../../src/board/circuit/wiring.ts';
import { boot0Levels } from '../../src/chips/boot0-levels.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { Board } from '../../src/sim/board/board.ts';
import { type BoardCircuit, thresholdsOf } from '../../src/sim/board/board-circuit.ts';
import { boot0InputOf, inputLevels } from '../../src/sim/board/boot0-inputs.ts';
import { SchmittInput } from '../../src/sim/board/schmitt-input.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { TruthLog } from '../../src/sim/truth.ts';
import { directWiring, oneKeyWiring, referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

const both: ModemLines = { rts: 'asserted', dtr: 'asserted' };
const charge: ModemLines = { rts: 'released', dtr: 'asserted' };
const reset: ModemLines = { rts: 'asserted', dtr: 'released' };

/** The reference circuit around a target of this family; `changes` are what is really there. */
function board(personality: string, changes: Partial<BoardCircuit> = {}, boot0: Partial<BoardCircuit['boot0']> = {}) {
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const program = (name: string) => ({ name, start: () => {}, stop: () => {} });
  const built = new Board({
    name: 'target',
    clock,
    truth,
    circuit: {
      wiring: directWiring,
      supply: 3.3,
      boot0: { chargeResistor: 1e3, diodeDrop: 0.3, capacitor: 4.7e-6, bleedResistor: 47e3, ...boot0 },
      nrst: referenceNrst,
      thresholds: thresholdsOf(boot0InputOf(personality), 3.3),
      usartConnected: false,
      ...changes,
    },
    socket: { path: '1-2', attach: () => {}, detach: () => {} },
    programs: { rom: () => program('rom'), application: () => program('application') },
  });
  built.powerOn('application');
  const wires = built.wires('adapter');
  const drive = async (...steps: readonly (readonly [ModemLines, number])[]) => {
    for (const [lines, hold] of steps) {
      wires.setLines(lines);
      await sleep(clock, hold);
    }
    return truth.of('boot0-sampled').at(-1);
  };
  return { board: built, clock, truth, wires, drive };
}

test('a Schmitt trigger remembers: between its thresholds it reads what it read before', () => {
  const input = new SchmittInput({ rising: 1.2, falling: 0.9 });
  expect([0, 1, 1.2, 1, 0.91, 0.9, 1.19].map((volts) => input.follow(volts))).toEqual([0, 0, 1, 1, 1, 0, 0]);
});

test.each([
  // 0.17 VDD + 0.7 V and 0.1 V of hysteresis (DS10314); 0.17 VDD + 0.6 V and 0.2 V (DS12117)
  ['F405', 'late', 1.261, 1.161],
  ['H743', 'late', 1.161, 0.961],
  // down to 0.1 VDD + 0.1 V; 0.19 VDD + 0.1 V
  ['F405', 'early', 0.53, 0.43],
  ['H743', 'early', 0.927, 0.727],
] as const)('%s, a chip that reads 1 %s: %d V rising, %d V falling', (id, silicon, rising, falling) => {
  const levels = inputLevels(boot0InputOf(id), 3.3, silicon);
  expect(levels.rising).toBeCloseTo(rising, 3);
  expect(levels.falling).toBeCloseTo(falling, 3);
});

/** Parts at the slow end: what spice-corners.test.ts gives to reset-after-open.cir. */
const slow = { capacitor: 5.64e-6, bleedResistor: 49.35e3, diodeDrop: 0.15, leakage: 1e-6 };

test('an H743 that is reset 299 ms after the port was opened reads 1.0 V as 1, and starts its ROM', async () => {
  const sampled = await board('H743', {}, slow).drive([both, 20], [idleLines, 299], [reset, 10], [idleLines, 20]);
  expect(sampled?.volts).toBeCloseTo(1.0, 1);
  expect(sampled?.boots).toBe('rom');
});

test.each([
  ['H743', 'H74x_75x', 'late'],
  ['H743', 'H74x_75x', 'early'],
  ['F405', 'F405_407', 'late'],
  ['F405', 'F405_407', 'early'],
  ['L072', 'L07x_08x_usb', 'early'],
] as const)(
  '%s: the reset that is planned today waits long enough for any chip (%s, %s)',
  async (id, family, silicon) => {
    const levels = boot0Levels(findChip(family)!);
    const at = (name: 'vih' | 'vil') => levels[name].ofVdd * 3.3 + levels[name].plus;
    const claimed = { ...referenceBoot0, vih: at('vih'), vil: at('vil'), levels };
    const thresholds = { ...thresholdsOf(boot0InputOf(id), 3.3), boot0: inputLevels(boot0InputOf(id), 3.3, silicon) };
    const plan = planApplicationReset(directWiring, referenceNrst, claimed);
    const steps = plan.steps.map(({ lines, hold }) => [lines, hold] as const);
    const sampled = await board(id, { thresholds }, slow).drive([both, 20], ...steps, [idleLines, 20]);
    expect(sampled?.boots).toBe('application');
    expect(sampled?.volts).toBeLessThan(claimed.vil);
    expect(plan.steps[0]!.hold).toBeGreaterThan(guaranteedClearTime(claimed));
  },
);

test('10 kΩ on the board: a target that asks 0.7 VDD starts its application, as finding the charge gone; an F4 still enters', async () => {
  const enter = [
    [charge, 50],
    [reset, 10],
    [idleLines, 20],
  ] as const;
  const cmos = { boot0: { rising: 2.31, falling: 2.11 }, nrst: 2.0 };
  const missed = await board('G474', { thresholds: cmos }, { boardPullDown: 10e3 }).drive(...enter);
  // 3.0 V · 8246/9246 · e^(-13.7/38.8) = 1.88 V
  expect(missed?.volts).toBeCloseTo(1.88, 2);
  expect(missed?.boots).toBe('application');
  expect((await board('F405', {}, { boardPullDown: 10e3 }).drive(...enter))?.boots).toBe('rom');
  expect((await board('G474', { thresholds: cmos }).drive(...enter))?.boots).toBe('rom');
});

test('an adapter without power holds the board in reset; with power again the board starts its ROM', async () => {
  const { wires, clock, truth, board: built } = board('F405');
  wires.setPower?.(false);
  await sleep(clock, 500);
  expect(built.running).toBeUndefined();
  wires.setPower?.(true);
  await sleep(clock, 20);
  const sampled = truth.of('boot0-sampled').at(-1);
  // ngspice with BC857 and BAT54: 3.02 V (hardware/circuits/rc-cap.md); with the 0.3 V of the profile 2.89 V
  expect(sampled?.volts).toBeCloseTo(2.89, 2);
  expect(sampled?.boots).toBe('rom');
});

test('behind a stage that takes its base from the adapter, a loss of power moves nothing', async () => {
  const { wires, clock, truth, board: built } = board('F405', { unpowered: { boot0: 0, nrst: 1 } });
  wires.setPower?.(false);
  await sleep(clock, 500);
  wires.setPower?.(true);
  await sleep(clock, 20);
  expect(built.running).toBe('application');
  expect(truth.of('boot0-sampled')).toHaveLength(0);
});

test.each([
  // V(DTR) and the resistor from base to emitter; the levels between are those of ngspice (spice-corners.test.ts)
  [3.3, 47e3, 'application'],
  [2.7, 47e3, 'application'],
  [2.6, 47e3, 'rom'],
  [2.6, 10e3, 'application'],
  [2.1, 10e3, 'rom'],
  [1.8, 10e3, 'rom'],
] as const)(
  'a released DTR at %d V, %d ohms from base to emitter: a reset starts the %s',
  async (releasedLevel, baseEmitter, boots) => {
    const { drive } = board('F405', { faults: { releasedLevel }, baseEmitter });
    expect((await drive([reset, 100], [idleLines, 20]))?.boots).toBe(boots);
  },
);

describe('what is planned works with any parts inside their tolerances, and any chip that keeps to its data sheet', () => {
  const between = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
  const drawn = fc.record({
    family: fc.constantFrom('F405_407', 'F072', 'H74x_75x', 'L07x_08x_usb', 'G47x_48x', undefined),
    capacitor: between(0.8, 1.2),
    resistors: fc.tuple(between(0.95, 1.05), between(0.95, 1.05)),
    supply: between(0.97, 1.03),
    diodeDrop: between(0, 0.3),
    leakage: between(-1e-6, 1e-6),
    // Where between VIL and VIH the chip switches, down and up.
    switching: fc.tuple(between(0, 1), between(0, 1)),
    pullUp: between(0, 1),
    nrstCapacitor: between(0.8, 1.2),
    boardPullDown: fc.constantFrom(undefined, 47e3),
  });

  test('the charge outlasts the reset, and is gone before the next', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (draw) => {
        const target = draw.family === undefined ? undefined : findChip(draw.family)!;
        const levels = boot0Levels(target);
        const at = (name: 'vih' | 'vil', supply: number) => levels[name].ofVdd * supply + levels[name].plus;
        const pullUps = target?.nrstPullUp ?? { min: 25e3, max: 55e3 };
        // 22 µF: enough for the board's own 47 kΩ on a target of which nothing is known.
        const claimed = {
          ...referenceBoot0,
          capacitor: 22e-6,
          ...(draw.boardPullDown && { boardPullDown: draw.boardPullDown }),
          vih: at('vih', 3.3),
          vil: at('vil', 3.3),
          levels,
        };
        const nrst = { ...referenceNrst, slowestPullUp: pullUps.max };
        const supply = 3.3 * draw.supply;
        const [vil, vih] = [at('vil', supply), at('vih', supply)];
        const [a, b] = draw.switching.map((share) => vil + share * (vih - vil)) as [number, number];
        const really = () =>
          board(
            'F405',
            {
              supply,
              nrst: {
                pullUp: pullUps.min + draw.pullUp * (pullUps.max - pullUps.min),
                capacitor: 100e-9 * draw.nrstCapacitor,
              },
              thresholds: { boot0: { rising: Math.max(a, b), falling: Math.min(a, b) }, nrst: 0.7 * supply },
            },
            {
              chargeResistor: 1e3 * draw.resistors[0],
              bleedResistor: 47e3 * draw.resistors[1],
              ...(draw.boardPullDown && { boardPullDown: draw.boardPullDown * draw.resistors[1] }),
              capacitor: claimed.capacitor * draw.capacitor,
              diodeDrop: draw.diodeDrop,
              leakage: draw.leakage,
            },
          );
        const stepsOf = ({ steps }: LinePlan) => steps.map(({ lines, hold }) => [lines, hold] as const);
        for (const change of ['nominal', 'longer charge', 'longer pulse'] as const) {
          const plan = planEntry('rc-cap', directWiring, { boot0: claimed, nrst }, change);
          expect((await really().drive(...stepsOf(plan), [idleLines, 20]))?.boots, change).toBe('rom');
        }
        const reset = planApplicationReset(directWiring, nrst, claimed);
        const after = await really().drive([both, 200], ...stepsOf(reset), [idleLines, 20]);
        expect(after?.boots).toBe('application');
      }),
      { numRuns: 100 },
    );
  });
});

describe('the one-key download circuit, whose NRST is low only with BOOT0 high', () => {
  const charges = fc.double({ min: 1e-11, max: 1e-6, noNaN: true });
  const nrstCapacitors = fc.constantFrom(0, 1e-9, 1e-8, 1e-7, 1e-6);
  test('any parts with which a reset is planned start the application, at the ends of their tolerances', async () => {
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(charges, nrstCapacitors, async (capacitor, nrstCapacitor) => {
        const claimed = { ...referenceBoot0, vil: 0.43, bleedResistor: 10e3, capacitor };
        const nrst = { ...referenceNrst, capacitor: nrstCapacitor, fastestPullUp: 30e3 };
        const circuit = { wiring: oneKeyWiring, nrst, boot0: claimed };
        if (!canReset(circuit)) return;
        planned++;
        const real = {
          wiring: oneKeyWiring,
          nrst: { pullUp: 30e3, capacitor: 0.8 * nrstCapacitor },
          // The target leaves its reset as soon as VIL allows, and reads 1 down to VIL of BOOT0.
          thresholds: { boot0: { rising: 1.2, falling: 0.43 }, nrst: 0.8 },
        };
        const steps = planApplicationReset(oneKeyWiring, nrst, claimed).steps;
        const parts = { capacitor: 1.2 * capacitor, bleedResistor: 10.5e3, diodeDrop: 0, leakage: 1e-6 };
        const { drive } = board('F405', real, parts);
        const sampled = await drive(...steps.map(({ lines, hold }) => [lines, hold] as const), [idleLines, 50]);
        expect(sampled?.boots).toBe('application');
      }),
      { numRuns: 200 },
    );
    expect(planned).toBeGreaterThan(20);
  });
  test('10 nF more on BOOT0 than on NRST: no reset is planned, and the target would start its ROM', async () => {
    const nrst = { ...referenceNrst, capacitor: 1e-9 };
    expect(canReset({ wiring: oneKeyWiring, nrst, boot0: { ...referenceBoot0, capacitor: 1e-8 } })).toBe(false);
    const { drive } = board('F405', { wiring: oneKeyWiring, nrst }, { capacitor: 1e-8 });
    expect((await drive([reset, 20], [idleLines, 20]))?.boots).toBe('rom');
  });
});
