import { describe, expect, test } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import type { Rung } from '../../src/board/circuit/plan.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { idleLines } from '../../src/board/circuit/wiring.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { scenarioNamed, scenarios } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench, type SimBenchOptions } from '../../src/sim/sim-bench.ts';
import { referenceBoard } from '../helpers/circuits.ts';

const rcCap = referenceBoard({
  target: { family: 'F405_407' },
  application: { expect: 'usb', vendorId: '1209', productId: '0001', timeout: 5000 },
});
const format = { baudRate: 115_200, parity: 'none' } as const;
const dfu = { vendorId: '0483', productId: 'df11' };
/** GETSTATUS (DFU 1.1 §6.1.2). */
const getStatus = { requestType: 0xa1, request: 3, value: 0, index: 0 };

const bench = (scenario: string, options: Partial<SimBenchOptions> = {}) =>
  createSimBench({ profile: rcCap, scenario, ...options });

/** Opens the only adapter, walks the plan of one rung, and gives USB a second. */
async function enter(sim: SimBench, change: Rung['change'] = 'nominal', method: 'rc-cap' | 'lines' = 'rc-cap') {
  const [port] = await sim.serial.list();
  await using link = await sim.serial.open(port?.path ?? '', format);
  await sleep(sim.clock, 300);
  for (const { lines, hold } of planEntry(method, rcCap.wiring, rcCap, change).steps) {
    await link.setLines(lines);
    await sleep(sim.clock, hold);
  }
  await sleep(sim.clock, 1000);
  return sim.usb.list();
}

const boots = (sim: SimBench) => sim.truth.of('boot0-sampled').map((event) => event.boots);
const lineEvents = (sim: SimBench) => sim.truth.of('lines').map(({ t, rts, dtr }) => ({ t, rts, dtr }));

describe('adapter', () => {
  test('opening asserts both lines for 8 ms, which resets the reference circuit; closing releases them', async () => {
    const sim = bench('crashed');
    const link = await sim.serial.open('/dev/ttySIM0', format);
    expect(lineEvents(sim)).toEqual([
      { t: 2, rts: 'asserted', dtr: 'asserted' },
      { t: 10, rts: 'released', dtr: 'released' },
    ]);
    await link.setLines({ rts: 'released', dtr: 'asserted' });
    await link[Symbol.asyncDispose]();
    expect(lineEvents(sim).slice(2)).toEqual([
      { t: 11, rts: 'released', dtr: 'asserted' },
      { t: 12, rts: 'released', dtr: 'released' },
    ]);
    expect(sim.truth.of('nrst')[0]).toMatchObject({ t: 2, level: 0 });
  });

  test.each([
    { scenario: 'adapter-busy', code: 'adapter-busy' },
    { scenario: 'adapter-denied', code: 'adapter-denied' },
    { scenario: 'adapter-missing', code: 'adapter-missing' },
  ] as const)('$scenario: opening fails and moves no line', async ({ scenario, code }) => {
    const sim = bench(scenario);
    await expect(sim.serial.open('/dev/ttySIM0', format)).rejects.toMatchObject({ code });
    expect(sim.truth.of('lines')).toEqual([]);
  });

  test.each([
    { scenario: 'adapter-missing', count: 0 },
    { scenario: 'crashed', count: 1 },
    { scenario: 'two-adapters', count: 2 },
  ])('$scenario lists $count adapters', async ({ scenario, count }) => {
    const profile = { ...rcCap, adapter: { vendorId: '1a86', productId: '7523' } };
    const ports = await bench(scenario, { profile }).serial.list();
    expect(ports.map(({ vendorId, productId }) => [vendorId, productId])).toEqual(Array(count).fill(['1a86', '7523']));
  });

  test('lines-unsupported: the port opens, but its lines do not move', async () => {
    const sim = bench('lines-unsupported');
    const link = await sim.serial.open('/dev/ttySIM0', format);
    await expect(link.setLines(idleLines)).rejects.toMatchObject({ code: 'adapter-lines-unsupported' });
    expect(sim.truth.of('lines')).toEqual([]);
  });

  test('adapter-lost: unplugged while NRST is low, every later call fails, and its pins hold the board in reset', async () => {
    const sim = bench('adapter-lost');
    const link = await sim.serial.open('/dev/ttySIM0', format);
    await sleep(sim.clock, 20);
    const waiting = expect(link.receive(1000)).rejects.toMatchObject({ code: 'adapter-lost' });
    await link.setLines({ rts: 'released', dtr: 'asserted' });
    await expect(link.setLines({ rts: 'asserted', dtr: 'released' })).rejects.toMatchObject({ code: 'adapter-lost' });
    await waiting;
    await expect(link.setLines(idleLines)).rejects.toMatchObject({ code: 'adapter-lost' });
    await expect(link.write(Uint8Array.of(0))).rejects.toMatchObject({ code: 'adapter-lost' });
    await link[Symbol.asyncDispose]();
    await sleep(sim.clock, 20);
    expect(sim.truth.of('nrst').at(-1)?.level).toBe(0);
    expect(await sim.serial.list()).toEqual([]);
    sim.adapters[0]!.plugIn();
    await sleep(sim.clock, 20);
    expect(sim.truth.of('nrst').at(-1)?.level).toBe(1);
    // BOOT0 was charged meanwhile (hardware/circuits/rc-cap.md: adapter without power).
    expect(sim.truth.of('boot0-sampled').at(-1)).toMatchObject({ level: 1, boots: 'rom' });
  });
});

