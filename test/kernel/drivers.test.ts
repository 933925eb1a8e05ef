import { afterAll, describe, expect } from 'vitest';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import type { TimedTruth } from '../../src/sim/truth.ts';
import { readClocks } from './guest/clocks.ts';
import { bench, booted, bothEnginesTest, runScript, setUp } from './kernel-test.ts';

/** Driver of each adapter, and its answer to `set()` of serialport (Linux 6.1, drivers/usb/serial and drivers/usb/class/cdc-acm.c). */
const adapters = [
  { chip: 'ft232r', driver: 'ftdi_sio', setFails: null },
  { chip: 'cp2102', driver: 'cp210x', setFails: null },
  { chip: 'ch340', driver: 'ch341', setFails: null },
  { chip: 'pl2303', driver: 'pl2303', setFails: null },
  { chip: 'cdc-acm', driver: 'cdc_acm', setFails: null },
  { chip: 'cdc-acm-no-break', driver: 'cdc_acm', setFails: 'Error: Operation not supported, cannot set' },
] as const;

const bothAsserted = { rts: 'asserted', dtr: 'asserted' };
const bothReleased = { rts: 'released', dtr: 'released' };

type LinesEvent = Extract<TimedTruth, { what: 'lines' }>;
const edgesOf = (truth: readonly TimedTruth[]): readonly LinesEvent[] =>
  truth.filter((event): event is LinesEvent => event.what === 'lines');
const stateOf = ({ rts, dtr }: LinesEvent): ModemLines => ({ rts, dtr });

describe('adapters on their own drivers', () => {
  const glitches: string[] = [];

  for (const { chip, driver, setFails } of adapters) {
    bothEnginesTest(`${chip} binds ${driver}; open asserts both lines in one step, close releases them`, async () => {
      const { adapter } = await setUp({ adapters: [{ name: 'adapter', chip }] });
      expect(adapter).toMatchObject({ driver, tty: expect.stringMatching(/^\/dev\/tty(USB|ACM)\d+$/) });
      const { stdout } = await runScript('open-port.mjs', [adapter!.tty!]);
      const { message } = JSON.parse(stdout) as { message: string | null };
      expect(message).toBe(setFails);
      const edges = edgesOf(await bench.call('truth', null));
      expect(edges.map(stateOf)).toEqual([bothAsserted, bothReleased]);
      const [asserted, released] = edges as [LinesEvent, LinesEvent];
      glitches.push(`${chip.padEnd(18)} both asserted for ${(released.t - asserted.t).toFixed(1)} ms`);
    });
  }

  bothEnginesTest('where set() fails, TIOCMSET on the same descriptor moves both lines', async () => {
    const { adapter } = await setUp({ adapters: [{ name: 'adapter', chip: 'cdc-acm-no-break' }] });
    const { stdout } = await runScript('line-ioctl.mjs', [adapter!.tty!]);
    expect(JSON.parse(stdout)).toEqual({ results: [0, 0, 0], message: null });
    expect(edgesOf(await bench.call('truth', null)).map(stateOf)).toEqual([
      bothAsserted,
      { rts: 'asserted', dtr: 'released' },
      { rts: 'released', dtr: 'asserted' },
      bothReleased,
    ]);
  });

  // A guest finds out at boot how fast its time stamp counter runs. What it got wrong, every time here would be wrong by.
  bothEnginesTest('its clock has kept time with the host since it booted', async () => {
    const now = await readClocks(bench);
    const passed = now.host - booted.host;
    expect(Math.abs(now.bench - booted.bench - passed)).toBeLessThan(100 + passed / 200);
  });

  afterAll(() => {
    process.stderr.write(`open glitch, until the first set() or close():\n  ${glitches.join('\n  ')}\n`);
  });
});
