import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { engine, flashBase, imageOf, pattern, startable } from '../helpers/engine.ts';

/** ROMs of L0 and L1 program half-pages of 64 and 128 bytes, and refuse what comes second in one that has been begun. */
const lines = [
  { name: 'L072', personality: romPersonalities.L072, family: 'L07x_08x_usb' },
  { name: 'L072, its line not named', personality: romPersonalities.L072 },
  { name: 'L152', personality: quirkyPersonalities.L152, family: 'L1_cat3' },
  { name: 'L152, its line not named', personality: quirkyPersonalities.L152 },
] as const;

const images = [
  { runs: 'the second run begins within a half-page', first: 256, second: 0x220 },
  { runs: 'two runs in one half-page', first: 288, second: 0x140 },
  { runs: 'two runs in one half-page of an L0', first: 36, second: 0x30 },
] as const;

const cases = lines.flatMap((line) => images.map((image) => ({ ...line, ...image })));

test.each(cases)('$name, $runs: written, also over an old application', async (one) => {
  const image = imageOf(
    { address: flashBase, data: startable(one.personality, pattern(one.first)) },
    { address: flashBase + one.second, data: pattern(32, 3) },
  );
  for (const content of [undefined, pattern(2048, 9)]) {
    const bench = await engine({ ...one, ...(content ? { content } : {}) });
    expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
    expect(bench.holds(image)).toBe(true);
  }
});

test.each(cases)(
  '$name, $runs: a job that is cut anywhere is finished by the next',
  { timeout: 60_000 },
  async (one) => {
    const image = imageOf(
      { address: flashBase, data: startable(one.personality, pattern(one.first)) },
      { address: flashBase + one.second, data: pattern(32, 3) },
    );
    for (let transfers = 20; ; transfers += 3) {
      const bench = await engine({ ...one, content: pattern(2048, 9) });
      bench.life.left = transfers;
      const { error } = await bench.flash(image);
      await bench.powerCycle();
      expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
      expect(bench.holds(image)).toBe(true);
      if (error === null) break;
      expect(transfers).toBeLessThan(1_000);
    }
  },
);