describe('boot entry on the reference circuit', () => {
  test.each(['rc-cap', 'lines'] as const)('crashed: %s reaches the ROM, which the host lists', async (method) => {
    const sim = bench('crashed');
    const seen = await enter(sim, 'nominal', method);
    expect(seen).toMatchObject([{ ...dfu, path: '1-2', bcdDevice: '2200', product: 'STM32  BOOTLOADER' }]);
    expect(sim.truth.of('enumerated').at(-1)).toMatchObject({ board: 'target', path: '1-2' });
  });

  test.each([
    { scenario: 'boot0-stuck-low', expected: ['application', 'application'] },
    { scenario: 'nrst-open', expected: [] },
    { scenario: 'no-usb', expected: ['rom', 'rom'] },
  ])('$scenario: nothing on USB, the truth is $expected', async ({ scenario, expected }) => {
    const sim = bench(scenario);
    expect(await enter(sim)).toEqual([]);
    expect(boots(sim)).toEqual(expected);
  });

  test.each(['rc-cap', 'lines'] as const)('slow-rc: %s needs the longer charge', async (method) => {
    expect(await enter(bench('slow-rc'), 'nominal', method)).toEqual([]);
    expect(await enter(bench('slow-rc'), 'longer charge', method)).toMatchObject([dfu]);
  });

  test('flaky-entry: the third reset reaches the ROM', async () => {
    const sim = bench('flaky-entry');
    expect(await enter(sim)).toEqual([]);
    expect(await enter(sim)).toEqual([]);
    expect(await enter(sim)).toMatchObject([dfu]);
    expect(boots(sim)).toEqual(['application', 'application', 'rom']);
  });

  test('window-missed: the slow adapter lets the capacitor run empty twice', async () => {
    const sim = bench('window-missed');
    for (const found of [[], [], [dfu]]) expect(await enter(sim)).toMatchObject(found);
    const [first, second, third] = sim.truth.of('boot0-sampled').map(({ volts }) => volts);
    expect(first).toBeLessThan(1.26);
    expect(second).toBeLessThan(1.26);
    expect(third).toBeGreaterThan(2.31);
  });

  test('two-new-devices: both boards on the lines come up, each at its own path', async () => {
    const seen = await enter(bench('two-new-devices'));
    expect(seen.map(({ path }) => path)).toEqual(['1-2', '1-3']);
  });
});

