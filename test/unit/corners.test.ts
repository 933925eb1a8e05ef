import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  guaranteedChargeTime,
  guaranteedClearTime,
  guaranteedHeadroom,
  guaranteedHoldTime,
  guaranteedNrstRise,
  spread,
} from '../../src/board/circuit/corners.ts';
import type { Boot0Circuit } from '../../src/board/profile.ts';
import { boot0Levels, safeBoot0Levels } from '../../src/chips/boot0-levels.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { referenceBoot0, referenceNrst } from '../helpers/circuits.ts';

/** The reference circuit on a target of this family; a family of which nothing is known where none is named. */
function referenceOn(family?: string): Boot0Circuit {
  const levels = boot0Levels(family === undefined ? undefined : findChip(family)!);
  const at = (name: 'vih' | 'vil') => levels[name].ofVdd * 3.3 + levels[name].plus;
  return { ...referenceBoot0, vih: at('vih'), vil: at('vil'), levels };
}

describe('thresholds of the families at 3.3 V', () => {
  // Volts by hand from the data sheets that hardware/targets names.
  test.each([
    ['F405_407', 1.261, 0.43],
    ['F072', 1.61, 0.69],
    ['F303xBC', 1.61, 0.69],
    ['H74x_75x', 1.161, 0.727],
    ['L07x_08x_usb', 1.865, 0.462],
    ['L1_cat3', 1.055, 0.462],
    ['G47x_48x', 2.31, 0.99],
    ['L47x_48x', 2.541, 0.396], // safe defaults: no data sheet was read
    ['F103_md', 2.541, 0.396],
  ])('%s: VIH %d V, VIL %d V', (family, vih, vil) => {
    expect(referenceOn(family).vih).toBeCloseTo(vih, 3);
    expect(referenceOn(family).vil).toBeCloseTo(vil, 3);
  });

  test('the safe defaults are outside what any family asks, at any supply of an STM32', () => {
    for (const supply of [1.65, 1.8, 2.5, 3.3, 3.6]) {
      for (const key of chipKeys()) {
        const { boot0 } = findChip(key)!;
        const at = (level: { readonly ofVdd: number; readonly plus: number }) => level.ofVdd * supply + level.plus;
        // F0 and F3 print a VIL that comes down to 0.2 V at 1.65 V, where they are not specified any more (2.0 V).
        if (boot0?.vil && supply >= 2) expect(at(safeBoot0Levels.vil), key).toBeLessThan(at(boot0.vil));
        if (boot0?.vih && supply >= 2.2) expect(at(safeBoot0Levels.vih), key).toBeGreaterThan(at(boot0.vih));
      }
    }
  });
});

describe('the reference circuit guarantees', () => {
  const times = (family?: string) => {
    const circuit = referenceOn(family);
    return [guaranteedHoldTime(circuit, 50), guaranteedClearTime(circuit)].map(Math.round);
  };
  // By hand for the F405: R 44.65 kΩ, C 3.76 µF, VDD 3.2 V: 2.83 V down to 1.244 V with -1 µA; and R 49.35 kΩ, C 5.64 µF,
  // VDD 3.4 V and no diode: 3.33 V down to 0.44 V with +1 µA. REVIEW of the circuit with BC857 and BAT54: 577 ms.
  test.each([
    ['F405_407', 135, 593],
    ['F072', 95, 451],
    ['H74x_75x', 148, 432],
    ['L07x_08x_usb', 73, 570],
    ['G47x_48x', 39, 340],
    [undefined, 23, 619],
  ])('%s: %d ms above VIH, below VIL within %d ms', (family, hold, clear) => {
    expect(times(family)).toEqual([hold, clear]);
  });

  test('on an H7 the 15 µA into its pin are taken off the hold', () => {
    const drained = { ...referenceOn('H74x_75x'), drain: findChip('H74x_75x')!.boot0!.drain! };
    expect(Math.round(guaranteedHoldTime(drained, 50))).toBe(110);
  });

  test.each([
    ['F405_407', 7.2],
    ['F072', 7.9],
    ['L07x_08x_usb', 9.4],
  ])('NRST of %s has risen within %d ms', (family, rise) => {
    const slowestPullUp = findChip(family)!.nrstPullUp!.max;
    expect(guaranteedNrstRise({ ...referenceNrst, slowestPullUp })).toBeCloseTo(rise, 1);
  });

  test('NRST of an unknown family: 55 of 40 kΩ, 120 of 100 nF', () => {
    expect(guaranteedNrstRise(referenceNrst)).toBeCloseTo(55e3 * 120e-9 * Math.log(1 / 0.3) * 1e3, 9);
  });
});

