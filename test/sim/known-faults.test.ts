import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quirksThatExplain } from '../../src/chips/chip.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { runCommand } from '../helpers/command.ts';
import { flashBase, pattern, startable } from '../helpers/engine.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const { F072 } = quirkyPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-known-'));
const path = join(folder, 'app.bin');
writeFileSync(path, startable(F072, pattern(9_000)));

const profile = profileFile(
  'known-F072',
  'target: { family: F072 }',
  wholeBoot0,
  'methods: [rc-cap]',
  'application: { expect: none }',
);
const recover = (losesLongBlocks: boolean) =>
  runCommand(['recover', `${path}@0x08000000`, '--profile', profile, '--simulate', 'crashed', '--json'], {
    personality: losesLongBlocks ? { ...F072, dfu: { ...F072.dfu, losesLongBlocks: true } } : F072,
  });

test('blocks that break off behind a high-speed port: found before anything is erased, and the hub is named', async () => {
  const { result, truth, status } = await recover(true);
  expect(status).toBe(5);
  expect(result).toMatchObject({
    flash: 'untouched',
    error: { code: 'usb-blocks-break-off', hint: expect.stringMatching(/hub.*AN2606 Rev 70, Table 42/) },
  });
  expect(truth.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
});

test('the block that is tried is not carried out', async () => {
  const { result, bench, truth } = await recover(false);
  expect(result).toMatchObject({ ok: true, flash: 'verified' });
  expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
  const { memory } = bench.boards[0];
  const ram = memory.read(0x2000_0000, 16 * 1024);
  expect(ram.every((byte) => byte === 0)).toBe(true);
  expect(Buffer.compare(memory.flash.read(flashBase, 9_000), startable(F072, pattern(9_000)))).toBe(0);
});

test('the lines of AN2606 that lose blocks are marked, each with its table', () => {
  const marked = chipKeys().filter((key) => quirksThatExplain(findChip(key), 'blocks-break-off').length > 0);
  expect(marked).toEqual(['F04x', 'F070x6', 'F070xB', 'F072', 'L07x_08x_usb']);
  for (const key of marked) {
    expect(quirksThatExplain(findChip(key), 'blocks-break-off')[0]).toContain(
      'put a USB hub in between (AN2606 Rev 70, Table ',
    );
  }
});

test('info says what is known of the line', async () => {
  const { events } = await runCommand(['info', '--profile', profile, '--simulate', 'crashed', '--json'], {
    personality: F072,
  });
  expect(events.find(({ message }) => /put a USB hub in between/.test(String(message)))).toBeDefined();
});

test('no DFU device: the advice names what the line is known for', async () => {
  const known = profileFile(
    'known-G0B1',
    'target: { family: L47x_48x }',
    wholeBoot0,
    'methods: [rc-cap]',
    'application: { expect: none }',
  );
  const argv = ['enter', '--profile', known, '--simulate', 'no-usb', '--json'];
  const { result } = await runCommand(argv);
  const [first] = quirksThatExplain(findChip('L47x_48x'), 'no-dfu-device');
  expect(first).toBeDefined();
  expect(JSON.stringify(result.diagnosis)).toContain(first);
});
