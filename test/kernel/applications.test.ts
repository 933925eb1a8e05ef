import { describe, expect } from 'vitest';
import { boardOf, builtInProfile } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { bench, kernelTest, placeOf, run, setUp } from './kernel-test.ts';
import { changed, giveProfile, profileOf } from './profiles.ts';
import { asked } from './ways-in.ts';

describe('applications that are asked for their ROM', () => {
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
    await bench.call('start', { argv: ['flock', '--no-fork', '/dev/ttyACM0', 'sleep', 'infinity'] });
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