describe('USB bus', () => {
  test.each([
    { scenario: 'already-dfu', state: 2 },
    { scenario: 'dfu-error', state: 10 },
  ])('$scenario: the DFU device is there at once, in state $state', async ({ scenario, state }) => {
    const sim = bench(scenario);
    const [info] = await sim.usb.list();
    await using device = await sim.usb.open(info!);
    await device.claimInterface(0);
    expect((await device.controlIn(getStatus, 6, 100))[4]).toBe(state);
  });

  test('stranger: a second target that nobody reset is in DFU mode', async () => {
    const sim = bench('stranger', { profile: { ...rcCap, usb: { ...rcCap.usb, path: '1-3' } } });
    expect(await sim.usb.list()).toMatchObject([{ ...dfu, path: '1-4' }]);
    expect((await enter(sim)).map(({ path }) => path)).toEqual(['1-3', '1-4']);
    expect(new Set(sim.truth.of('lines').map(({ board }) => board))).toEqual(new Set(['target']));
  });

  test('a reset makes the device vanish: its transfers fail, listeners are told, and its return is a new instance', async () => {
    const sim = bench('already-dfu');
    const [before] = await sim.usb.list();
    await using device = await sim.usb.open(before!);
    let changes = 0;
    sim.usb.onChange(() => {
      changes += 1;
    });
    const [after] = await enter(sim);
    await expect(device.controlIn(getStatus, 6, 100)).rejects.toMatchObject({ code: 'target-lost' });
    await expect(sim.usb.open(before!)).rejects.toMatchObject({ code: 'target-lost' });
    expect(after?.path).toBe(before?.path);
    expect(after?.instance).not.toBe(before?.instance);
    expect(changes).toBeGreaterThanOrEqual(2);
    expect(sim.truth.of('vanished')[0]).toMatchObject({ board: 'target', path: '1-2' });
  });

  test('a request that the device refuses is a stall, usb-denied refuses to open', async () => {
    const sim = bench('already-dfu');
    const [info] = await sim.usb.list();
    await using device = await sim.usb.open(info!);
    const unknown = { ...getStatus, request: 0x55 };
    await expect(device.controlIn(unknown, 6, 100)).rejects.toMatchObject({ code: 'usb-stall' });
    const denied = bench('usb-denied');
    const [found] = await enter(denied);
    await expect(denied.usb.open(found!)).rejects.toMatchObject({ code: 'usb-denied' });
  });

  /** Erase of the sector at 0x08000000 (AN3156 §4: 0x41, address LSB first): 250 ms, in which the ROM holds GETSTATUS. */
  async function erasing(sim: SimBench) {
    const [info] = await sim.usb.list();
    const device = await sim.usb.open(info!);
    const erase = Uint8Array.of(0x41, 0, 0, 0, 8);
    await device.controlOut({ requestType: 0x21, request: 1, value: 0, index: 0 }, erase, 100);
    await device.controlIn(getStatus, 6, 100);
    return device;
  }

  test('no answer ends in usb-timeout at that very time', async () => {
    const sim = bench('already-dfu');
    await using device = await erasing(sim);
    const asked = sim.clock.now();
    await expect(device.controlIn(getStatus, 6, 30)).rejects.toMatchObject({ code: 'usb-timeout' });
    expect(sim.clock.now() - asked).toBe(30);
  });

  test('a reset in the middle of a transfer ends it at once', async () => {
    const sim = bench('already-dfu');
    await using device = await erasing(sim);
    const pending = expect(device.controlIn(getStatus, 6, 5000)).rejects.toMatchObject({ code: 'target-lost' });
    const asked = sim.clock.now();
    sim.clock.setTimeout(() => sim.boards[0].board.wires('adapter').setLines({ rts: 'asserted', dtr: 'released' }), 20);
    await pending;
    expect(sim.clock.now() - asked).toBe(20);
  });
});

test('target-lost: the cable is pulled after the first block; the device is gone and stays gone', async () => {
  const sim = bench('target-lost');
  const [info] = await enter(sim);
  await using device = await sim.usb.open(info!);
  // A data block for the default address pointer (AN3156 §4: wBlockNum 2), executed by the first GETSTATUS.
  await device.controlOut({ requestType: 0x21, request: 1, value: 2, index: 0 }, new Uint8Array(2048), 100);
  await device.controlIn(getStatus, 6, 100);
  await sleep(sim.clock, 100);
  await expect(device.controlIn(getStatus, 6, 100)).rejects.toMatchObject({ code: 'target-lost' });
  expect(sim.truth.of('programmed')).toMatchObject([{ board: 'target', address: 0x0800_0000, bytes: 2048 }]);
  expect(sim.truth.of('fault')).toMatchObject([{ name: 'usb-cable-pulled' }]);
  expect(await enter(sim)).toEqual([]);
});

test('a disposed bench has no power: nothing is on the bus, and no timer is left to wait for', async () => {
  const sim = bench('already-dfu');
  expect(await sim.usb.list()).toHaveLength(1);
  await sim[Symbol.asyncDispose]();
  expect(await sim.usb.list()).toEqual([]);
  expect(sim.boards[0].board.running).toBeUndefined();
});

