import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { Neighbour } from '../../src/sim/neighbours.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';

const profile = findProfile('rc-cap', { cwd: '/' });
const bench = (...neighbours: Neighbour[]) => createSimBench({ profile, neighbours });
const dfu = { vendorId: '0483', productId: 'df11' };
const assertRts = { rts: 'asserted', dtr: 'released' } as const;
const assertDtr = { rts: 'released', dtr: 'asserted' } as const;
const idle = { rts: 'released', dtr: 'released' } as const;

test('a board is where it is plugged in, with the serial number of its own or of its kind', async () => {
  const sim = bench(
    { name: 'a', runs: 'rom', path: '2-1.4', serialNumber: 'MINE' },
    { name: 'b', runs: 'rom', personality: 'H743' },
    { name: 'c', runs: 'application' },
    { name: 'd', runs: 'rom', unplugged: true },
  );
  await sleep(sim.clock, 500);
  expect(await sim.usb.list()).toMatchObject([
    { ...dfu, path: '2-1.4', serialNumber: 'MINE' },
    { ...dfu, path: '1-3', serialNumber: '200364500000' },
    { vendorId: '0483', productId: '5740', path: '1-4' },
  ]);
});

test('it comes, goes, and starts its ROM and its application at its times', async () => {
  const moves = [
    { when: { at: 1_000 }, what: 'plug' },
    { when: { at: 2_000 }, what: 'enter-rom' },
    { when: { at: 3_000 }, what: 'restart' },
    { when: { at: 4_000 }, what: 'unplug' },
  ] as const;
  const sim = bench({ name: 'stranger', runs: 'application', unplugged: true, moves });
  const seen: string[] = [];
  for (let second = 0; second < 5; second++) {
    await sleep(sim.clock, 900);
    seen.push((await sim.usb.list()).map(({ productId }) => productId).join());
    await sleep(sim.clock, 100);
  }
  expect(seen).toEqual(['', '5740', 'df11', '5740', '']);
});

test('a moment may follow a sampling of BOOT0 of the target, and lines reach a twin, not a stranger', async () => {
  const moves = [{ when: { sampling: 2, after: 100 }, what: 'plug' }] as const;
  const sim = bench(
    { name: 'stranger', runs: 'rom', unplugged: true, moves },
    { name: 'twin', runs: 'nothing', onLines: true, slowerBy: 150 },
  );
  const link = await sim.serial.open(sim.adapters[0]!.info.path, { baudRate: 115_200, parity: 'none' }); // samples once
  await sleep(sim.clock, 1_000);
  expect(sim.truth.of('enumerated').filter(({ board }) => board === 'stranger')).toEqual([]);
  await link.setLines(assertDtr);
  await sleep(sim.clock, 30);
  await link.setLines(assertRts);
  await sleep(sim.clock, 5);
  await link.setLines(idle);
  await sleep(sim.clock, 1_000);
  const sampled = sim.truth.of('boot0-sampled').filter(({ board }) => board === 'target')[1]!;
  const times = sim.truth.of('enumerated').filter(({ t }) => t > sampled.t);
  const after = (name: string) => Math.round(times.find(({ board }) => board === name)!.t - sampled.t);
  expect(after('stranger')).toBe(220); // 120 ms of the host's for each
  expect(after('target')).toBe(390);
  expect(after('twin')).toBe(540);
});

test('at the path of the target it takes its place, and gives it back', async () => {
  const moves = [
    { when: { at: 1_000 }, what: 'plug' },
    { when: { at: 2_000 }, what: 'unplug' },
  ] as const;
  const sim = createSimBench({
    profile,
    scenario: 'healthy',
    neighbours: [{ name: 'other', runs: 'rom', path: '1-2', unplugged: true, moves }],
  });
  const seen: string[] = [];
  for (const wait of [500, 1_000, 1_000]) {
    await sleep(sim.clock, wait);
    seen.push((await sim.usb.list()).map(({ path, productId }) => `${productId} at ${path}`).join());
  }
  expect(seen).toEqual(['5740 at 1-2', 'df11 at 1-2', '5740 at 1-2']);
});

test('the truth tells which device was opened, and what was first asked of it', async () => {
  const sim = bench({ name: 'stranger', runs: 'rom' });
  const [info] = await sim.usb.list();
  await using device = await sim.usb.open(info!);
  const getStatus = { requestType: 0x21, request: 3, value: 0, index: 0 };
  for (let again = 0; again < 2; again++) await device.controlIn(getStatus, 6, 100);
  expect(sim.truth.of('usb-opened')).toMatchObject([{ board: 'stranger', path: '1-3' }]);
  expect(sim.truth.of('dfu-request')).toMatchObject([{ board: 'stranger', request: 'GETSTATUS' }]);
});
