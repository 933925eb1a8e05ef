import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, differences, expectFlashed, firmwareImage, mainFlash } from './boards.ts';
import { bootctl, endOf, firmware, startBootctl } from './bootctl.ts';
import { bench, flashOf, kernelTest, placeOf, run, setUp, writeGuestFile } from './kernel-test.ts';
import { type CaseProfile, changed, giveProfile, profileOf, seen } from './profiles.ts';

/** Does the main job on a board of this profile at a named place, and looks at what physically happened. */
async function recoverOn(profile: CaseProfile, scenario: Parameters<typeof boardOf>[2]) {
  const { board } = await setUp({
    boards: [boardOf('board', profileOf(profile), scenario)],
    adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
  });
  const { result } = await bootctl(['recover', firmware, '--profile', await giveProfile(profile), ...placeOf(board)]);
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

  const manners = [
    { name: 'detaches by itself', detach: {} },
    { name: 'waits for the bus reset', detach: { willDetach: false } },
  ] as const;
  for (const { name, detach } of manners) {
    kernelTest(`DFU_DETACH to an application that ${name}, beside its cdc_acm port; no line is moved`, async () => {
      const softJump = 'softJump: [{ trigger: dfu-detach }]';
      const result = await recoverOn(
        twoLine('detach', seen, ['methods: [lines, manual]', `methods: [soft-jump]\n${softJump}`]),
        { flash: 'healthy', firmware: { detach } },
      );
      expect(result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
      const truth = await bench.call('truth', null);
      expect(truth.filter(({ what }) => what === 'lines' || what === 'boot0-sampled')).toEqual([]);
    });
  }

  const asked = (trigger: string) =>
    twoLine(`${/\w+/.exec(trigger)?.[0]}-asked`, seen, [
      'methods: [lines, manual]',
      `methods: [soft-jump, lines]\nsoftJump: [{ trigger: ${trigger} }]`,
    ]);

  const flightControllers = [
    { by: 'MSP', state: {} },
    // It takes MSP for a line of text, so that nothing but `bl rom` brings it into the ROM.
    { by: 'its CLI, which a configurator has left open', state: { inCli: true } },
  ] as const;
  for (const { by, state } of flightControllers) {
    kernelTest(`Betaflight by ${by}, on nothing but its own USB cable`, async () => {
      const profile = builtInProfile('betaflight');
      await setUp({ boards: [boardOf('board', profile, { flash: 'healthy', firmware: state })] });
      const { result } = await bootctl(['recover', firmware, '--profile', 'betaflight']);
      expect(result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
      expect(result?.attempts).toMatchObject([{ outcome: 'entered' }]);
      await expectFlashed('board');
    });
  }

  for (const trigger of ['klipper, via: target', 'katapult, via: adapter']) {
    kernelTest(`${trigger}: the main job`, async () => {
      const result = await recoverOn(asked(trigger), { flash: 'healthy' });
      expect(result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
    });
  }

  kernelTest('DFU_DETACH without udevd: the kernel file resets the bus', async () => {
    const profile = twoLine('detach-bare', seen, [
      'methods: [lines, manual]',
      'methods: [soft-jump]\nsoftJump: [{ trigger: dfu-detach }]',
    ]);
    const firmware = { detach: { willDetach: false } } as const;
    const boards = [boardOf('board', profileOf(profile), { flash: 'healthy', firmware })];
    const { board } = await setUp({ udevd: false, boards });
    const { result } = await bootctl(['enter', '--profile', await giveProfile(profile), ...placeOf(board)]);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu' });
  });

  const charging = (id: string, ...more: (readonly [string, string])[]) =>
    changed(id, 'rc-cap', [
      ['id: rc-cap', `id: ${id}`],
      [
        'methods: [',
        'softJump: [{ trigger: self-charge, send: "boot\\r\\n", baudRate: 115200, via: target }]\nmethods: [soft-jump, ',
      ],
      ...more,
    ]);

  kernelTest('a firmware that charges BOOT0 itself, and resets into the ROM', async () => {
    const profile = charging('charging');
    const { board } = await setUp({ boards: [boardOf('board', profileOf(profile), { flash: 'healthy' })] });
    const { result } = await bootctl(['enter', '--profile', await giveProfile(profile), ...placeOf(board)]);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu' });
    const truth = await bench.call('truth', null);
    expect(truth.filter(({ what }) => what === 'boot0-sampled')).toMatchObject([{ level: 1, boots: 'rom' }]);
    expect(truth.filter(({ what }) => what === 'lines')).toEqual([]);
  });

  const command = 'serial-command, send: "boot\\r\\n", baudRate: 115200, via: target';
  const failing = [
    { temper: 'stuck', does: 'reads nothing', outcome: 'application-silent' },
    { temper: 'vanishes', does: 'crashes while it is written to', outcome: 'application-came-back' },
  ] as const;
  for (const { temper, does, outcome } of failing) {
    kernelTest(`a firmware that ${does} on its cdc_acm port: ${outcome}, and the lines get in`, async () => {
      const profile = asked(command);
      const { board } = await setUp({
        boards: [boardOf('board', profileOf(profile), { flash: 'healthy', firmware: { temper } })],
        adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
      });
      const { result } = await bootctl(['enter', '--profile', await giveProfile(profile), ...placeOf(board)]);
      expect(result).toMatchObject({ ok: true, method: 'lines' });
      expect(result?.attempts).toMatchObject([{ outcome }, { outcome: 'entered' }]);
      expect(result!.attempts[0]!.took).toBeLessThan(15_000); // the kernel would wait 30 s for output that nobody takes
    });
  }

  kernelTest("a port that another program holds is the application's trouble: the lines get in", async () => {
    const profile = asked('klipper, via: target');
    const { board } = await setUp({
      boards: [boardOf('board', profileOf(profile), { flash: 'healthy' })],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    await run(['sh', '-c', 'until test -c /dev/ttyACM0; do sleep 0.1; done'], { timeout: 10_000 });
    await bench.call('start', { argv: ['flock', '--no-fork', '/dev/ttyACM0', 'sleep', '60'] });
    await run(['sleep', '0.5']);
    const { result } = await bootctl(['enter', '--profile', await giveProfile(profile), ...placeOf(board)]);
    expect(result?.attempts).toMatchObject([
      { outcome: 'application-port-unusable', message: expect.stringContaining('ttyACM0') },
      { outcome: 'entered' },
    ]);
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

kernelTest(
  'a large image makes the real driver change the rate, and the ROM is entered again for it',
  async () => {
    const usb = 'usb: { vendorId: "0483", productId: "df11", enumerationTimeout: 1s }';
    // From so low a rate an entry pays with a twentieth of the bytes that it takes from 115200, on a slow host as well.
    const usart = 'usart: { connected: true, baudRate: 4800, fastestBaudRate: 230400 }';
    const profile = twoLine('faster', ['methods:', `${usart}\n${usb}\nmethods:`]);
    await setUp({
      boards: [boardOf('target', profileOf(profile), { rom: { usb: false } })],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'target' }],
    });
    const image = firmwareImage(16 * 1024);
    await writeGuestFile('/tmp/large.bin', image);
    const argv = ['flash', '/tmp/large.bin', '--address', '0x08000000', '--profile', await giveProfile(profile)];
    const { result, lines } = await bootctl(argv, { timeout: 200_000 });
    expect(result).toMatchObject({ ok: true, bootloader: 'usart', verified: true });
    expect(lines.filter(({ event }) => event === 'usart.rate')).toMatchObject([{ baudRate: 230_400, works: true }]);
    expect(differences(await flashOf('target', mainFlash, image.length), image)).toEqual([]);
    const truth = await bench.call('truth', null);
    const rates = truth.flatMap((event) => (event.what === 'usart-measured' ? [event.baudRate] : []));
    expect(rates).toEqual([4_800, 230_400]);
  },
  240_000,
);

kernelTest(
  "an FT232R keeps each of the ROM's answers for 1 ms, not for 16: ASYNC_LOW_LATENCY reaches its timer",
  async () => {
    const usart = 'usart: { connected: true, fastestBaudRate: 115200 }';
    const profile = twoLine('low-latency', [
      'methods:',
      `${usart}\nusb: { vendorId: "0483", productId: "df11", enumerationTimeout: 1s }\nmethods:`,
    ]);
    await setUp({
      boards: [boardOf('target', profileOf(profile), { rom: { usb: false } })],
      adapters: [{ name: 'adapter', chip: 'ft232r', board: 'target' }],
    });
    const path = await giveProfile(profile);
    const { result } = await bootctl(['read', '/tmp/read.bin', '--length', '4096', '--profile', path]);
    expect(result).toMatchObject({ ok: true, bootloader: 'usart' });
    const truth = await bench.call('truth', null);
    const asked = truth.findIndex((event) => event.what === 'latency-set' && event.latency === 1);
    const kept = truth.slice(asked).filter(({ what }) => what === 'latency-set' || what === 'latency-expired');
    // The tick that runs when the timer is set may still be one of 16 ms.
    const waited = kept.flatMap((event, index) =>
      event.what === 'latency-expired' && kept[index - 1]?.what === 'latency-expired' ? [event.latency] : [],
    );
    // Three answers a block of 256 bytes, and the rest of its data.
    expect(waited.length).toBeGreaterThan(40);
    expect(new Set(waited)).toEqual(new Set([1]));
  },
);

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
