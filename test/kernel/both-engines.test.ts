/*
 * What could differ between two kernels, or between a processor and an emulated one, runs on both engines: each driver with
 * its adapter, the main job with the one adapter that sends packets by a timer of its own, and the guest's clock. The other
 * cases are about bootctl, which a second kernel does not change.
 */
import { afterAll, expect } from 'vitest';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import type { TimedTruth } from '../../src/sim/truth.ts';
import type { PluggedDevice } from './agent/protocol.ts';
import { readClocks } from './guest/clocks.ts';
import { bench, booted, bothEnginesTest, run, runScript, setUp, skipsWaiting } from './kernel-test.ts';
import { mainJobWith } from './main-job.ts';

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
const stateOf = ({ rts, dtr }: LinesEvent): ModemLines => ({ rts, dtr });
const edgesOf = (truth: readonly TimedTruth[], chip: string): readonly LinesEvent[] =>
  truth.filter((event): event is LinesEvent => event.what === 'lines' && event.adapter === chip);

const glitches: string[] = [];

bothEnginesTest('each adapter binds its driver; open asserts both lines in one step, close releases them', async () => {
  await setUp({ adapters: adapters.map(({ chip }) => ({ name: chip, chip, unplugged: true })) });
  const plugged: PluggedDevice[] = [];
  // One after the other: pl2303 gives its adapter 100 ms for an answer, which a busy guest does not keep.
  for (const { chip } of adapters) plugged.push(await bench.call('plug', chip));
  for (const { tty } of plugged) expect(tty).toMatch(/^\/dev\/tty(USB|ACM)\d+$/);
  const { stdout } = await runScript(
    'open-ports.mjs',
    plugged.map(({ tty }) => tty!),
  );
  const messages = JSON.parse(stdout) as Record<string, string | null>;
  const found = plugged.map(({ name, driver, tty }) => ({ chip: name, driver, setFails: messages[tty!] }));
  expect(found).toEqual(adapters);
  const truth = await bench.call('truth', null);
  for (const { chip } of adapters) {
    const edges = edgesOf(truth, chip);
    expect({ chip, edges: edges.map(stateOf) }).toEqual({ chip, edges: [bothAsserted, bothReleased] });
    const [asserted, released] = edges as [LinesEvent, LinesEvent];
    glitches.push(`${chip.padEnd(18)} both asserted for ${(released.t - asserted.t).toFixed(1)} ms`);
  }
});

bothEnginesTest('where set() fails, TIOCMSET on the same descriptor moves both lines', async () => {
  const { adapter } = await setUp({ adapters: [{ name: 'adapter', chip: 'cdc-acm-no-break' }] });
  const { stdout } = await runScript('line-ioctl.mjs', [adapter!.tty!]);
  expect(JSON.parse(stdout)).toEqual({ results: [0, 0, 0], message: null });
  expect(edgesOf(await bench.call('truth', null), 'adapter').map(stateOf)).toEqual([
    bothAsserted,
    { rts: 'asserted', dtr: 'released' },
    { rts: 'released', dtr: 'asserted' },
    bothReleased,
  ]);
});

bothEnginesTest('ft232r: enters, flashes, verifies, leaves, and the application is seen', () => mainJobWith('ft232r'));

if (skipsWaiting) {
  bothEnginesTest('its clock skips what it only waits for: an hour of sleep takes no hour', async () => {
    const before = await readClocks(bench);
    expect(await run(['sleep', '3600'], { timeout: 7_200_000 })).toMatchObject({ status: 0 });
    const after = await readClocks(bench);
    // Its clock stands still while it computes: it may be the hour alone, as floating point has it.
    expect(after.bench - before.bench).toBeGreaterThan(3_599_999);
    expect(after.host - before.host).toBeLessThan(60_000);
  });
} else {
  // A guest finds out at boot how fast its time stamp counter runs. What it got wrong, every time here would be wrong by.
  bothEnginesTest('its clock has kept time with the host since it booted', async () => {
    const now = await readClocks(bench);
    const passed = now.host - booted.host;
    expect(Math.abs(now.bench - booted.bench - passed)).toBeLessThan(100 + passed / 200);
  });
}

afterAll(() => {
  process.stderr.write(`open glitch, until the first set() or close():\n  ${glitches.join('\n  ')}\n`);
});
