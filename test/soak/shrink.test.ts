import { expect, test } from 'vitest';
import { unjudged } from './campaign.ts';
import { plainWorld } from './mutants.ts';
import { shrink } from './shrink.ts';
import type { World } from './world.ts';

const large: World = {
  ...plainWorld,
  rom: 'ignores-mass-erase',
  options: ['--json', '--keep', '--force'],
  pieces: [
    { offset: 0, length: 4_096, seed: 1 },
    { offset: 0x8000, length: 900, seed: 7 },
  ],
  faults: [
    { kind: 'interrupted', event: 5, delay: 100 },
    { kind: 'power-cut', back: null, event: 40, delay: 3 },
  ],
};

/** Needs the interruption and `--keep`, and nothing else. */
const isFailing = async ({ faults, options }: World): Promise<boolean> =>
  options.includes('--keep') && faults.some(({ kind }) => kind === 'interrupted');

test('what a failure does not need is taken out of its world', async () => {
  const { world, isCut } = await shrink(large, isFailing);
  expect(isCut).toBe(false);
  expect(await isFailing(world)).toBe(true);
  expect(world).toMatchObject({ rom: 'usual', options: ['--json', '--keep'], content: 'scenario' });
  expect(world.pieces).toHaveLength(1);
  expect(world.faults).toEqual([{ kind: 'interrupted', event: 0, delay: 0 }]);
});

test('when time is up the smallest world so far is told, and that it was cut', async () => {
  let left = 3;
  const { world, isCut } = await shrink(large, isFailing, () => left-- <= 0);
  expect(isCut).toBe(true);
  expect(await isFailing(world)).toBe(true);
  expect(world).not.toEqual(large);
});

test('jobs without a verdict are found', () => {
  expect(unjudged(10, 4, [{ seed: 10 }, { seed: 12 }])).toEqual([11, 13]);
  expect(unjudged(10, 2, [{ seed: 10 }, { seed: 11 }])).toEqual([]);
});
