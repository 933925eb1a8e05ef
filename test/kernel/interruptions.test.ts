import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';

const idle = { rts: 'released', dtr: 'released' };
const job = ['recover', firmware, '--profile', 'two-line'];

const oneBoard = () => ({
  boards: [boardOf('board', builtInProfile('two-line'))],
  adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
});

async function expectDone(place: readonly string[] = []): Promise<void> {
  const { result } = await bootctl([...job, ...place]);
  expect(result).toMatchObject({ ok: true, verified: true });
  await expectFlashed('board');
  expect(await bench.call('lines', 'adapter')).toEqual(idle);
}

describe('cables', () => {
  kernelTest('adapter unplugged during the reset: exit 3 at once; plugged in again, the job is done', async () => {
    const { board } = await setUp(oneBoard());
    // The open glitch is the first reset, the job's own the second.
    await bench.call('when', { event: { what: 'nrst', level: 0 }, nth: 2, act: { unplug: 'adapter' } });
    const { status, result } = await bootctl(job);
    expect(result?.error).toMatchObject({ code: 'adapter-lost' });
    expect(status).toBe(3);
    await bench.call('plug', 'adapter');
    await expectDone(placeOf(board));
  });

  kernelTest('target unplugged while programming: lines idle; plugged in again, the job is done', async () => {
    const { board } = await setUp(oneBoard());
    await bench.call('when', { event: { what: 'programmed' }, nth: 5, act: { unplug: 'board' } });
    const { status, result } = await bootctl([...job, ...placeOf(board)]);
    expect(result).toMatchObject({ ok: false, flash: 'written in part', error: { code: 'target-lost' } });
    expect(status).toBe(5);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
    await bench.call('plug', 'board');
    await expectDone();
  });
});

/** Moments before the flash is touched, by what the job has just reported. */
const onTheWay = [
  { text: '"adapter.opened"' },
  { text: '"lines.set"' },
  { text: '"lines.set"', nth: 2 },
  { text: '"bootloader.entered"' },
  { text: '"target.read"' },
] as const;

/** Moments at which the flash is neither what it was nor what it will be, but for the last. */
const inTheFlash = [
  { text: '"phase":"erase"' },
  { text: '"phase":"erase"', nth: 3 },
  { text: '"phase":"program"' },
  { text: '"phase":"program"', nth: 3 },
  { text: '"phase":"verify"' },
] as const;

async function interrupt(
  moment: (typeof onTheWay)[number] | (typeof inTheFlash)[number],
  signal: 'SIGINT' | 'SIGKILL',
  place: readonly string[] = [],
) {
  const { status, signal: killedBy, result } = await bootctl([...job, ...place], { signalAt: { ...moment, signal } });
  if (signal === 'SIGKILL') {
    expect({ moment, killedBy }).toEqual({ moment, killedBy: 'SIGKILL' });
    return;
  }
  expect({ moment, status }).toEqual({ moment, status: 130 });
  expect(result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  expect(await bench.call('lines', 'adapter')).toEqual(idle);
}

describe('signals', () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    kernelTest(
      `${signal} on the way to the bootloader, at five moments: the next run is done`,
      async () => {
        await setUp(oneBoard());
        for (const moment of onTheWay) await interrupt(moment, signal);
        const truth = await bench.call('truth', null);
        expect(truth.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
        await expectDone();
      },
      120_000,
    );

    kernelTest(
      `${signal} in the midst of the flash, at five moments: each time the next run is done`,
      async () => {
        for (const moment of inTheFlash) {
          const { board } = await setUp(oneBoard());
          await interrupt(moment, signal, placeOf(board));
          // Killed without a word, it is proven by its lines alone.
          await expectDone(signal === 'SIGINT' ? placeOf(board) : []);
        }
      },
      240_000,
    );
  }
});
