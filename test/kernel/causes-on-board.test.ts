import { expect, test } from 'vitest';
import { causeNames } from '../../src/ops/entry/diagnose.ts';
import { causeCases, causesOnBoard } from './cause-cases.ts';
import { causeTests } from './cause-tests.ts';

causeTests(causesOnBoard);

/**
 * A board that is plugged in during the job, a jump into a ROM without USB and a host that cannot reset ports are on the
 * simulated bench only.
 */
const simulatedOnly = ['dfu-device-stayed', 'rom-not-reached', 'reset-unnoticed'];

test('every cause there is has a case', () => {
  const cases = [...new Set([...causeCases.flatMap(({ causes }) => causes), ...simulatedOnly])];
  expect(cases.sort()).toEqual([...causeNames].sort());
});
