import { describe, expect, test } from 'vitest';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, jsonLines, runCli } from '../helpers/cli-context.ts';

describe('a host that does not keep the order of queued requests', () => {
  const argv = ['--profile', 'rc-cap', '--simulate', '--json'];
  const onReorderingHost = (claims: boolean) =>
    runCli(['recover', firmware, ...argv], {
      openBench: async ({ profile }) => {
        const bench = createSimBench({ profile: profile!, host: 'win32' });
        const open = bench.usb.open.bind(bench.usb);
        const opening = async (info: UsbDeviceInfo) => Object.assign(await open(info), { keepsOrder: claims });
        return Object.assign(bench, { usb: Object.assign(bench.usb, { open: opening }) });
      },
    });

  test('flashes, verifies and starts a target as any other', async () => {
    const run = await onReorderingHost(false);
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({ ok: true, verified: true, application: 'seen' });
  });

  test('would fail if its requests were queued', async () => {
    const run = await onReorderingHost(true);
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({ ok: false });
  });
});
