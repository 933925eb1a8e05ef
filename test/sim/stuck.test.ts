import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { cutAt, firmware, linesAtEnd, runCommand } from '../helpers/command.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** The ladder of AN3156 and DFU 1.1: each step with a ROM that needs it, and stays stuck without it. */
const { F405 } = romPersonalities;
const image = imageOf({ address: flashBase, data: pattern(20_000) });
const old = pattern(64 * 1024, 7);
const stuckUntil = (until: 'usb-reset' | 'reset'): RomPersonality => ({
  ...F405,
  dfu: { ...F405.dfu, earlyPoll: 'busy-again', wedge: { onErase: flashBase + 0x4000, until } },
});

test.each([
  { state: 'dfuERROR', request: 'CLRSTATUS' },
  { state: 'dfuDNLOAD_IDLE', request: 'ABORT' },
  { state: 'dfuUPLOAD_IDLE', request: 'ABORT' },
] as const)('left in $state by an earlier host: $request, and nothing else', async ({ state, request }) => {
  const { flash, sent, holds } = await engine({ initialState: state });
  expect(sent.map(({ name }) => name).filter((name) => name !== 'GETSTATUS')).toEqual([request]);
  expect(await flash(image)).toMatchObject({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
});

test('stuck in dfuDNBUSY: DFU_CLRSTATUS twice, for a ROM that may be asked so', async () => {
  const { H743revV } = quirkyPersonalities;
  const data = pattern(4096);
  const there = imageOf({ address: 0x0810_0000, data });
  const { flash, sent, holds } = await engine({ personality: H743revV, content: pattern(0x11_0000, 3) });
  expect(await flash(there)).toMatchObject({ error: null });
  expect(holds(there)).toBe(true);
  expect(sent.filter(({ name }) => name === 'CLRSTATUS')).toHaveLength(2);
});

test('stuck, and no DFU_CLRSTATUS helps: a USB reset does', async () => {
  const { flash, holds } = await engine({ personality: stuckUntil('usb-reset'), content: old });
  expect(await flash(image)).toMatchObject({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
});

test('stuck, and no USB reset helps: without lines that is the end, and it is said', async () => {
  const { flash } = await engine({ personality: stuckUntil('reset'), content: old });
  expect(await flash(image)).toMatchObject({ error: { code: 'dfu-state' }, condition: 'erased in part' });
});

const recover = (personality: RomPersonality, scenario = 'crashed', profile = 'rc-cap') =>
  runCommand(['recover', firmware, '--profile', profile, '--simulate', scenario, '--json'], { personality });

test('stuck, and only NRST helps: the lines enter it again, and the job goes on', async () => {
  const run = await recover(stuckUntil('reset'));
  expect(run.result).toMatchObject({ ok: true, verified: true, application: 'seen' });
  expect((run.result.attempts as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(['entered', 'entered']);
  expect(run.bench.truth.of('fault').map(({ name }) => name)).toEqual(['wedged in dfuDNBUSY']);
  expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
});

test('stuck from the start on, at a known USB path: the lines enter it', async () => {
  const profile = profileFile('path', wholeBoot0, 'usb: { path: 1-2 }', 'methods: [rc-cap]');
  const first = await runCommand(['flash', firmware, '--profile', profile, '--simulate', 'already-dfu', '--json'], {
    personality: stuckUntil('reset'),
    arrange: cutAt('fault'),
  });
  expect(first.result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  const again = await runCommand(['flash', firmware, '--profile', profile, '--simulate', '--json'], {
    bench: first.bench,
  });
  expect(again.result).toMatchObject({ ok: true, verified: true });
  expect((again.result.attempts as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(['entered']);
});
