import { expect, test } from 'vitest';
import { causeNames } from '../../src/ops/entry/diagnose.ts';
import { causeCases, causesOnBoard } from './cause-cases.ts';
import { causeTests } from './cause-tests.ts';

causeTests(causesOnBoard);

/**
 * A board that is plugged in during the job, a jump into a ROM without USB, a host that cannot reset ports and an application
 * that talks on the adapter's wires are on the simulated bench only.
 */
const simulatedOnly = ['dfu-device-stayed', 'rom-not-reached', 'reset-unnoticed', 'usart-foreign'];

test('every cause there is has a case', () => {
  const cases = [...new Set([...causeCases.flatMap(({ causes }) => causes), ...simulatedOnly])];
  expect(cases.sort()).toEqual([...causeNames].sort());
});
