import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { boardWithTolerances, type Calibrated, calibrated, randomFrom, trueTimes } from '../helpers/calibration.ts';
import { crossCoupledWiring } from '../helpers/circuits.ts';

const rcCap = findProfile('rc-cap', { cwd: '.' });
const overUsart: BoardProfile = {
  ...rcCap,
  usart: { connected: true, baudRate: 115_200 },
  usb: { ...rcCap.usb, connected: false },
  application: { expect: 'none' },
};
const crossCoupled: BoardProfile = { ...rcCap, wiring: crossCoupledWiring, methods: ['rc-cap'] };
const running = { scenario: { ...scenarioNamed('crashed'), flash: 'healthy' as const } };

/** The flash was not touched, the lines are idle, and the board was reset last with BOOT0 low. */
function expectUnharmed({ bench }: Calibrated, lastBoot: 'application' | 'rom' | 'nothing' = 'application'): void {
  expect(bench.truth.events.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
  expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
  expect(bench.truth.of('boot0-sampled').at(-1)?.boots).toBe(lastBoot);
}

describe.each([
  ['DFU', rcCap],
  ['USART', overUsart],
  ['cross-coupled', crossCoupled],
] as const)('%s', (name, claimed) => {
  test('boards that differ from their profile: the intervals contain what they truly have', async () => {
    const random = randomFrom(name.length);
    for (let board = 0; board < 5; board++) {
      const real = boardWithTolerances(claimed, random);
      const job = await calibrated(claimed, real, {}, running);
      const { result } = job;
      expect(result.error).toBeNull();
      const { hold, charge, enumeration, adapterLatency } = result.calibration!.measured;
      const truth = trueTimes(real);
      expect(hold!.low).toBeLessThan(truth.hold);
      expect(hold!.high).toBeGreaterThan(truth.hold);
      expect(hold!.high - hold!.low).toBeLessThan(0.1 * truth.hold);
      expect(charge!.low).toBeLessThan(truth.charge);
      expect(charge!.high).toBeGreaterThan(truth.charge);
      expect(adapterLatency).toEqual({ low: expect.closeTo(2, 3), high: expect.closeTo(2, 3) });
      expect(enumeration!.low).toBeGreaterThan(0);
      expect(result.calibration!.resets).toBeLessThanOrEqual(48);
      expectUnharmed(job);
    }
  });
});

test('of 100 boards with other parts than their profile, 95 lie within their intervals', {
  timeout: 60_000,
}, async () => {
  const random = randomFrom(2026);
  const wirings = [rcCap, overUsart, crossCoupled];
  const seen = { hold: 0, charge: 0, widths: [] as number[], resets: [] as number[], seconds: [] as number[] };
  for (let board = 0; board < 100; board++) {
    const claimed = wirings[board % wirings.length]!;
    const real = boardWithTolerances(claimed, random);
    const { result, took } = await calibrated(claimed, real, {}, running);
    // A refusal is no interval, and counts as one that misses.
    if (!result.calibration) continue;
    const { hold, charge } = result.calibration.measured;
    const truth = trueTimes(real);
    if (hold!.low <= truth.hold && truth.hold <= hold!.high) seen.hold += 1;
    if (charge!.low <= truth.charge && truth.charge <= charge!.high) seen.charge += 1;
    seen.widths.push((hold!.high - hold!.low) / truth.hold);
    seen.resets.push(result.calibration!.resets);
    seen.seconds.push(took / 1000);
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[50]!;
  expect(seen.hold).toBeGreaterThanOrEqual(95);
  expect(seen.charge).toBeGreaterThanOrEqual(95);
  expect(median(seen.widths)).toBeLessThan(0.05);
  expect(median(seen.resets)).toBeLessThan(30);
  expect(median(seen.seconds)).toBeLessThan(60);
});

test.each([1, 4, 8])(
  'edges anywhere in calls of up to %d ms more on either side: the intervals stay true',
  {
    timeout: 60_000,
  },
  async (most) => {
    const random = randomFrom(29 + most);
    const seen = { hold: 0, charge: 0, boards: 0 };
    for (let board = 0; board < 40; board++) {
      const real = boardWithTolerances(rcCap, random);
      const { result } = await calibrated(rcCap, real, {}, { ...running, jitter: () => random() * most });
      const { hold, charge } = result.calibration?.measured ?? {};
      const truth = trueTimes(real);
      seen.boards += hold && charge ? 1 : 0;
      seen.hold += hold && (hold.low > truth.hold || truth.hold > hold.high) ? 1 : 0;
      seen.charge += charge && (charge.low > truth.charge || truth.charge > charge.high) ? 1 : 0;
    }

    expect(seen.boards).toBe(40);
    expect(seen.hold).toBeLessThanOrEqual(2);
    expect(seen.charge).toBeLessThanOrEqual(2);
  },
);

test('no more resets than allowed, and one into the application; what is left is said', async () => {
  const told: number[] = [];
  const job = await calibrated(
    rcCap,
    rcCap,
    {
      resets: 12,
      onProgress: (event) => {
        if (event.event === 'calibration.progress') told.push(event.done);
      },
    },
    running,
  );
  const opening = 1;
  expect(job.bench.truth.of('boot0-sampled').length).toBeLessThanOrEqual(12 + 1 + opening);
  expect(told).toEqual(Array.from({ length: told.length }, (_, index) => index + 1));
  expect(told.length).toBeLessThanOrEqual(12);
  expectUnharmed(job);
});

test('a circuit without a capacitor gives the latency and the time to enumeration', async () => {
  const job = await calibrated(findProfile('two-line', { cwd: '.' }));
  expect(job.result.error).toBeNull();
  expect(Object.keys(job.result.calibration!.measured)).toEqual(['at', 'adapterLatency', 'enumeration']);
});

test('BOOT0 that is always high is refused', async () => {
  const { result } = await calibrated(
    rcCap,
    rcCap,
    {},
    { scenario: { ...running.scenario, board: { boot0Stuck: 1 } } },
  );
  expect(result).toMatchObject({ ok: false, exitCode: 4, error: { code: 'boot0-always-high' }, calibration: null });
});

test('BOOT0 that is never high is refused, whether the application shows or not', async () => {
  for (const scenario of ['boot0-stuck-low', 'boot0-stuck-low-running']) {
    const job = await calibrated(rcCap, rcCap, {}, { scenario });
    expect(job.result.error?.code).toBe('boot0-never-high');
    expectUnharmed(job);
  }
});

test('too few resets to part the times are no result', async () => {
  const job = await calibrated(rcCap, rcCap, { resets: 4 }, running);
  expect(job.result).toMatchObject({ error: { code: 'calibration-unclear' }, calibration: null });
  expectUnharmed(job);
});

test('a ROM that nobody can see is refused before anything moves', async () => {
  const blind: BoardProfile = { ...rcCap, usb: { ...rcCap.usb, connected: false } };
  await expect(calibrated(blind)).rejects.toMatchObject({ code: 'board-not-measurable', exitStatus: 2 });
});

test('an adapter that is lost ends the calibration', async () => {
  const { result } = await calibrated(rcCap, rcCap, {}, { scenario: 'adapter-lost' });
  expect(result).toMatchObject({ exitCode: 3, error: { code: 'adapter-lost' }, calibration: null });
});

test.each([0, 1, 2, 5, 9, 13, 16])('interrupted after %d resets, the board ends in its application', async (after) => {
  const controller = new AbortController();
  const onProgress = ({ event, done }: { event: string; done?: unknown }) => {
    if (event === 'calibration.progress' && done === after) controller.abort(new Error('Ctrl-C'));
    if (event === 'adapter.opened' && after === 0) controller.abort(new Error('Ctrl-C'));
  };
  const job = await calibrated(rcCap, rcCap, { onProgress, signal: controller.signal }, running);
  expect(job.result).toMatchObject({ exitCode: 130, error: { code: 'aborted' }, calibration: null });
  expectUnharmed(job);
});
