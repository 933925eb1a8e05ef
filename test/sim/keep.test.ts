import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptFiles } from '../../src/cli/kept-files.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { KeptAround } from '../../src/ops/flash/keep-around.ts';
import { romPersonalities } from '../../src/sim/target/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/target/quirky-personalities.ts';
import { type CommandRun, cutAt, firmware, runCommand } from '../helpers/command.ts';
import { type EngineSetup, engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

const KiB = 1024;
const { F405, L072 } = romPersonalities;
const newFolder = () => mkdtempSync(join(tmpdir(), 'bootctl-keep-'));
const from = { profile: 'test', place: '1-2', serialNumber: 'STM32FxSTM32' };

/** One process with `--keep`: what it remembers is gone with it, what it has saved is not. */
async function keeping(
  { flash, target }: Awaited<ReturnType<typeof engine>>,
  folder: string,
  image: ReturnType<typeof imageOf>,
) {
  const notes: string[] = [];
  const files = keptFiles({ stateFolder: folder, cwd: folder }, false);
  const around = new KeptAround((event) => void (event.event === 'note' && notes.push(event.message)), from, files);
  await around.open(target.layout.sectors);
  const output = await flash(image, { around });
  if (output.condition === 'verified') await around.forget();
  return { ...output, notes };
}

const cases: readonly (EngineSetup & { name: string; at: number; length: number; step: number })[] = [
  { name: 'F405', step: 7, personality: F405, at: flashBase + 0x1000, length: 5 * KiB },
  { name: 'F405, over the border of two sectors', step: 7, personality: F405, at: flashBase + 0x3000, length: 6 * KiB },
  { name: 'L072', step: 1, personality: L072, at: flashBase + 0x220, length: 700 },
  {
    name: 'H743 rev V, which has to be freed in between',
    step: 97,
    personality: quirkyPersonalities.H743revV,
    at: 0x0810_0400,
    length: 3 * KiB,
  },
];

test.each(cases)('$name: cut after every transfer, what stands around survives', { timeout: 60_000 }, async (one) => {
  const { at, length } = one;
  const content = pattern(at + length + 64 * KiB - flashBase, 9).subarray(
    0,
    one.personality === L072 ? 8 * KiB : undefined,
  );
  const image = imageOf({ address: at, data: pattern(length, 5) });
  for (let transfers = 40; ; transfers += one.step) {
    const folder = newFolder();
    const bench = await engine({ ...one, content });
    bench.life.left = transfers;
    const first = await keeping(bench, folder, image);
    await bench.powerCycle();
    const second = await keeping(bench, folder, image);
    expect(second).toMatchObject({ error: null, condition: 'verified' });
    // Program units that the image touches are padded; everything else is as it was.
    const [start, end] = [at - (at % 32), Math.ceil((at + length) / 32) * 32].map((address) => address - flashBase);
    const now = bench.memory.flash.read(flashBase, content.length);
    expect(Buffer.compare(now.subarray(0, start), content.subarray(0, start))).toBe(0);
    expect(Buffer.compare(now.subarray(end), content.subarray(end!))).toBe(0);
    expect(bench.holds(image)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    if (first.error === null) break;
    expect(transfers).toBeLessThan(3_000);
  }
});

test('what was saved and does not belong to what the flash holds now stays in its file, and is named', async () => {
  const folder = newFolder();
  const image = imageOf({ address: flashBase + 0x1000, data: pattern(2 * KiB, 5) });
  const bench = await engine({ content: pattern(64 * KiB, 9) });
  bench.life.left = 50;
  expect((await keeping(bench, folder, image)).error).not.toBeNull();
  const [name] = readdirSync(folder);
  // Another board at the same place, or other firmware meanwhile.
  const other = pattern(64 * KiB, 3);
  bench.memory.flash.preload(flashBase, other);
  await bench.powerCycle();
  const second = await keeping(bench, folder, image);
  expect(second.condition).toBe('verified');
  expect(second.notes.join('\n')).toContain(`${join(folder, name!)} stays`);
  expect(Buffer.compare(bench.memory.flash.read(flashBase, 0x1000), other.subarray(0, 0x1000))).toBe(0);
  expect(readdirSync(folder)).toEqual([name]);
  // An image like any other.
  const kept = parseImage(readFileSync(join(folder, name!)), name!);
  expect(kept.segments[0]).toMatchObject({ address: flashBase });
});

const flashKeep = (
  stateFolder: string,
  more: Parameters<typeof runCommand>[1] = {},
  ...argv: readonly string[]
): Promise<CommandRun> =>
  runCommand(['flash', firmware, '--profile', 'rc-cap', '--simulate', '--json', ...argv], { stateFolder, ...more });
const notesOf = ({ events }: CommandRun) =>
  events.flatMap(({ event, message }) => (event === 'note' ? [message as string] : []));

test('a whole job that is cut, then one without --keep, then one with it', async () => {
  const folder = newFolder();
  const cut = await flashKeep(folder, { arrange: cutAt('erased') }, '--keep');
  const [name] = readdirSync(folder);
  const path = join(folder, name!);
  expect(cut.result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  expect(notesOf(cut)).toContainEqual(expect.stringContaining(path));
  const { bench } = cut;
  const told = await runCommand(['verify', firmware, '--profile', 'rc-cap', '--simulate', '--json'], {
    bench,
    stateFolder: folder,
  });
  expect(told.result.ok).toBe(false);
  const without = await flashKeep(folder, { bench });
  expect(notesOf(without)).toContainEqual(expect.stringMatching(/--keep puts it back/));
  expect(readdirSync(folder)).toEqual([name]);
  const again = await flashKeep(folder, { bench }, '--keep');
  expect(again.result).toMatchObject({ ok: true, verified: true });
  expect(readdirSync(folder)).toEqual([]);
  // Behind the image, in its last sector: the garbage of the crashed application (src/sim/sim-boards.ts).
  const behind = bench.boards[0].memory.flash.read(flashBase + 0xd000, 256);
  expect(behind.every((byte, index) => byte === (((0xd000 + index) * 197 + 13) & 0x7f))).toBe(true);
});

test('nothing is erased where nothing can be saved', async () => {
  const folder = join(newFolder(), 'file');
  writeFileSync(folder, '');
  const run = await flashKeep(folder, {}, '--keep');
  expect(run.result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'image-unwritable' } });
  expect(run.truth.filter(({ what }) => what === 'erased')).toEqual([]);
});
