import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chargedVoltage,
  chargeTime,
  clearTime,
  fallTime,
  holdTime,
  nrstRiseTime,
  voltageAfterCharge,
} from '../../src/board/circuit/rc.ts';
import { referenceBoot0 as reference } from '../helpers/circuits.ts';

/** Longer than any charge lasts, in ms. */
const long = 10_000;

describe('the reference circuit keeps its contract', () => {
  test('charges to 3.0 V through the divider 47 k to 48 k', () => {
    expect(chargedVoltage(reference)).toBeCloseTo((3.0 * 47) / 48, 9);
  });
  test('stays above 0.7 VDD for 53 ms, 42 ms with the capacitor at -20 %', () => {
    expect(Math.round(holdTime(reference, long, 'nominal'))).toBe(53);
    expect(Math.round(holdTime(reference, long, 'low'))).toBe(42);
  });
  test("stays above an F4's 1.26 V for 187 ms", () => {
    expect(Math.round(holdTime({ ...reference, vih: 1.26 }, long, 'nominal'))).toBe(187);
  });
  test('is below 0.3 VDD within 290 ms', () => {
    expect(clearTime(reference)).toBeLessThanOrEqual(290);
    expect(clearTime(reference)).toBeGreaterThan(280);
  });
});

describe('published circuits', () => {
  // tzarc/djinn Rev2a: 200 nF, 136 kΩ, 3.3 V: 9.7 ms above 2.31 V, 32.7 ms to 0.99 V.
  // LibreSolar MPPT-1210-HUS: 100 nF, 100 kΩ: 3.35 ms from 3.23 V (2.2 k divider), 11.8 ms to 0.99 V.
  test.each([
    { name: 'djinn', capacitor: 200e-9, bleedResistor: 136e3, from: 3.3, hold: 9.7, clear: 32.7 },
    { name: 'LibreSolar', capacitor: 100e-9, bleedResistor: 100e3, from: (3.3 * 100) / 102.2, hold: 3.35, clear: 11.8 },
  ])('$name', ({ capacitor, bleedResistor, from, hold, clear }) => {
    const circuit = { ...reference, capacitor, bleedResistor };
    expect(fallTime(circuit, from, 2.31, 'nominal')).toBeCloseTo(hold, 1);
    expect(fallTime(circuit, from, 0.99, 'nominal')).toBeCloseTo(clear, 1);
  });
  // t = R·C·ln(1 / 0.3) with 100 nF, 0.7 VDD, 25 to 65 kΩ: 3.0 to 7.8 ms.
  test.each([
    [25e3, 3.0],
    [65e3, 7.8],
  ])('NRST with 100 nF and %d ohms rises in %d ms', (pullUp, rise) => {
    expect(nrstRiseTime({ pullUp, capacitor: 100e-9, pulse: 10 })).toBeCloseTo(rise, 1);
  });
});

test('a divider below VIH never gets there', () => {
  const circuit = { ...reference, chargeResistor: 47e3 };
  expect(chargeTime(circuit)).toBe(Number.POSITIVE_INFINITY);
  expect(holdTime(circuit, long, 'low')).toBe(0);
});
test('NRST without a capacitor rises at once', () => {
  expect(nrstRiseTime({ pullUp: 40e3, capacitor: 0, pulse: 10 })).toBe(0);
});

describe('properties', () => {
  const circuits = fc.record({
    chargeResistor: fc.double({ min: 10, max: 5e3, noNaN: true }),
    capacitor: fc.double({ min: 1e-9, max: 1e-3, noNaN: true }),
    bleedResistor: fc.double({ min: 30e3, max: 1e6, noNaN: true }),
    diodeDrop: fc.double({ min: 0, max: 0.4, noNaN: true }),
    tolerance: fc.double({ min: 0, max: 0.5, noNaN: true }),
    vih: fc.double({ min: 1, max: 2.31, noNaN: true }),
    vil: fc.double({ min: 0.3, max: 0.99, noNaN: true }),
    supply: fc.constant(3.3),
  });
  const factor = fc.double({ min: 1.01, max: 10, noNaN: true });

  test('all times grow with the capacitor', () => {
    fc.assert(
      fc.property(circuits, factor, (circuit, times) => {
        const larger = { ...circuit, capacitor: circuit.capacitor * times };
        expect(chargeTime(larger)).toBeGreaterThan(chargeTime(circuit));
        expect(clearTime(larger)).toBeGreaterThan(clearTime(circuit));
        expect(holdTime(larger, 1e9, 'low')).toBeGreaterThan(holdTime(circuit, 1e9, 'low'));
      }),
    );
  });
  test('a larger bleed resistor holds longer, a larger charge resistor charges slower', () => {
    fc.assert(
      fc.property(circuits, fc.double({ min: 1.01, max: 1.2, noNaN: true }), (circuit, times) => {
        const bleed = { ...circuit, bleedResistor: circuit.bleedResistor * times };
        expect(holdTime(bleed, 1e9, 'low')).toBeGreaterThan(holdTime(circuit, 1e9, 'low'));
        expect(clearTime(bleed)).toBeGreaterThan(clearTime(circuit));
        expect(chargeTime({ ...circuit, chargeResistor: circuit.chargeResistor * times })).toBeGreaterThan(
          chargeTime(circuit),
        );
      }),
    );
  });
  test('charging for the charge time to a voltage gives that voltage', () => {
    fc.assert(
      fc.property(circuits, fc.constantFrom('low', 'nominal', 'high'), (circuit, corner) => {
        const charge = chargeTime(circuit, circuit.vih, corner);
        expect(voltageAfterCharge(circuit, charge, corner)).toBeCloseTo(circuit.vih, 9);
      }),
    );
  });
  test('a resistor of the board is the same as a smaller bleed resistor', () => {
    fc.assert(
      fc.property(circuits, fc.double({ min: 1e3, max: 1e6, noNaN: true }), (circuit, boardPullDown) => {
        const both = (circuit.bleedResistor * boardPullDown) / (circuit.bleedResistor + boardPullDown);
        const single = { ...circuit, bleedResistor: both };
        const parallel = { ...circuit, boardPullDown };
        expect(holdTime(parallel, 1e9, 'low')).toBeCloseTo(holdTime(single, 1e9, 'low'), 9);
        expect(clearTime(parallel)).toBeCloseTo(clearTime(single), 9);
        expect(chargedVoltage(parallel)).toBeCloseTo(chargedVoltage(single), 9);
      }),
    );
  });
});
