import { expect } from 'vitest';
import type { BenchSetup } from './agent/protocol.ts';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';

export const idle = { rts: 'released', dtr: 'released' };
export const job = ['recover', firmware, '--profile', 'two-line'];

export const oneBoard = (): BenchSetup => ({
  boards: [boardOf('board', builtInProfile('two-line'))],
  adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
});

/** The job is done now. */
export async function expectDone(place: readonly string[] = []): Promise<void> {
  const { result } = await bootctl([...job, ...place]);
  expect(result).toMatchObject({ ok: true, verified: true });
  await expectFlashed('board');
  expect(await bench.call('lines', 'adapter')).toEqual(idle);
}

/** Moments before the bootloader runs, by what the job has just reported. */
const onTheWay = [{ text: '"adapter.opened"' }, { text: '"lines.set"' }, { text: '"lines.set"', nth: 2 }] as const;

/** Moments so shortly before the first erase that it may have begun when the signal arrives. */
const beforeTheErase = [{ text: '"bootloader.entered"' }, { text: '"target.read"' }] as const;

/** Moments at which the flash is neither what it was nor what it will be, but for the last. */
const inTheFlash = [
  { text: '"phase":"erase"' },
  { text: '"phase":"erase"', nth: 3 },
  { text: '"phase":"program"' },
  { text: '"phase":"program"', nth: 3 },
  { text: '"phase":"verify"' },
] as const;

async function interrupt(
  moment: (typeof onTheWay)[number] | (typeof beforeTheErase)[number] | (typeof inTheFlash)[number],
  signal: 'SIGINT' | 'SIGKILL',
  place: readonly string[] = [],
) {
  const { status, signal: killedBy, result } = await bootctl([...job, ...place], { signalAt: { ...moment, signal } });
  if (signal === 'SIGKILL') {
    expect({ moment, killedBy }).toEqual({ moment, killedBy: 'SIGKILL' });
    return undefined;
  }
  expect({ moment, status }).toEqual({ moment, status: 130 });
  expect(result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  expect(await bench.call('lines', 'adapter')).toEqual(idle);
  return result;
}

/** How often the board's flash was erased or programmed since the case began. */
async function touchesOfFlash(): Promise<number> {
  const truth = await bench.call('truth', null);
  return truth.filter(({ what }) => what === 'erased' || what === 'programmed').length;
}

/** Jobs that this signal ends, each at another moment; the next one is done all the same. */
export function interruptedBy(signal: 'SIGINT' | 'SIGKILL'): void {
  kernelTest(
    `${signal} on the way to the bootloader, at five moments: the next run is done`,
    async () => {
      await setUp(oneBoard());
      for (const moment of onTheWay) await interrupt(moment, signal);
      expect(await touchesOfFlash()).toBe(0);
      for (const moment of beforeTheErase) {
        const touches = await touchesOfFlash();
        const result = await interrupt(moment, signal);
        const isTouched = (await touchesOfFlash()) > touches;
        // A job that was killed says nothing.
        if (result && isTouched) expect({ moment, flash: result.flash }).not.toEqual({ moment, flash: 'untouched' });
      }
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