describe('application', () => {
  test('healthy: the firmware is on the bus with the ids of the profile', async () => {
    expect(await bench('healthy').usb.list()).toMatchObject([{ vendorId: '1209', productId: '0001' }]);
  });

  test('healthy with a text to expect: it greets on the USART after its start, in its own character format', async () => {
    const profile: BoardProfile = {
      ...rcCap,
      application: { expect: 'serial', match: 'hello', baudRate: 9600, timeout: 1000 },
    };
    const reset: ModemLines = { rts: 'asserted', dtr: 'released' };
    const hear = async (baudRate: number) => {
      const sim = bench('healthy', { profile });
      const link = await sim.serial.open('/dev/ttySIM0', { baudRate, parity: 'none' });
      await link.setLines(idleLines);
      await sleep(sim.clock, 400);
      await link.setLines(reset);
      await link.setLines(idleLines);
      return new TextDecoder().decode(await link.receive(1000));
    };
    expect(await hear(9600)).toBe('hello\r\n');
    expect(await hear(115_200)).toBe('\0'.repeat(7));
  });

  const softJumpProfile: BoardProfile = {
    ...rcCap,
    softJump: [
      { trigger: 'touch-1200', via: 'target', vendorId: '1209', productId: '0001' },
      { trigger: 'serial-command', send: 'bootloader\r\n', baudRate: 115_200, via: 'target' },
    ],
  };

  test.each([
    { way: '1200-baud touch', baudRate: 1200, send: '' },
    { way: 'text command', baudRate: 115_200, send: 'bootloader\r\n' },
    { way: 'neither: opened and closed', baudRate: 115_200, send: '' },
  ])("healthy, $way on the firmware's own port", async ({ baudRate, send }) => {
    const sim = bench('healthy', { profile: softJumpProfile });
    await sim.usb.list();
    const port = (await sim.serial.list()).find(({ vendorId }) => vendorId === '1209');
    expect(port).toMatchObject({ path: '/dev/ttyACM0', usbPath: '1-2' });
    const link = await sim.serial.open('/dev/ttyACM0', { baudRate, parity: 'none' });
    expect(await link.receive(5)).toHaveLength(0);
    if (send) await link.write(new TextEncoder().encode(send));
    await link[Symbol.asyncDispose]();
    await sleep(sim.clock, 1000);
    const entered = baudRate === 1200 || send !== '';
    expect(await sim.usb.list()).toMatchObject([entered ? dfu : { vendorId: '1209' }]);
    expect(boots(sim)).toEqual([]);
    const late = link.write(Uint8Array.of(1));
    if (entered) await expect(late).rejects.toMatchObject({ code: 'adapter-lost' });
    else await late;
  });

  test('healthy, text command through the adapter', async () => {
    const profile: BoardProfile = {
      ...rcCap,
      softJump: [{ trigger: 'serial-command', send: 'dfu now\r\n', baudRate: 57_600, via: 'adapter' }],
    };
    const sim = bench('healthy', { profile });
    const link = await sim.serial.open('/dev/ttySIM0', { baudRate: 57_600, parity: 'none' });
    // Opening has charged BOOT0 and reset the target: a second reset, after the capacitor has bled, runs the application.
    await sleep(sim.clock, 400);
    await link.setLines({ rts: 'asserted', dtr: 'released' });
    await link.setLines(idleLines);
    await sleep(sim.clock, 400);
    expect(sim.boards[0].board.running).toBe('application');
    await link.write(new TextEncoder().encode('dfu now\r\n'));
    await sleep(sim.clock, 500);
    expect(await sim.usb.list()).toMatchObject([dfu]);
  });

  test('healthy MicroPython answers on its REPL, and a soft jump leads to the ROM without a reset', async () => {
    const profile: BoardProfile = { ...rcCap, softJump: [{ trigger: 'micropython', via: 'target' }] };
    const sim = bench('healthy', { profile });
    expect(await sim.usb.list()).toMatchObject([{ vendorId: '1209', productId: '0001' }]);
    await using link = await sim.serial.open('/dev/ttyACM0', format);
    await link.write(new TextEncoder().encode('\x03'));
    expect(new TextDecoder().decode(await link.receive(100))).toContain('>>> ');
    await link.write(new TextEncoder().encode('import machine; machine.bootloader()\r'));
    await sleep(sim.clock, 1000);
    expect(await sim.usb.list()).toMatchObject([dfu]);
    expect(boots(sim)).toEqual([]);
  });

  test('the crashed target holds garbage in every sector, a blank one nothing', () => {
    const { flash } = bench('crashed').boards[0].memory;
    for (const { address } of flash.geometry.sectors) expect(flash.word(address)).not.toBe(0xffff_ffff);
    const { flash: blank } = bench('blank-flash').boards[0].memory;
    expect(blank.read(blank.address, blank.size).every((byte) => byte === 0xff)).toBe(true);
  });
});

describe('scenarios', () => {
  test('an unknown name is refused, with those that are spelt alike', () => {
    const refusal = (name: string) => {
      try {
        return scenarioNamed(name);
      } catch (error) {
        return isBootctlError(error, 'scenario-unknown') ? error.hint : error;
      }
    };
    expect(refusal('boot0-stuck')).toMatch(/boot0-stuck-low/);
    expect(refusal('slow-cr')).toMatch(/slow-rc/);
    expect(refusal('zzzzzzzzzzzz')).toMatch(/bootctl simulate/);
  });

  test('slow-rc needs an RC circuit', () => {
    const { boot0: _, ...profile } = rcCap;
    expect(() => bench('slow-rc', { profile })).toThrow(/no `boot0` values/);
  });

  test.each(scenarios)('$name builds a bench and says what it is in one sentence', async ({ name, summary }) => {
    await using sim = bench(name);
    expect(sim.scenario.name).toBe(name);
    expect(summary).toMatch(/^[A-Z][^\n]{10,110}\.$/);
  });
});
