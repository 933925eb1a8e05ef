import { expect, test } from 'vitest';
import type { Clock } from '../../src/bench/clock.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import { idleLines, wiringFromPins } from '../../src/board/circuit/wiring.ts';
import { Board } from '../../src/sim/board/board.ts';
import { type BoardCircuit, type BoardFaults, f405Thresholds } from '../../src/sim/board/board-circuit.ts';
import type { TargetContext, TargetProgram } from '../../src/sim/board/target-program.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { TruthLog } from '../../src/sim/truth.ts';

/** The reference circuit (hardware/circuits/rc-cap.cir): RTS asserted pulls NRST low, DTR asserted charges BOOT0. */
const referenceCircuit: BoardCircuit = {
  wiring: wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 }),
  supply: 3.3,
  boot0: { chargeResistor: 1e3, diodeDrop: 0.3, capacitor: 4.7e-6, bleedResistor: 47e3 },
  nrst: { pullUp: 40e3, capacitor: 100e-9 },
  thresholds: f405Thresholds(3.3),
  usartConnected: true,
};
const charge: ModemLines = { rts: 'released', dtr: 'asserted' };
const reset: ModemLines = { rts: 'asserted', dtr: 'released' };
const resetCharging: ModemLines = { rts: 'asserted', dtr: 'asserted' };

interface Setup {
  readonly clock?: Clock;
  readonly circuit?: Partial<BoardCircuit>;
  readonly faults?: BoardFaults;
  readonly blank?: boolean;
}

function setUp({ clock = new SimClock(), circuit = {}, faults = {}, blank = false }: Setup = {}) {
  const truth = new TruthLog(clock);
  const contexts: Record<string, TargetContext> = {};
  const heard: string[] = [];
  const program = (name: string): TargetProgram => ({
    name,
    start: (context) => {
      contexts[name] = context;
    },
    stop: () => {},
    usartReceive: (bytes) => void heard.push(`${name} ${bytes}`),
  });
  const board = new Board({
    name: 'target',
    clock,
    truth,
    circuit: { ...referenceCircuit, ...circuit, faults },
    socket: { path: '1-2', attach: () => {}, detach: () => {} },
    programs: { rom: () => program('rom'), application: () => (blank ? undefined : program('application')) },
  });
  board.powerOn('application');
  const wires = board.wires('adapter');
  const drive = async (...steps: readonly (readonly [ModemLines, number])[]) => {
    for (const [lines, hold] of steps) {
      wires.setLines(lines);
      await sleep(clock, hold);
    }
  };
  return { clock, truth, board, wires, drive, contexts, heard, sampled: () => truth.of('boot0-sampled').at(-1) };
}

test('rc-cap: the capacitor still carries BOOT0 when NRST has risen', async () => {
  const { drive, sampled, truth, board } = setUp();
  await drive([charge, 50], [reset, 10], [idleLines, 10]);
  // NRST is at 2.0 V after 40 kΩ · 100 nF · ln(3.3/1.3) = 3.726 ms, so BOOT0 bleeds for 13.726 ms:
  // 2.9375 V · (1 - e^(-50/4.6021)) · e^(-13.726/220.9) = 2.7605 V
  expect(sampled()).toMatchObject({ level: 1, boots: 'rom' });
  expect(sampled()?.volts).toBeCloseTo(2.7605, 3);
  expect(sampled()?.t).toBeCloseTo(63.726, 3);
  expect(truth.of('nrst').map(({ level, t }) => [level, Math.round(t)])).toEqual([
    [0, 50],
    [1, 64],
  ]);
  expect(board.running).toBe('rom');
});

test('lines: BOOT0 is held through the reset and charges under it', async () => {
  const { drive, sampled } = setUp();
  await drive([resetCharging, 10], [charge, 100], [idleLines, 0]);
  // 2.9375 V · (1 - e^(-13.726/4.6021)) = 2.7887 V
  expect(sampled()).toMatchObject({ level: 1, boots: 'rom' });
  expect(sampled()?.volts).toBeCloseTo(2.7887, 3);
});

test.each([
  // 2.9375 V · (1 - e^(-1/4.6021)) · e^(-13.726/220.9) = 0.539 V
  {
    when: 'too early: charged for 1 ms only',
    steps: [
      [charge, 1],
      [reset, 10],
      [idleLines, 10],
    ],
    volts: 0.539,
  },
  // 2.9375 V · e^(-(210 + 3.726)/220.9) = 1.116 V
  {
    when: 'too late: 210 ms after the release',
    steps: [
      [charge, 100],
      [reset, 210],
      [idleLines, 10],
    ],
    volts: 1.116,
  },
] as const)('rc-cap $when, and the application comes back', async ({ steps, volts }) => {
  const { drive, sampled, board } = setUp();
  await drive(...steps);
  expect(sampled()).toMatchObject({ level: 0, boots: 'application' });
  expect(sampled()?.volts).toBeCloseTo(volts, 3);
  expect(board.running).toBe('application');
});

