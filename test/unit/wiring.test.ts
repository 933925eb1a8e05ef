import { describe, expect, test } from 'vitest';
import {
  idleLines,
  isIdle,
  lineStates,
  linesFor,
  pinsOf,
  wiringFromPins,
  wiringKey,
  wiringKeys,
} from '../../src/board/circuit/wiring.ts';
import { crossCoupledWiring as crossCoupled } from '../helpers/circuits.ts';

describe('wiringFromPins', () => {
  test('the reference circuit: RTS pulls NRST low, DTR drives BOOT0 high', () => {
    expect(wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 })).toEqual({
      'rts released, dtr released': { boot0: 0, nrst: 1 },
      'rts asserted, dtr released': { boot0: 0, nrst: 0 },
      'rts released, dtr asserted': { boot0: 1, nrst: 1 },
      'rts asserted, dtr asserted': { boot0: 1, nrst: 0 },
    });
  });
  test('swapped lines, BOOT0 wired to the pin itself', () => {
    expect(wiringFromPins({ line: 'dtr', asserted: 0 }, { line: 'rts', asserted: 0 })).toEqual({
      'rts released, dtr released': { boot0: 1, nrst: 1 },
      'rts asserted, dtr released': { boot0: 0, nrst: 1 },
      'rts released, dtr asserted': { boot0: 1, nrst: 0 },
      'rts asserted, dtr asserted': { boot0: 0, nrst: 0 },
    });
  });
});

describe('linesFor', () => {
  test.each([
    [{ boot0: 0, nrst: 1 }, 'rts released, dtr released'],
    [{ boot0: 0, nrst: 0 }, 'rts asserted, dtr released'],
    [{ boot0: 1, nrst: 1 }, 'rts released, dtr asserted'],
  ] as const)('%j', (pins, key) => {
    expect(wiringKey(linesFor(crossCoupled, pins)!)).toBe(key);
  });
  test('a state that the circuit does not have', () => {
    expect(linesFor(crossCoupled, { boot0: 1, nrst: 0 })).toBeUndefined();
  });
  test('idle wins where two states do the same', () => {
    expect(linesFor(crossCoupled, { boot0: 0, nrst: 1 })).toBe(idleLines);
  });
});

test('rows are named as in a profile, and each state has its own', () => {
  expect(wiringKeys).toEqual([
    'rts released, dtr released',
    'rts asserted, dtr released',
    'rts released, dtr asserted',
    'rts asserted, dtr asserted',
  ]);
  expect(pinsOf(crossCoupled, { rts: 'asserted', dtr: 'released' })).toEqual({ boot0: 0, nrst: 0 });
  expect(lineStates.filter(isIdle)).toEqual([idleLines]);
});
