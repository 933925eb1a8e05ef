import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { readImage } from '../../src/image/load-image.ts';
import { recover } from '../../src/ops/recover.ts';
import { type Scenario, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

/** A board that stands in its bootloader at the named place is not reset only to get it there: its adapter stays closed. */
const image = await readImage(firmware, { standardInput: async () => new Uint8Array(0) });
const rcCap = findProfile('rc-cap', { cwd: '/' });

/** In its ROM; the adapter asserts both lines when it is opened, as on Linux, which resets the board. */
async function run(path: string | undefined, more: Partial<Scenario> = {}) {
  const profile = path === undefined ? rcCap : { ...rcCap, usb: { ...rcCap.usb, path } };
  const { adapter: _, ...inRom } = scenarioNamed('already-dfu');
  const bench = createSimBench({ profile, scenario: { ...inRom, ...more } });
  const result = await recover({ profile, image, bench });
  const moved = bench.truth.events.filter(({ what }) => what === 'lines').length;
  return { result, moved };
}

test('with its USB path it is flashed, proven and left without a move of the lines', async () => {
  const { result, moved } = await run('1-2');
  expect(result).toMatchObject({
    ok: true,
    method: 'already-there',
    verified: true,
    application: 'seen',
    attempts: [],
  });
  expect(moved).toBe(0);
});

test('with its USB path it needs no adapter at all', async () => {
  const { result } = await run('1-2', { adapter: { count: 0 } });
  expect(result).toMatchObject({ ok: true, method: 'already-there', application: 'seen' });
});

test('without a path nobody knows that it is this board: the lines show that', async () => {
  const { result, moved } = await run(undefined);
  expect(result).toMatchObject({ ok: true, method: 'rc-cap' });
  expect(moved).toBeGreaterThan(0);
});