test('rc-cap just in time: 180 ms after the release BOOT0 is still over 1.26 V', async () => {
  const { drive, sampled } = setUp();
  await drive([charge, 100], [reset, 180], [idleLines, 10]);
  expect(sampled()?.volts).toBeCloseTo(1.279, 3); // 2.9375 V · e^(-183.726/220.9)
  expect(sampled()?.boots).toBe('rom');
});

test('without an RC circuit BOOT0 follows its line at once', async () => {
  const { boot0: _, ...direct } = referenceCircuit;
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const program = (name: string): TargetProgram => ({ name, start: () => {}, stop: () => {} });
  const board = new Board({
    name: 'target',
    clock,
    truth,
    circuit: direct,
    socket: { path: '1-2', attach: () => {}, detach: () => {} },
    programs: { rom: () => program('rom'), application: () => program('application') },
  });
  board.powerOn('application');
  const wires = board.wires('adapter');
  for (const lines of [resetCharging, charge, idleLines]) {
    wires.setLines(lines);
    await sleep(clock, 10);
  }
  expect(truth.of('boot0-sampled').map(({ volts, boots }) => [volts, boots])).toEqual([[3.3, 'rom']]);
});

test('while NRST is low nothing runs, and a second pull before it has risen keeps the reset', async () => {
  const { drive, board, truth, wires, heard } = setUp();
  wires.transmit(Uint8Array.of(1), { baudRate: 115200, parity: 'none' });
  await drive([reset, 5]);
  wires.transmit(Uint8Array.of(2), { baudRate: 115200, parity: 'none' });
  expect(board.running).toBeUndefined();
  await drive([idleLines, 3], [reset, 5], [idleLines, 3]);
  expect(truth.of('boot0-sampled')).toHaveLength(0);
  await drive([idleLines, 2]);
  expect(truth.of('boot0-sampled')).toHaveLength(1);
  expect(heard).toEqual(['application 1']);
});

test('blank flash: BOOT0 low starts nothing', async () => {
  const { drive, sampled, board } = setUp({ blank: true });
  await drive([reset, 5], [idleLines, 10]);
  expect(sampled()).toMatchObject({ level: 0, boots: 'nothing' });
  expect(board.running).toBeUndefined();
});

test('BOOT0 stuck low never reads high; NRST not connected never resets', async () => {
  const low = setUp({ faults: { boot0Stuck: 0 } });
  await low.drive([charge, 50], [reset, 10], [idleLines, 10]);
  expect(low.sampled()).toMatchObject({ volts: 0, boots: 'application' });
  const open = setUp({ faults: { nrstOpen: true } });
  await open.drive([charge, 50], [reset, 10], [idleLines, 10]);
  expect(open.truth.events.map(({ what }) => what)).toEqual(['lines', 'lines', 'lines']);
});

test('a bad BOOT0 contact costs its number of resets, and only those that found BOOT0 high', async () => {
  const { drive, truth } = setUp({ faults: { boot0Bounces: 1 } });
  const enter = [
    [charge, 50],
    [reset, 10],
    [idleLines, 500],
  ] as const;
  await drive([reset, 10], [idleLines, 10], ...enter, ...enter);
  expect(truth.of('boot0-sampled').map(({ boots }) => boots)).toEqual(['application', 'application', 'rom']);
  expect(truth.of('fault').map(({ name }) => name)).toEqual(['boot0-contact-open']);
});

test('jump starts the application without sampling, systemReset samples again, a stopped program has no hands left', async () => {
  const { drive, board, contexts, truth } = setUp();
  await drive([charge, 50], [reset, 10], [idleLines, 10]);
  const rom = contexts.rom;
  rom?.jump(0x0800_0000);
  expect(board.running).toBe('application');
  expect(truth.of('boot0-sampled')).toHaveLength(1);
  rom?.systemReset();
  expect(truth.of('boot0-sampled')).toHaveLength(1);
  contexts.application?.systemReset();
  expect(board.running).toBeUndefined();
  await drive([idleLines, 10]);
  expect(truth.of('boot0-sampled')).toHaveLength(2);
  expect(board.running).toBe('rom');
});

/** A host with coarse timers. */
function coarseClock(round: (delay: number) => number): Clock {
  const clock = new SimClock();
  return {
    now: () => clock.now(),
    setTimeout: (callback, delay) => clock.setTimeout(callback, round(delay)),
    clearTimeout: (id) => clock.clearTimeout(id),
  };
}

test.each([
  { timers: "cut to whole milliseconds, as Node's are", round: (delay: number) => Math.max(1, Math.trunc(delay)) },
  {
    timers: '4 ms late where they are short',
    round: (delay: number) => (delay > 1e-3 && delay < 9 ? delay + 4 : delay),
  },
])('with timers $timers the target samples the same', async ({ round }) => {
  const { drive, sampled } = setUp({ clock: coarseClock(round) });
  await drive([charge, 50], [reset, 10], [idleLines, 20]);
  expect(sampled()?.volts).toBeCloseTo(2.7605, 3);
});
