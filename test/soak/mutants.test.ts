import { expect, test } from 'vitest';
import { checks, failuresOf } from './checks.ts';
import { mutants, plainWorld } from './mutants.ts';
import { live } from './run.ts';

const checksThatFail = (failures: ReturnType<typeof failuresOf>) => failures.map(({ check }) => check);

test.each(mutants)('$check notices $what', async ({ check, world = {}, ...tampering }) => {
  const whole = { ...plainWorld, ...world };
  expect(checksThatFail(failuresOf(await live(whole)))).not.toContain(check);
  expect(checksThatFail(failuresOf(await live(whole, tampering)))).toContain(check);
});

test('every check has a mutant, and every mutant a check', () => {
  const names = checks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set(mutants.map(({ check }) => check))].sort()).toEqual([...names].sort());
});
