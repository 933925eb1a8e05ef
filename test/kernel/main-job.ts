import { expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, setUp } from './kernel-test.ts';

/** Brings back a board with the built-in rc-cap circuit, by an adapter of this chip. */
export async function mainJobWith(chip: string): Promise<void> {
  const { board, adapter } = await setUp({
    boards: [boardOf('board', builtInProfile('rc-cap'))],
    adapters: [{ name: 'adapter', chip, board: 'board' }],
  });
  // A port with the ids of an Arduino or of TinyUSB may be anything: it has to be named.
  const port = chip.startsWith('cdc-acm') ? ['--port', adapter!.tty!] : [];
  const { status, result } = await bootctl(['recover', firmware, '--profile', 'rc-cap', ...port]);
  // Under load the guest may miss the 42 ms of the capacitor at each try; the ladder then ends in `lines`.
  expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
  expect(status).toBe(0);
  await expectFlashed('board');
  const truth = await bench.call('truth', null);
  expect(truth).toContainEqual(expect.objectContaining({ what: 'enumerated', path: board!.usbPath }));
  expect(await bench.call('lines', 'adapter')).toEqual({ rts: 'released', dtr: 'released' });
}
