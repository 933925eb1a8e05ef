import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, placeOf, setUp } from './kernel-test.ts';
import { giveProfile, profileOf, seen } from './profiles.ts';
import { asked, recoverOn, twoLine } from './ways-in.ts';

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
});
