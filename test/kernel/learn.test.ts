import { expect } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { boardOf, builtInProfile } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { bench, kernelTest, placeOf, readGuestFile, setUp } from './kernel-test.ts';
import { changesOf, idle } from './one-board.ts';

/** A circuit of each kind, and one of three real drivers for each. */
const boards = [
  ['rc-cap', 'ft232r'], // some 25 sequences: the longest case of the level
  ['two-line', 'cp2102'],
  ['one-key', 'ch340'],
] as const;

for (const [name, chip] of boards) {
  kernelTest(`${chip}: learn finds the wiring of ${name} and writes a profile that gets in`, async () => {
    const real = builtInProfile(name);
    const { board } = await setUp({
      boards: [boardOf('board', real, { flash: 'healthy' })],
      adapters: [{ name: 'adapter', chip, board: 'board' }],
    });
    const file = '/tmp/learned.yaml';
    const { status, lines } = await bootctl(['learn', '--yes', '--force', '--output', file]);
    expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true, target: 'application' });
    expect(status).toBe(0);

    const text = Buffer.from(await readGuestFile(file)).toString();
    const profile = parseProfile(text, file);
    expect(profile.wiring).toEqual(real.wiring);
    expect(profile.boot0 !== undefined).toBe(real.boot0 !== undefined);

    const seen = await bench.call('truth', null);
    expect(changesOf(seen, 'board')).toEqual([]);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);

    const entered = await bootctl(['enter', '--profile', file, ...placeOf(board)]);
    expect(entered.lines.at(-1)).toMatchObject({ event: 'result', ok: true, bootloader: 'dfu' });
  });
}
