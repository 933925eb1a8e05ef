import { expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';

// To open the port of an adapter is to assert both of its lines, which resets an rc-cap board.
for (const verb of ['recover', 'flash']) {
  kernelTest(`${verb}: a target that is in DFU mode at its path is flashed without opening the adapter`, async () => {
    const { board } = await setUp({
      boards: [boardOf('board', builtInProfile('rc-cap'), { startsInRom: 'dfuIDLE' })],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    const { result } = await bootctl([verb, firmware, '--profile', 'rc-cap', ...placeOf(board)]);
    expect(result).toMatchObject({ ok: true, verified: true });
    await expectFlashed('board');
    const truth = await bench.call('truth', null);
    expect(truth.filter(({ what }) => what === 'lines' || what === 'nrst')).toEqual([]);
  });
}
