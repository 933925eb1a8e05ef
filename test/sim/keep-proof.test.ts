import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isUniqueSerial, sameBoard } from '../../src/ops/engine/same-board.ts';
import { cutAtLastErase, firmware, type RunOptions, runCommand } from '../helpers/command.ts';
import { flashBase } from '../helpers/engine.ts';
import { newFolder } from '../helpers/keeping.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

test.each([
  { serial: '357236543131', isUnique: true },
  { serial: 'STM32FxSTM32', isUnique: false },
  { serial: 'STM32', isUnique: false },
  { serial: 'FFFFFFFEFFFF', isUnique: false },
  { serial: 'fffffffeffff', isUnique: false },
  { serial: '200364500000', isUnique: false },
  { serial: '3CBJ', isUnique: false },
  { serial: undefined, isUnique: false },
])('the serial number $serial tells a board from others: $isUnique', ({ serial, isUnique }) => {
  expect(isUniqueSerial(serial)).toBe(isUnique);
});

const own = '357236543131';
test.each([
  { before: { uniqueId: 'aa' }, now: { uniqueId: 'aa' }, verdict: 'same' },
  { before: { uniqueId: 'aa', serialNumber: own }, now: { uniqueId: 'bb', serialNumber: own }, verdict: 'other' },
  { before: { serialNumber: own }, now: { serialNumber: own }, verdict: 'same-if-used' },
  { before: { serialNumber: own }, now: { serialNumber: own, place: '1-3' }, verdict: 'unknown' },
  { before: { serialNumber: own }, now: { serialNumber: '2083376B5642' }, verdict: 'other' },
  { before: { serialNumber: '200364500000' }, now: { serialNumber: '200364500000' }, verdict: 'unknown' },
  { before: { uniqueId: 'aa' }, now: {}, verdict: 'unknown' },
  { before: {}, now: {}, verdict: 'unknown' },
] as const)('$before and $now: $verdict', ({ before, now, verdict }) => {
  expect(sameBoard({ place: '1-2', ...before }, { place: '1-2', ...now })).toBe(verdict);
});

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
