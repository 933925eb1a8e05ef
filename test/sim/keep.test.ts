import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { parseImage, readImage } from '../../src/image/load-image.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { keptFiles } from '../../src/store/kept-files.ts';
import { type CommandRun, cutAt, cutAtLastErase, firmware, runCommand } from '../helpers/command.ts';
import { type EngineSetup, engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';
import { keeping, newFolder } from '../helpers/keeping.ts';

const KiB = 1024;
const { F405, L072 } = romPersonalities;
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
    const expected = content.slice();
    expected.set(image.segments[0]!.data, at - flashBase);
    expect(Buffer.compare(bench.memory.flash.read(flashBase, content.length), expected)).toBe(0);
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

/** Behind the image, in its last sector: the garbage of the crashed application (src/sim/board/sim-boards.ts). */
const isGarbageBehind = ({ bench }: CommandRun): boolean =>
  bench.boards[0].memory.flash
    .read(flashBase + 0xd000, 256)
    .every((byte, index) => byte === (((0xd000 + index) * 197 + 13) & 0x7f));

test('a whole job that is cut: without a proof that it is the same board its file is named, and --restore puts it back', async () => {
  const folder = newFolder();
  const cut = await flashKeep(folder, { arrange: cutAt('erased') }, '--keep');
  const [name] = readdirSync(folder);
  const path = join(folder, name!);
  expect(cut.result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  expect(notesOf(cut)).toContainEqual(expect.stringContaining(path));
  expect(cut.result.kept).toEqual([{ path, bytes: expect.any(Number), reason: 'cut', isProvable: false }]);
  expect(cut.result.error).toMatchObject({ hint: expect.stringContaining(`Add \`--restore ${path}\``) });
  const { bench } = cut;
  const without = await flashKeep(folder, { bench });
  expect(notesOf(without)).toContainEqual(expect.stringContaining(`--restore ${path}`));
  expect(without.result.kept).toMatchObject([{ path, reason: 'not-asked' }]);
  // Every F405 has the serial number STM32FxSTM32, and by DFU no memory shows the unique id.
  const again = await flashKeep(folder, { bench }, '--keep');
  expect(again.result).toMatchObject({ ok: true, verified: true, kept: [{ path, reason: 'not-proven' }] });
  expect(notesOf(again)).toContainEqual(expect.stringContaining(`--restore ${path}`));
  expect(readdirSync(folder)).toEqual([name]);
  expect(isGarbageBehind(again)).toBe(false);
  const restored = await flashKeep(folder, { bench }, '--restore', path);
  expect(restored.result).toMatchObject({ ok: true, verified: true, kept: [] });
  expect(isGarbageBehind(restored)).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

test('--restore takes a file of any place and leaves it there; BOOTCTL_RESTORE names it as well', async () => {
  const folder = newFolder();
  const path = join(newFolder(), 'mine.hex');
  await flashKeep(folder, { arrange: cutAt('erased') }, '--keep');
  writeFileSync(path, readFileSync(join(folder, readdirSync(folder)[0]!)));
  vi.stubEnv('BOOTCTL_RESTORE', path);
  const run = await flashKeep(newFolder());
  vi.unstubAllEnvs();
  expect(run.result).toMatchObject({ ok: true, verified: true });
  expect(isGarbageBehind(run)).toBe(true);
  expect(readFileSync(path).length).toBeGreaterThan(0);
});

test('a file to restore that cannot be read, or lies outside the flash, is refused before anything moves', async () => {
  const missing = await flashKeep(newFolder(), {}, '--restore', join(newFolder(), 'none.hex'));
  expect([missing.status, missing.truth]).toEqual([2, []]);
  const outside = join(newFolder(), 'outside.hex');
  writeFileSync(outside, ':020000040900F1\n:0100000000FF\n:00000001FF\n');
  const refused = await flashKeep(newFolder(), {}, '--restore', outside);
  expect(refused.status).toBe(2);
  expect(refused.truth.filter(({ what }) => what === 'lines' || what === 'nrst')).toEqual([]);
});

test('a new board at the same place never gets the bytes of the one before', async () => {
  const folder = newFolder();
  const command = ['flash', firmware, '--profile', 'rc-cap', '--keep', '--json', '--simulate'];
  const first = await runCommand([...command, 'target-lost'], { stateFolder: folder });
  expect(first.result).toMatchObject({ ok: false, error: { code: 'target-lost' } });
  const kept = readdirSync(folder);
  expect(kept).toHaveLength(1);
  const second = await runCommand([...command, 'blank-flash'], { stateFolder: folder });
  expect(second.result).toMatchObject({ ok: true, verified: true });
  expect(notesOf(second)).toContainEqual(expect.stringContaining(`--restore ${join(folder, kept[0]!)}`));
  expect(readdirSync(folder)).toEqual(kept);
  const behind = second.bench.boards[0].memory.flash.read(flashBase + 0xd000, 0x1000);
  expect(behind.every((byte) => byte === 0xff)).toBe(true);
});

test.each([
  { options: [], name: 'text' },
  { options: ['--quiet'], name: 'quiet' },
])('$name: PASS names the file that was not put back, why not, and what puts it back', async ({ options }) => {
  const folder = newFolder();
  const { bench } = await flashKeep(folder, { arrange: cutAtLastErase }, '--keep');
  const path = join(folder, readdirSync(folder)[0]!);
  const argv = ['flash', firmware, '--profile', 'rc-cap', '--simulate', '--keep', ...options];
  const { status, stdout } = await runCommand(argv, { stateFolder: folder, bench });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^PASS/m);
  const why = 'nothing proves that this is the board they were taken from';
  expect(stdout).toMatch(new RegExp(`${path} holds [\\d,]+ bytes .*: ${why}; .*\`--restore ${path}\` puts them back`));
});

test('a file whose bytes the flash holds is named for what it is', async () => {
  const folder = newFolder();
  // The last of the sectors is the one that is shared: it was not erased yet.
  const { bench } = await flashKeep(folder, { arrange: cutAt('erased') }, '--keep');
  const path = join(folder, readdirSync(folder)[0]!);
  const again = await flashKeep(folder, { bench }, '--keep');
  expect(again.result).toMatchObject({ ok: true, kept: [{ path, reason: 'in-place' }] });
  expect(isGarbageBehind(again)).toBe(true);
});

test('a job that erased nothing leaves no file: the flash still holds all of it', async () => {
  const folder = newFolder();
  const profile = findProfile('rc-cap', { cwd: '/' });
  const controller = new AbortController();
  let saved: readonly string[] = [];
  const onProgress = (event: ProgressEvent) => {
    if (event.event !== 'note' || !event.message.includes('are saved in')) return;
    saved = readdirSync(folder);
    controller.abort(new BootctlError('aborted', 'between the file and the first erase'));
  };
  const result = await recover({
    profile,
    image: await readImage(firmware, { standardInput: async () => new Uint8Array(0) }),
    bench: createSimBench({ profile, scenario: 'crashed' }),
    keep: true,
    keptFiles: keptFiles({ stateFolder: folder, cwd: folder }, true),
    onProgress,
    signal: controller.signal,
  });
  expect(saved).toHaveLength(1);
  expect(result).toMatchObject({ flash: 'untouched', error: { code: 'aborted' }, kept: [] });
  expect(readdirSync(folder)).toEqual([]);
});

test('nothing is erased where nothing can be saved', async () => {
  const folder = join(newFolder(), 'file');
  writeFileSync(folder, '');
  const run = await flashKeep(folder, {}, '--keep');
  expect(run.result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'image-unwritable' } });
  expect(run.truth.filter(({ what }) => what === 'erased')).toEqual([]);
});