test('after too short a charge the largest capacitor is the worst one', () => {
  const charge = guaranteedChargeTime(referenceBoot0);
  expect(guaranteedHoldTime(referenceBoot0, charge * 0.99)).toBe(0);
  expect(guaranteedHoldTime(referenceBoot0, charge * 1.01)).toBeGreaterThan(0);
});

test('what BOOT0 has above VIH is counted at the supply where it is least', () => {
  // F405 by hand: at 3.2 V, (2.901 V / 1050 Ω - 1 µA) * 1025.9 Ω = 2.833 V, less 1.244 V. At 3.4 V it is 1.75 V.
  expect(guaranteedHeadroom(referenceOn('F405_407'))).toBeCloseTo(1.589, 3);
});

test('parts that may not bring BOOT0 above VIH never charge it', () => {
  const circuit = { ...referenceBoot0, chargeResistor: 47e3 };
  expect(guaranteedHeadroom(circuit)).toBeLessThan(0);
  expect(guaranteedChargeTime(circuit)).toBe(Number.POSITIVE_INFINITY);
});

test('leakage over a large resistor keeps BOOT0 above VIL for good', () => {
  expect(guaranteedClearTime({ ...referenceOn('F405_407'), bleedResistor: 470e3, capacitor: 470e-9 })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

describe('nothing that a corner promises is broken by parts inside their tolerances', () => {
  const between = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
  const one = (tolerance: number) => between(1 - tolerance, 1 + tolerance);
  const drawn = fc.record({
    resistors: fc.tuple(one(spread.resistor), one(spread.resistor)),
    capacitor: one(0.2),
    supply: one(spread.supply),
    leakage: between(-spread.leakage, spread.leakage),
    diode: between(0, 0.3),
    family: fc.constantFrom('F405_407', 'F072', 'L07x_08x_usb', 'G47x_48x', 'L47x_48x'),
    board: fc.constantFrom(undefined, 10e3, 47e3, 100e3),
  });

  test('drawn at random', () => {
    fc.assert(
      fc.property(drawn, ({ resistors, capacitor, supply, leakage, diode, family, board }) => {
        const circuit = { ...referenceOn(family), ...(board && { boardPullDown: board }) };
        fc.pre(guaranteedHeadroom(circuit) > 0);
        const real = {
          charge: 1e3 * resistors[0],
          down: (board ? 1 / (1 / 47e3 + 1 / board) : 47e3) * resistors[1],
          farads: 4.7e-6 * capacitor,
          volts: 3.3 * supply,
        };
        const level = ({ ofVdd, plus }: { readonly ofVdd: number; readonly plus: number }) => ofVdd * real.volts + plus;
        const share = real.down / (real.charge + real.down);
        const full = (real.volts - diode + leakage * real.charge) * share;
        const rest = leakage * real.down;
        const tau = real.down * real.farads * 1e3;
        const voltsAfter = (t: number) => rest + (full - rest) * Math.exp(-t / tau);
        const long = 1e6;
        expect(voltsAfter(guaranteedHoldTime(circuit, long))).toBeGreaterThanOrEqual(level(circuit.levels!.vih) - 1e-9);
        expect(voltsAfter(guaranteedClearTime(circuit))).toBeLessThanOrEqual(level(circuit.levels!.vil) + 1e-9);
      }),
      { numRuns: 500 },
    );
  });
});
