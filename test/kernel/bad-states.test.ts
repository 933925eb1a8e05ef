import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';
import { changesOf, idle, setUpOne } from './one-board.ts';

describe('targets in a bad state', () => {
  kernelTest('dfuERROR at the start is cleared, and the job done', async () => {
    const { placed } = await setUpOne({ startsInRom: 'dfuERROR' });
    const { result } = await bootctl(placed);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    await expectFlashed('board');
  });

  kernelTest('readout protection: exit 6, flash untouched', async () => {
    const { placed } = await setUpOne({ memory: { readoutProtected: true } });
    const { status, result } = await bootctl(placed);
    expect(result?.error).toMatchObject({ code: 'readout-protected' });
    expect(status).toBe(6);
    expect(changesOf(await bench.call('truth', null), 'board')).toEqual([]);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
  });

  kernelTest('a DFU device that stops answering ends the job within its timeout, not in a minute', async () => {
    const { board } = await setUp({
      boards: [boardOf('board', builtInProfile('two-line'))],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    await bench.call('when', { event: { what: 'programmed' }, nth: 3, act: { freeze: 'board' } });
    const { status, result } = await bootctl(['recover', firmware, '--profile', 'two-line', ...placeOf(board)]);
    expect(result).toMatchObject({
      ok: false,
      flash: 'written in part',
      error: { code: expect.stringMatching(/^usb-|dfu-|target-/) },
    });
    expect(status).toBe(5);
    // One request that is not answered, which is 9 s; then the ladder once more, which has no hold window to miss. A busy
    // machine takes twice as long.
    expect(result!.durations.flash).toBeLessThan(50_000);
    // The kernel may say in time that it could not enumerate the frozen device: its rung is then tried more often.
    const [first, ...again] = result!.attempts.map(({ outcome }) => outcome);
    expect([first, new Set(again)]).toEqual(['entered', new Set(['dfu-not-seen'])]);
    expect(again.length).toBeLessThanOrEqual(5);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
  });
});
