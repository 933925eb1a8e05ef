import { expect } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { trueTimes } from '../helpers/calibration.ts';
import { boardOf, builtInProfile } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { bench, kernelTest, placeOf, readGuestFile, setUp } from './kernel-test.ts';
import { changesOf, idle } from './one-board.ts';
import { changed, giveProfile } from './profiles.ts';

const claimed = changed('claimed', 'rc-cap', [['id: rc-cap', 'id: claimed']]);

/** A board that somebody put other parts on than the profile says. */
const { boot0, ...others } = builtInProfile('rc-cap');
const real = { ...others, boot0: { ...boot0!, capacitor: 3.6e-6, bleedResistor: 45e3 } };

for (const chip of ['ft232r', 'cp2102', 'ch340']) {
  kernelTest(
    `${chip}: calibrate finds how long another capacitor than the profile's holds, and writes it down`,
    async () => {
      const { board } = await setUp({
        boards: [boardOf('board', real, { flash: 'healthy' })],
        adapters: [{ name: 'adapter', chip, board: 'board' }],
      });
      const file = await giveProfile(claimed);
      const { status, lines } = await bootctl(['calibrate', '--profile', file, ...placeOf(board)]);
      expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true });
      expect(status).toBe(0);

      const text = Buffer.from(await readGuestFile(file)).toString();
      expect(text.startsWith(claimed.text.trimEnd())).toBe(true);
      const { measured } = parseProfile(text, file);
      const truth = trueTimes(real);
      expect(measured!.hold!.low).toBeLessThan(truth.hold);
      expect(measured!.hold!.high).toBeGreaterThan(truth.hold);
      expect(measured!.hold!.high - measured!.hold!.low).toBeLessThan(0.3 * truth.hold);
      expect(measured!.charge!.low).toBeLessThan(truth.charge);
      expect(measured!.charge!.high).toBeGreaterThan(truth.charge);
      expect(measured!.enumeration!.low).toBeGreaterThan(0);

      const seen = await bench.call('truth', null);
      expect(changesOf(seen, 'board')).toEqual([]);
      expect(seen.filter(({ what }) => what === 'boot0-sampled').at(-1)).toMatchObject({ boots: 'application' });
      expect(await bench.call('lines', 'adapter')).toEqual(idle);
    },
  );
}
