import { describe, expect, test } from 'vitest';
import type { Wiring, WiringKey } from '../../src/board/circuit/plan.ts';
import { wiringFromPins } from '../../src/board/circuit/wiring.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { boardWithTolerances, randomFrom } from '../helpers/calibration.ts';
import type { LearnedInSim } from '../helpers/learning.ts';
import { enteredByLearned, learned } from '../helpers/learning.ts';

const builtIn = (name: string): BoardProfile => findProfile(name, { cwd: '.' });

/** The other line in the place of each. */
const swapped = (profile: BoardProfile): BoardProfile => {
  const row = (key: WiringKey) => {
    const [, rts, dtr] = /^rts (\w+), dtr (\w+)$/.exec(key)!;
    return profile.wiring[`rts ${dtr}, dtr ${rts}` as WiringKey];
  };
  const keys = Object.keys(profile.wiring) as WiringKey[];
  return { ...profile, wiring: Object.fromEntries(keys.map((key) => [key, row(key)])) as Wiring };
};

const circuits: readonly (readonly [string, BoardProfile])[] = [
  ...['two-line', 'rc-cap', 'direct', 'cross-coupled', 'one-key', 'soft-jump'].flatMap((name) => [
    [name, builtIn(name)] as const,
    [`${name}, lines swapped`, swapped(builtIn(name))] as const,
  ]),
];

/** Nothing of the flash was touched, and the lines are idle. */
function expectUnharmed({ bench }: LearnedInSim): void {
  expect(bench.truth.events.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
  expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
}

describe.each(circuits)('%s', (name, profile) => {
  test.each(['crashed', 'healthy'])(
    'five boards with other parts, %s: the wiring is the true one, and a job by the profile gets in',
    {
      timeout: 60_000,
    },
    async (scenario) => {
      const random = randomFrom(name.length);
      for (let board = 0; board < 5; board++) {
        const real = boardWithTolerances(profile, random);
        const one = await learned(real, { scenario });
        expect(one.result.error).toBeNull();
        expect(one.result.learned!.board.circuit!.wiring).toEqual(real.wiring);
        expect(one.result.learned!.board.circuit!.storage).toBe(real.boot0 ? 'capacitor' : 'direct');
        expectUnharmed(one);
        expect(await enteredByLearned(one, real, { scenario })).toMatchObject({ ok: true, bootloader: 'dfu' });
      }
    },
  );
});

const nobody: BoardProfile = { ...builtIn('rc-cap'), wiring: wiringFromPins('nobody', 'nobody') };

test.each(['crashed', 'healthy', 'no-usb', 'blank-flash'])(
  'lines that reach nothing, %s: no wiring is claimed',
  async (scenario) => {
    const one = await learned(nobody, { scenario });
    expect(one.result).toMatchObject({ exitCode: 4, error: { code: 'wiring-unknown' } });
    expect(one.result.learned!.board).toMatchObject({ circuit: null, resetLine: null });
    expect(one.result.learned!.text).toContain('# Unknown:\n# - No state of RTS and DTR has shown anything');
    expectUnharmed(one);
  },
);
