import { describe, expect } from 'vitest';
import { boardOf } from './boards.ts';
import { bootctl, endOf, firmware, startBootctl } from './bootctl.ts';
import { bench, kernelTest, placeOf, run, setUp } from './kernel-test.ts';
import { giveProfile, profileOf, seen } from './profiles.ts';
import { recoverOn, twoLine } from './ways-in.ts';

const ofFamily = (family: string) =>
  twoLine(`rom-${family.toLowerCase().replaceAll('_', '-')}`, seen, [
    'methods:',
    `target: { family: ${family} }\nmethods:`,
  ]);

describe('ROMs of other lines', () => {
  for (const family of ['H74x_75x', 'G0B1_0C1']) {
    kernelTest(`${family}: the main job`, async () => {
      const result = await recoverOn(ofFamily(family), {});
      expect(result).toMatchObject({ ok: true, verified: true, application: 'seen', bootloader: 'dfu' });
    });
  }

  kernelTest('L07x_08x_usb: refuses a stack outside its 20 KiB of RAM, and takes the patched image', async () => {
    const profile = ofFamily('L07x_08x_usb');
    const { board } = await setUp({
      boards: [boardOf('board', profileOf(profile))],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    const path = await giveProfile(profile);
    const refused = await bootctl(['recover', firmware, '--profile', path]);
    expect(refused.result?.error).toMatchObject({ code: 'image-vector-table' });
    expect((await bench.call('truth', null)).filter(({ what }) => what === 'lines')).toEqual([]);
    const patch = ['--patch', '0x08000000=u32:0x20005000'];
    const { result } = await bootctl(['recover', firmware, '--profile', path, ...patch, ...placeOf(board)]);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen', bootloader: 'dfu' });
  });
});

kernelTest('`simulate --kernel` plugs a board into Linux, and another bootctl recovers it', async () => {
  await setUp({});
  const profile = await giveProfile(twoLine('plugged', seen));
  const board = await startBootctl(['simulate', '--kernel', '--chip', 'cp2102', '--profile', profile]);
  await run(['sh', '-c', 'until ls /dev/ttyUSB* 2>/dev/null; do sleep 0.2; done'], { timeout: 20_000 });
  const { result } = await bootctl(['recover', firmware, '--profile', profile]);
  expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
  await bench.call('signal', { process: board, signal: 'SIGINT' });
  const { status, lines } = await endOf(board);
  expect(status).toBe(0);
  const left = lines.filter(({ event }) => event === 'truth.left');
  expect(left).toMatchObject([{ board: 'target', address: 0x0800_0000 }]);
});

kernelTest("another maker's chip that the profile names: the main job, and a word about it", async () => {
  const profile = twoLine('for-gd32', seen, ['methods:', 'usb: { vendorId: "28e9", productId: "0189" }\nmethods:']);
  const { board } = await setUp({
    boards: [boardOf('board', profileOf(profile), { personality: 'GD32VF103' })],
    adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
  });
  const patch = ['--patch', '0x08000000=u32:0x20005000'];
  const { result } = await bootctl([
    'recover',
    firmware,
    '--profile',
    await giveProfile(profile),
    ...patch,
    ...placeOf(board),
  ]);
  expect(result).toMatchObject({ ok: true, verified: true, application: 'seen', bootloader: 'dfu' });
  expect(result?.diagnosis).toMatchObject([{ cause: 'clone', evidence: expect.stringContaining('GigaDevice GD32') }]);
  const truth = await bench.call('truth', null);
  expect(truth.filter(({ what }) => what === 'erased').length).toBeGreaterThan(30); // 1 KB each, not 2
});
