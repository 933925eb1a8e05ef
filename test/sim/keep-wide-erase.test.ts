import { expect, test } from 'vitest';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { sectors } from '../../src/sim/chip/rom-generations.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';
import { keeping, newFolder } from '../helpers/keeping.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const KiB = 1024;
const { H7A3 } = quirkyPersonalities;
/** The silicon of a G4 or L4 whose layout is the same: pages of 2 KB, as it says. */
const honest = {
  ...H7A3,
  geometry: {
    ...H7A3.geometry,
    sectors: sectors(flashBase, [256, 2 * KiB, 20]),
  },
};

test.each([
  { name: 'an H7A3, which erases 8 KB', personality: H7A3 },
  { name: 'a line whose pages are those of the layout', personality: honest },
])('nobody has named the line: --keep keeps what stands around, on $name', async ({ personality }) => {
  const content = pattern(64 * KiB, 9);
  for (const { at, length } of [
    { at: 0, length: 5 * KiB },
    { at: 9 * KiB + 20, length: 300 },
    { at: 15 * KiB, length: 4 * KiB },
  ]) {
    const bench = await engine({ personality, content });
    const image = imageOf({ address: flashBase + at, data: pattern(length, 5) });
    const { error, condition } = await keeping(bench, newFolder(), image);
    expect({ error, condition }).toEqual({ error: null, condition: 'verified' });
    const expected = content.slice();
    expected.set(image.segments[0]!.data, at);
    expect(Buffer.compare(bench.memory.flash.read(flashBase, content.length), expected)).toBe(0);
  }
});

test("a whole command with a profile that names no line: the row 'h7a3-by-layout' keeps what the ROM erases beside the image", async () => {
  const profile = profileFile('unnamed-line', 'adapter: {}', wholeBoot0, 'methods: [rc-cap]');
  const argv = ['flash', firmware, '--profile', profile, '--simulate', 'crashed', '--keep', '--json'];
  const content = pattern(64 * KiB, 9);
  const { result, bench } = await runCommand(argv, {
    personality: H7A3,
    stateFolder: newFolder(),
    arrange: ({ boards: [{ memory }] }) => memory.flash.preload(flashBase, content),
  });
  expect(result).toMatchObject({ ok: true, verified: true, kept: [] });
  // The image ends at 33,700: in the sector of 8 KB that begins at 32 KB.
  const behind = bench.boards[0].memory.flash.read(flashBase + 34 * KiB, 6 * KiB);
  expect(Buffer.compare(behind, content.subarray(34 * KiB, 40 * KiB))).toBe(0);
});
