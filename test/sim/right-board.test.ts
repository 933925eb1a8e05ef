import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { recover } from '../../src/ops/recover.ts';
import type { Neighbour } from '../../src/sim/neighbours.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';
import { anyNeighbours } from '../helpers/neighbours.ts';

/** The right board or none: whoever else is on the bus, only the target's own flash changes. */
const rcCap = findProfile('rc-cap', { cwd: '/' });
const named = { ...rcCap, usb: { ...rcCap.usb, path: '1-2' } };
/** A small image keeps each job short: it starts, and the rest of the flash is not looked at. */
const image = await parseImage(readFileSync(firmware.replace(/hex$/, 'bin')).subarray(0, 1_024), 'image', {
  address: 0x0800_0000,
});

const job = (bench: SimBench, profile: BoardProfile) =>
  recover({ profile, image, bench, timeout: 1_000, interactive: false });

const flashesOf = ({ boards }: SimBench) =>
  boards.map(({ memory: { flash } }) => Buffer.from(flash.read(flash.address, flash.size)));

/** What must hold of every world; resolves with whether the target was flashed. */
async function holds(scenario: ScenarioName, neighbours: readonly Neighbour[], profile: BoardProfile) {
  const bench = createSimBench({ profile, scenario, neighbours });
  const [, ...before] = flashesOf(bench);
  const result = await job(bench, profile);
  const [own, ...after] = flashesOf(bench);
  expect(after.every((flash, index) => flash.equals(before[index]!))).toBe(true);
  const asked = [...bench.truth.of('usb-opened'), ...bench.truth.of('dfu-request')].map(({ board }) => board);
  expect(asked.filter((board) => board !== 'target')).toEqual([]);
  const isHeld = image.segments.every(({ address, data }) =>
    own!.subarray(address - 0x0800_0000, address - 0x0800_0000 + data.length).equals(Buffer.from(data)),
  );
  if (result.ok) expect(isHeld).toBe(true);
  const last = bench.truth.of('lines').at(-1);
  if (last) expect([last.rts, last.dtr]).toEqual(['released', 'released']);
  return result;
}

const anyScenario = fc.constantFrom<ScenarioName[]>(
  ...([
    'crashed',
    'crashed',
    'healthy',
    'already-dfu',
    'nrst-open',
    'boot0-stuck-low',
    'flaky-entry',
    'no-usb',
  ] as const),
);

/**
 * Of two boards on the same lines, only one of which reaches its ROM, that one is the board on these lines: nothing tells
 * it from the one that was meant.
 */
const isTold = (scenario: ScenarioName, neighbours: readonly Neighbour[]): boolean =>
  !['nrst-open', 'boot0-stuck-low', 'no-usb'].includes(scenario) || neighbours.every(({ onLines }) => !onLines);

/** Worlds of a seed: the same ones at every run. */
const worlds = { numRuns: 100, seed: 20_261_128 };

test('whatever other boards do, no flash but the target’s changes, and no other one is opened', async () => {
  await fc.assert(
    fc.asyncProperty(anyScenario, anyNeighbours, fc.boolean(), async (scenario, neighbours, isNamed) => {
      fc.pre(isNamed || isTold(scenario, neighbours));
      await holds(scenario, neighbours, isNamed ? named : rcCap);
    }),
    worlds,
  );
}, 60_000);

/** Firmware that can be asked, and the reference circuit. */
const askable = findProfile('soft-jump', { cwd: '/' });

test('whatever other boards run, only the application of the target is asked', async () => {
  await fc.assert(
    fc.asyncProperty(anyScenario, anyNeighbours, async (scenario, neighbours) => {
      // The command on the USART resets nothing into the ROM, so that here a flaky entry leaves a twin alone on the bus.
      fc.pre(isTold(scenario === 'flaky-entry' ? 'boot0-stuck-low' : scenario, neighbours));
      await holds(scenario, neighbours, askable);
    }),
    worlds,
  );
}, 60_000);

test('strangers do not keep the target from being flashed', async () => {
  const strangers = anyNeighbours.filter((neighbours) => neighbours.every(({ onLines }) => !onLines));
  await fc.assert(
    fc.asyncProperty(strangers, async (neighbours) => {
      const { ok, error } = await holds('crashed', neighbours, rcCap);
      expect({ ok, error }).toEqual({ ok: true, error: null });
    }),
    { ...worlds, numRuns: 40 },
  );
}, 60_000);

test('a twin is never opened, however slow it is, and its flash stays', async () => {
  const twins = fc.record({
    slowerBy: fc.integer({ min: 0, max: 290 }),
    runs: fc.constantFrom('rom', 'application', 'nothing'),
  });
  await fc.assert(
    fc.asyncProperty(twins, async (twin) => {
      const { error } = await holds('crashed', [{ name: 'twin', onLines: true, ...(twin as { runs: 'rom' }) }], rcCap);
      expect(error?.code).toBe('dfu-ambiguous');
    }),
    { ...worlds, numRuns: 15 },
  );
}, 60_000);
