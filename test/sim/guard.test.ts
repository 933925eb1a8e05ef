import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { cutAt, firmware, runCommand } from '../helpers/command.ts';
import { engine, flashBase, imageOf, pattern, startable } from '../helpers/engine.ts';

/** However the target was entered: the vectors are erased with a sector that changes, and written last. */
const folder = mkdtempSync(join(tmpdir(), 'bootctl-guard-'));
const binary = readFileSync(firmware.replace(/hex$/, 'bin'));
const changed = Buffer.from(binary);
changed[0x4004]! ^= 1;
const [first, second] = ['first.bin', 'second.bin'].map((name) => join(folder, name)) as [string, string];
writeFileSync(first, binary);
writeFileSync(second, changed);

const ownPath = join(folder, 'path.yaml');
const rcCap = readFileSync(new URL('../../hardware/profiles/rc-cap.yaml', import.meta.url), 'utf8');
writeFileSync(ownPath, `${rcCap.replace('id: rc-cap', 'id: path')}\nusb: { path: 1-2 }\n`);

test.each([
  { profile: 'rc-cap', scenario: 'healthy', method: 'rc-cap', erased: [0, 0x4000] },
  { profile: 'soft-jump', scenario: 'healthy', method: 'soft-jump', erased: [0, 0x4000] },
  { profile: ownPath, scenario: 'already-dfu', method: 'already-there', erased: [0, 0x4000] },
])('entered by $method: $erased is erased', async ({ profile, scenario, method, erased }) => {
  const flash = (image: string, more: Parameters<typeof runCommand>[1] = {}, ...argv: readonly string[]) =>
    runCommand(['flash', `${image}@0x08000000`, ...argv, '--profile', profile, '--simulate', scenario, '--json'], more);
  const { bench, result } = await flash(first, {}, ...(method === 'already-there' ? ['--stay'] : []));
  expect(result).toMatchObject({ ok: true });
  const before = bench.truth.events.length;
  const update = await flash(second, { bench });
  expect(update.result).toMatchObject({ ok: true, verified: true, method });
  const events = bench.truth.events.slice(before);
  const erases = events.flatMap((event) => (event.what === 'erased' ? [event.address - 0x0800_0000] : []));
  expect(erases).toEqual(erased);
});

test('cut on a board that only its application can bring into the ROM: the next run says what to add, and that works', async () => {
  const profile = join(folder, 'asked.yaml');
  const asked = readFileSync(new URL('../../hardware/profiles/micropython.yaml', import.meta.url), 'utf8');
  writeFileSync(
    profile,
    asked.replace('id: micropython', 'id: asked').replace(/^methods: .*$/m, 'methods: [soft-jump]'),
  );
  const flash = (more: Parameters<typeof runCommand>[1], ...argv: readonly string[]) =>
    runCommand(['recover', firmware, ...argv, '--profile', profile, '--simulate', 'healthy', '--json'], more);
  const { bench, result } = await flash({ arrange: cutAt('erased') });
  expect(result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  const again = await flash({ bench });
  expect((again.result.error as { hint: string }).hint).toMatch(/^A DFU device is at 1-2.*`--usb-path 1-2`/);
  const named = await flash({ bench }, '--usb-path', '1-2');
  expect(named.result).toMatchObject({ ok: true, verified: true, application: 'seen', method: 'already-there' });
});

const { F405 } = romPersonalities;
const { L476 } = quirkyPersonalities;

test.each([
  { name: 'F405', personality: F405 },
  { name: 'L476', personality: L476 },
])('$name, its first sector write-protected without a word: nothing else is erased', async ({ personality }) => {
  const content = startable(personality, pattern(40 * 1024, 9));
  const bench = await engine({ personality, content, protectedSectors: [flashBase] });
  const { error, condition } = await bench.flash(imageOf({ address: flashBase, data: pattern(40 * 1024) }));
  expect(error).toMatchObject({ code: 'write-protected', details: { address: flashBase } });
  expect(condition).toBe('untouched');
  expect(bench.truth.of('erased')).toEqual([]);
  expect(bench.memory.flash.read(flashBase, content.length)).toEqual(content);
});

test('an erase of the vectors that does nothing is noticed before the next one, and sent again', async () => {
  const bench = await engine({ content: startable(F405, pattern(40 * 1024, 9)) });
  const erase = bench.target.erase.bind(bench.target);
  const startedAt: boolean[] = [];
  let erases = 0;
  bench.target.erase = async (sector, signal) => {
    startedAt.push(bench.memory.hasStackPointer(flashBase));
    if (++erases > 1) await erase(sector, signal);
  };
  const image = imageOf({ address: flashBase, data: startable(F405, pattern(40 * 1024)) });
  expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(startedAt).toEqual([true, true, false, false]);
  expect(bench.holds(image)).toBe(true);
});
