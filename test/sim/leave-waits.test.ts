import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { readImage } from '../../src/image/load-image.ts';
import { recover } from '../../src/ops/recover.ts';
import { type ScenarioDifferences, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

/** With nothing to prove, a job waits at its end only for as long as this board's ROM would need to come again. */
const image = await readImage(firmware, { standardInput: async () => new Uint8Array(0) });
const rcCap = findProfile('rc-cap', { cwd: '/' });
/** From reset to enumeration: the F405 of the simulator (AN2606 T229). */
const romStartUp = 270;

async function run(more: ScenarioDifferences) {
  const usb = { ...rcCap.usb, path: '1-2' };
  const bench = createSimBench({
    profile: { ...rcCap, usb },
    scenario: { ...scenarioNamed('crashed'), ...more },
  });
  return recover({ profile: { ...rcCap, usb, application: { expect: 'none' } }, image, bench });
}

test('an application that shows nothing is waited for as long as the ROM took at the entry, and a little longer', async () => {
  const { ok, application, durations } = await run({ flashedCrashes: true });
  expect({ ok, application }).toEqual({ ok: true, application: 'not-checked' });
  expect(durations.leave).toBeGreaterThan(romStartUp);
  expect(durations.leave).toBeLessThan(romStartUp + 400);
});

test('where no reset of this job has shown how long its ROM takes, the time of the slowest ones is waited out', async () => {
  const { method, durations } = await run({ ...scenarioNamed('already-dfu'), flashedCrashes: true });
  expect(method).toBe('already-there');
  expect(durations.leave).toBeGreaterThan(1_500);
});

test('a bootloader that comes again within its own time is seen: the application faults, and BOOT0 is shorted high', async () => {
  const { ok, error } = await run({ board: { boot0Stuck: 1 }, firmware: { faultsAfter: 20 } });
  expect({ ok, code: error?.code }).toEqual({ ok: false, code: 'application-not-seen' });
});
