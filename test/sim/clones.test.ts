import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cloneOf, clones, unpackedSerial } from '../../src/chips/clones.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { startable } from '../helpers/engine.ts';
import { profileFile } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-clones-'));
const expected = readFileSync(firmware.replace(/hex$/, 'bin'));

/** Direct wiring, for a target with these USB ids. */
const boardFor = (vendorId: string, productId: string): string =>
  profileFile(
    `for-${vendorId}`,
    'methods: [lines]',
    `usb: { vendorId: "${vendorId}", productId: "${productId}" }`,
    'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }',
  );

/** Both have 32 KiB of RAM, which the firmware's stack is not in. */
const stackInRam = ['--patch', '0x08000000=u32:0x20005000'];

describe('a profile that names the clone', () => {
  test.each([
    {
      scenario: 'clone-gd32',
      vendorId: '28e9',
      productId: '0189',
      says: /GigaDevice GD32/,
      differs: /without answering/,
    },
    { scenario: 'clone-at32', vendorId: '2e3c', productId: 'df11', says: /Artery AT32/, differs: /"Option Byte"/ },
  ] as const)(
    '$scenario: the job is done, and the report says what it is',
    async ({ scenario, vendorId, productId, says, differs }) => {
      const argv = [
        'recover',
        firmware,
        '--profile',
        boardFor(vendorId, productId),
        '--simulate',
        scenario,
        ...stackInRam,
      ];
      const { status, result, events, bench } = await runCommand([...argv, '--json']);
      expect(result.error).toBeNull();
      expect(status).toBe(0);
      expect(result).toMatchObject({ verified: true, application: 'seen', method: 'lines' });
      expect(result.diagnosis).toEqual([
        { cause: 'clone', evidence: expect.stringMatching(says), advice: expect.stringMatching(differs) },
      ]);
      const notes = events.filter(({ event }) => event === 'note').map(({ message }) => message);
      expect(notes).toContainEqual(expect.stringMatching(says));
      const { flash } = bench.boards[0].memory;
      expect(Buffer.from(flash.read(0x0800_c000, 0x20))).toEqual(expected.subarray(0xc000, 0xc020));
      expect(bench.truth.of('programmed-without-erase')).toEqual([]);
      expect(bench.truth.of('left')).toHaveLength(1);
    },
  );
});

test('more than the GD32 has is refused, whatever its layout says', async () => {
  const path = join(folder, 'large.bin');
  writeFileSync(path, startable(romPersonalities.GD32VF103, new Uint8Array(129 * 1024).fill(0x5a)));
  const argv = ['recover', path, '--address', '0x08000000', '--profile', boardFor('28e9', '0189'), '--simulate'];
  const { result, bench } = await runCommand([...argv, 'clone-gd32', '--json']);
  expect(result.error).toMatchObject({ code: 'image-out-of-range' });
  expect(bench.truth.of('erased')).toEqual([]);
});

test.each([
  { device: { vendorId: '28e9', productId: '0189' }, id: 'gd32' },
  { device: { vendorId: '314b', productId: '0106' }, id: 'apm32' },
  { device: { vendorId: '1a86', productId: '55e0' }, id: 'ch32' },
  { device: { vendorId: '0483', productId: 'df11', product: 'AT32 Bootloader DFU' }, id: 'at32' },
  { device: { vendorId: '0483', productId: 'df11', serialNumber: 'AT32' }, id: 'at32' },
  { device: { vendorId: '0483', productId: 'df11', product: 'STM32  BOOTLOADER', serialNumber: 'STM32FxSTM32' } },
  { device: { vendorId: '2e3c', productId: '5740', product: 'Virtual Com Port' } },
])('$device: $id', ({ device, id }) => {
  expect(cloneOf(device)?.clone.id).toBe(id);
});

test('every row has a source and ids of its own', () => {
  expect(clones.every(({ source }) => source.length > 20)).toBe(true);
  const ids = clones.flatMap((clone) => clone.ids.map(({ vendorId, productId }) => `${vendorId}:${productId}`));
  expect(new Set(ids).size).toBe(ids.length);
});

// riscv-mcu/gd32-dfu-utils#5: "3CBJ", sent as 06 03 33 43 42 4a.
test.each([
  ['\u4333\u4a42', '3CBJ'],
  ['205C36783731', '205C36783731'],
  ['', ''],
])('serial number %s', (sent, meant) => {
  expect(unpackedSerial(sent)).toBe(meant);
});
