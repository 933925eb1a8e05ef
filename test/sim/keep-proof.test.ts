import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cutAtLastErase, firmware, type RunOptions, runCommand } from '../helpers/command.ts';
import { flashBase } from '../helpers/engine.ts';
import { newFolder } from '../helpers/keeping.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const usart = profileFile(
  'keep-usart',
  f405,
  'adapter: {}',
  wholeBoot0,
  'usart: { connected: true }',
  'methods: [rc-cap]',
);
const flash = (stateFolder: string, more: RunOptions = {}) =>
  runCommand(['flash', firmware, '--profile', usart, '--simulate', 'no-usb', '--keep', '--json'], {
    stateFolder,
    ...more,
  });

test('over USART the unique id proves the board, and another one gets nothing', async () => {
  const folder = newFolder();
  const cut = await flash(folder, { arrange: cutAtLastErase });
  expect(cut.result).toMatchObject({ ok: false, error: { code: 'aborted' } });
  const [name = ''] = readdirSync(folder);
  expect(name).toContain('-id2a0031000e51333135363834.hex');
  const other = await flash(folder, {
    arrange: ({ boards: [board] }) => board.memory.burnUniqueId(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8)),
  });
  expect(other.result).toMatchObject({ ok: true, verified: true });
  expect(readdirSync(folder)).toEqual([name]);
  const { bench } = cut;
  const again = await flash(folder, { bench });
  expect(again.result).toMatchObject({ ok: true, verified: true });
  expect(again.events).toContainEqual(
    expect.objectContaining({
      event: 'note',
      message: expect.stringContaining(`${join(folder, name)} holds what stood`),
    }),
  );
  expect(readdirSync(folder)).toEqual([]);
  const behind = bench.boards[0].memory.flash.read(flashBase + 0xd000, 256);
  expect(behind.every((byte, index) => byte === (((0xd000 + index) * 197 + 13) & 0x7f))).toBe(true);
});
