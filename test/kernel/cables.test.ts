import { describe, expect } from 'vitest';
import { bootctl } from './bootctl.ts';
import { expectDone, idle, job, oneBoard } from './interrupted.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';

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
