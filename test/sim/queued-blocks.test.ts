import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { RomDfuPersonality } from '../../src/sim/chip/rom-personality.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

const { F405, H743 } = romPersonalities;
const old = pattern(64 * 1024, 7);
const image = imageOf({ address: flashBase + 0x4000, data: pattern(16 * 1024) });

type EarlyPoll = RomDfuPersonality['earlyPoll'];

/** An engine whose F405 asks `earlyPoll` how to take each question that comes while it is busy. */
async function engineAsking(earlyPoll: () => EarlyPoll) {
  const parts = await engine({ content: old, personality: F405 });
  Object.defineProperty(parts.personality.dfu, 'earlyPoll', { get: earlyPoll });
  return parts;
}

test('while the target programs a block and holds its answer, the next block is queued, and never two', async () => {
  const ahead: number[] = [];
  const { flash, sent, truth } = await engineAsking(() => {
    const queued = sent.filter(({ name }) => /^DNLOAD [1-9]/.test(name)).length;
    const programmed = truth.of('programmed').length;
    if (queued > 0) ahead.push(queued - programmed - 1);
    return 'held';
  });
  expect(await flash(image)).toEqual({ condition: 'verified', error: null });
  // The first one tells that it holds its answers; nothing follows the last of a run; the lowest block is a run of its own.
  expect(ahead).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
});

test.each<EarlyPoll>(['busy-again', 'stall', 'error'])(
  'a ROM that holds three blocks and then answers %s: what was queued does no harm',
  async (later) => {
    const { flash, holds, truth } = await engineAsking(() => (truth.of('programmed').length < 3 ? 'held' : later));
    expect(await flash(image)).toEqual({ condition: 'verified', error: null });
    expect(holds(image)).toBe(true);
    expect(holds(imageOf({ address: flashBase, data: old.subarray(0, 0x4000) }))).toBe(true);
    expect(truth.of('programmed-without-erase')).toEqual([]);
  },
);

test('a ROM that is done before it is asked does not stand still: nothing is queued behind its blocks', async () => {
  const { flash, sent, truth } = await engine({ content: old, personality: H743, timeScale: 0.1 });
  expect(await flash(image)).toEqual({ condition: 'verified', error: null });
  const blocks = sent.filter(({ name }) => /^DNLOAD [1-9]/.test(name));
  const programmed = truth.of('programmed');
  expect(blocks.length).toBe(programmed.length);
  expect(blocks.map(({ t }, index) => programmed.filter((one) => one.t <= t).length - index)).toEqual(
    blocks.map(() => 0),
  );
});

test('the row is found by the layout of an F405, in a whole command', async () => {
  const id = 'f2-f4-core-stands-still';
  const argv = ['--profile', 'rc-cap', '--simulate', '--json'];
  const flashed = await runCommand(['flash', firmware, ...argv], { personality: F405 });
  expect(flashed.result).toMatchObject({ ok: true, verified: true });
  const { events } = await runCommand(['info', ...argv], { personality: F405 });
  expect(events.find(({ event }) => event === 'target.quirks')).toMatchObject({ quirks: [id] });
});
