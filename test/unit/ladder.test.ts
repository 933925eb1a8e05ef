import { describe, expect, test } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { bootLadder } from '../../src/board/ladder.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { crossCoupledWiring, referenceBoard, referenceBoot0 } from '../helpers/circuits.ts';

const brief = (profile: BoardProfile) => bootLadder(profile).map(({ method, change }) => `${method}: ${change}`);

test('methods in the order of the profile, and each retry changes something', () => {
  expect(brief(referenceBoard())).toEqual([
    'rc-cap: nominal',
    'rc-cap: longer charge',
    'rc-cap: longer pulse',
    'lines: nominal',
    'lines: longer charge',
    'lines: longer pulse',
  ]);
});
describe('rungs that would repeat another are left out', () => {
  test('a longer charge without an RC circuit', () => {
    const { boot0: _, ...board } = referenceBoard({ methods: ['lines'] });
    expect(brief(board)).toEqual(['lines: nominal', 'lines: longer pulse']);
  });
  test('a longer pulse for which the window has no room', () => {
    // 2.8 uF: 23.1 ms of window, less 7.9 ms of NRST and 5 ms for the host, leaves 10 ms.
    const boot0 = { ...referenceBoot0, capacitor: 2.8e-6 };
    expect(brief(referenceBoard({ boot0, methods: ['rc-cap'] }))).toEqual(['rc-cap: nominal', 'rc-cap: longer charge']);
  });
});
test('each way of asking is a rung of soft-jump; manual is one; none of them moves a line', () => {
  const touch = { trigger: 'touch-1200', via: 'target', vendorId: '0483', productId: '5740' } as const;
  const detach = { trigger: 'dfu-detach', via: 'target' } as const;
  const rungs = bootLadder(referenceBoard({ methods: ['soft-jump', 'manual'], softJump: [touch, detach] }));
  expect(rungs).toEqual([
    { method: 'soft-jump', change: 'nominal', softJump: touch },
    { method: 'soft-jump', change: 'nominal', softJump: detach },
    { method: 'manual', change: 'nominal' },
  ]);
});

test('line rungs carry their plan', () => {
  const rungs = bootLadder(referenceBoard({ methods: ['rc-cap'] }));
  expect(rungs.map(({ plan }) => plan?.steps.map(({ hold }) => hold))).toEqual([
    [50, 10, 0],
    [200, 10, 0],
    [50, 25, 0],
  ]);
});
test('a method that the wiring cannot do is refused', () => {
  const board = referenceBoard({ wiring: crossCoupledWiring, methods: ['rc-cap', 'lines'] });
  expect(() => bootLadder(board)).toThrow(expect.toSatisfy((error) => isBootctlError(error, 'profile-invalid')));
});
