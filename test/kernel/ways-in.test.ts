import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, endOf, firmware, startBootctl } from './bootctl.ts';
import { bench, kernelTest, run, setUp } from './kernel-test.ts';
import { type CaseProfile, changed, giveProfile, profileOf, seen } from './profiles.ts';

/** Does the main job on a board of this profile, and looks at what physically happened. */
async function recoverOn(profile: CaseProfile, scenario: Parameters<typeof boardOf>[2], chip = 'cp2102') {
  const parsed = profileOf(profile);
  await setUp({
    boards: [boardOf('board', parsed, scenario)],
    adapters: [{ name: 'adapter', chip, board: 'board' }],
  });
  const { result } = await bootctl(['recover', firmware, '--profile', await giveProfile(profile)]);
  expect(result?.error).toBeNull();
  await expectFlashed('board');
  return result;
}

const twoLine = (id: string, ...more: (readonly [string, string])[]) =>
  changed(id, 'two-line', [['id: two-line', `id: ${id}`], ...more]);

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
    await setUp({
      boards: [boardOf('board', profileOf(profile))],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    const path = await giveProfile(profile);
    const refused = await bootctl(['recover', firmware, '--profile', path]);
    expect(refused.result?.error).toMatchObject({ code: 'image-vector-table' });
    expect((await bench.call('truth', null)).filter(({ what }) => what === 'lines')).toEqual([]);
    const { result } = await bootctl(['recover', firmware, '--profile', path, '--patch', '0x08000000=u32:0x20005000']);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen', bootloader: 'dfu' });
  });
});

describe('soft jumps', () => {
  kernelTest('1200-baud touch on the real cdc_acm driver; no line is moved', async () => {
    const softJump = 'softJump: [{ trigger: touch-1200, via: target }]';
    const result = await recoverOn(
      twoLine('touch', seen, ['methods: [lines, manual]', `methods: [soft-jump, lines]\n${softJump}`]),
      { flash: 'healthy' },
    );
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
    expect((await bench.call('truth', null)).filter(({ what }) => what === 'lines')).toEqual([]);
  });

  kernelTest('MicroPython at its REPL, on nothing but its own USB cable', async () => {
    const profile = builtInProfile('micropython');
    await setUp({ boards: [boardOf('board', profile, { flash: 'healthy' })] });
    const { status, result } = await bootctl(['enter', '--profile', 'micropython']);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu' });
    expect(status).toBe(0);
  });
});

kernelTest("a ROM without USB is flashed over the adapter's USART, at 8E1", async () => {
  const usart = 'usart: { connected: true, baudRate: 115200 }';
  const heard = 'application: { expect: serial, match: "ready", timeout: 8s }';
  const result = await recoverOn(
    twoLine(
      'over-usart',
      ['application: { expect: none }', heard],
      ['methods:', `${usart}\nusb: { vendorId: "0483", productId: "df11", enumerationTimeout: 3s }\nmethods:`],
    ),
    { rom: { usb: false } },
  );
  expect(result).toMatchObject({ ok: true, bootloader: 'usart', verified: true, application: 'seen' });
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

describe('no way in, and why', () => {
  const rows = [
    { fault: { boot0Stuck: 0 }, why: 'BOOT0 shorted to ground', cause: 'boot0-low-at-sampling' },
    { fault: { nrstOpen: true }, why: 'NRST not connected', cause: 'nrst-not-moving' },
  ] as const;
  for (const { fault, why, cause } of rows) {
    kernelTest(`${why}: exit 4, ${cause}, nothing touched, lines idle`, async () => {
      const profile = twoLine(cause, seen, ['methods: [lines, manual]', 'methods: [lines]']);
      await setUp({
        boards: [boardOf('board', profileOf(profile), { board: fault, flash: 'healthy' })],
        adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
      });
      const { status, result } = await bootctl(['recover', firmware, '--profile', await giveProfile(profile)]);
      expect(status).toBe(4);
      expect(result).toMatchObject({ error: { code: 'methods-exhausted' }, flash: 'untouched' });
      expect(result?.diagnosis[0]?.cause).toBe(cause);
      const truth = await bench.call('truth', null);
      expect(truth.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
      expect(await bench.call('lines', 'adapter')).toEqual({ rts: 'released', dtr: 'released' });
    });
  }
});
