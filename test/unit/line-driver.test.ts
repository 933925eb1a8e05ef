import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { ModemLines, SerialLink } from '../../src/bench/serial-link.ts';
import type { HoldWindow, LinePlan, LineStep } from '../../src/board/circuit/plan.ts';
import { type Edge, LineDriver, type LineDriverOptions, measuredHold } from '../../src/ops/job/adapter/line-driver.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { directWiring } from '../helpers/circuits.ts';

// Each pin on a line of its own: RTS asserted pulls NRST low, DTR asserted drives BOOT0 high.
const idle: ModemLines = { rts: 'released', dtr: 'released' };
const charge: ModemLines = { rts: 'released', dtr: 'asserted' };
const reset: ModemLines = { rts: 'asserted', dtr: 'released' };
const step = (lines: ModemLines, hold: number, purpose: string, more: Partial<LineStep> = {}): LineStep => ({
  lines,
  pins: { boot0: lines.dtr === 'asserted' ? 1 : 0, nrst: lines.rts === 'asserted' ? 0 : 1 },
  hold,
  purpose,
  ...more,
});
/** The two edges of it are those of the steps 1 and 2. */
const window: HoldWindow = { opens: 1, closes: 2, nrstRelease: 5, needed: 16, limit: 42 };
const capPlan = (pulse: number): LinePlan => ({
  steps: [step(charge, 50, 'charge'), step(reset, pulse, 'NRST low'), step(idle, 20, 'NRST released')],
  window,
  margin: 26,
  clear: 0,
});
const linesPlan: LinePlan = {
  steps: [step(charge, 10, 'BOOT0 high'), step(idle, 5, 'idle')],
  margin: 5,
  clear: 0,
};

interface Setup extends Partial<Omit<LineDriverOptions, 'link' | 'clock'>> {
  /** How long the host takes for a move, ms. */
  readonly takes?: number;
  readonly fails?: (lines: ModemLines) => Error | undefined;
  readonly pulse?: 'does' | 'does not' | Error;
  readonly delay?: number;
}

function driverOn({ takes = 1, fails, pulse, delay, ...options }: Setup = {}) {
  const clock = new SimClock();
  const log: string[] = [];
  const told: object[] = [];
  const note = (what: string) => log.push(`${what} at ${clock.now()}`);
  const text = ({ rts, dtr }: ModemLines) => `rts ${rts}, dtr ${dtr}`;
  const link = {
    path: '/dev/ttyTEST',
    async setLines(lines: ModemLines) {
      note(text(lines));
      await sleep(clock, takes);
      const error = fails?.(lines);
      if (error) throw error;
    },
    ...(pulse === undefined
      ? {}
      : {
          async pulseLines(first: ModemLines, hold: number, second: ModemLines) {
            note(`pulse ${text(first)}, ${hold} ms, ${text(second)}`);
            if (pulse instanceof Error) throw pulse;
            const now = clock.now();
            return pulse === 'does'
              ? [
                  { from: now, to: now + 1 },
                  { from: now + 1 + hold, to: now + 2 + hold },
                ]
              : undefined;
          },
        }),
    ...(delay === undefined ? {} : { measureDelay: async () => delay }),
  } as unknown as SerialLink;
  const report = (event: object) => void told.push(event);
  const driver = new LineDriver({ link, wiring: directWiring, clock, report, ...options });
  return { driver, clock, log, told };
}
const places = (edges: readonly Edge[]) => edges.map(({ from, to }) => [from, to]);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

describe('a plan is driven', () => {
  test('step by step, each with its hold after it is certain; the edges are measured and told', async () => {
    const { driver, log, told } = driverOn({ takes: 2 });
    const edges = await driver.drive(linesPlan);
    expect(log).toEqual(['rts released, dtr asserted at 0', 'rts released, dtr released at 12']);
    expect(edges).toEqual([
      { lines: charge, pins: { boot0: 1, nrst: 1 }, from: 0, to: 2 },
      { lines: idle, pins: { boot0: 0, nrst: 1 }, from: 12, to: 14 },
    ]);
    expect(driver.edges).toEqual(edges);
    expect(told).toEqual([
      { event: 'lines.set', lines: charge, pins: { boot0: 1, nrst: 1 }, purpose: 'BOOT0 high', took: 2 },
      { event: 'lines.set', lines: idle, pins: { boot0: 0, nrst: 1 }, purpose: 'idle', took: 2 },
    ]);
  });

  test('with the names that its lines have', async () => {
    const names = { rts: 'GPIO21', dtr: 'GPIO20' };
    const { driver, told } = driverOn({ names });
    await driver.move(reset, 'reset');
    expect(told).toMatchObject([{ names }]);
  });

  test('a hold window by moves in turn, where the host has no pulse or makes none', async () => {
    for (const setup of [{}, { pulse: 'does not' } as const]) {
      const { driver, log } = driverOn(setup);
      const edges = await driver.drive(capPlan(10));
      expect(places(edges)).toEqual([
        [0, 1],
        [51, 52],
        [62, 63],
      ]);
      expect(log.filter((line) => !line.startsWith('pulse'))).toHaveLength(3);
    }
  });

  test('a hold window by one pulse, where the host has it', async () => {
    const { driver, log, told } = driverOn({ pulse: 'does' });
    const edges = await driver.drive(capPlan(10));
    expect(log).toEqual([
      'rts released, dtr asserted at 0',
      'pulse rts asserted, dtr released, 10 ms, rts released, dtr released at 51',
    ]);
    expect(places(edges)).toEqual([
      [0, 1],
      [51, 52],
      [62, 63],
    ]);
    expect(told).toMatchObject([{ purpose: 'charge' }, { purpose: 'NRST low' }, { purpose: 'NRST released' }]);
  });

  test.each([
    [100, 1],
    [101, 0],
  ])('a window of %i ms is a pulse: %i; the program stands still no longer than that', async (hold, pulses) => {
    const { driver, log } = driverOn({ pulse: 'does' });
    await driver.drive(capPlan(hold));
    expect(log.filter((line) => line.startsWith('pulse'))).toHaveLength(pulses);
  });

  test('a pulse that fails is the failure, and moves after it are made', async () => {
    const lost = new BootctlError('adapter-lost', 'gone');
    const { driver, log } = driverOn({ pulse: lost });
    expect(await failure(driver.drive(capPlan(10)))).toBe(lost);
    await driver.release();
    expect(log.at(-1)).toMatch(/^rts released, dtr released/);
  });

  test('a step that cuts the power does so after its move', async () => {
    const log: string[] = [];
    const cut = driverOn({ cutPower: async () => void log.push('power') });
    const plan = { ...linesPlan, steps: [step(charge, 10, 'BOOT0 high', { cutsPower: true }), step(idle, 5, 'idle')] };
    await cut.driver.drive(plan);
    expect(log).toEqual(['power']);
    await driverOn().driver.drive(plan);
  });

  test('an adapter that fails on the way is the failure', async () => {
    const lost = new BootctlError('adapter-lost', 'gone');
    const { driver } = driverOn({ fails: ({ dtr }) => (dtr === 'released' ? lost : undefined) });
    expect(await failure(driver.drive(linesPlan))).toBe(lost);
    expect(driver.edges).toHaveLength(1);
  });
});

describe('an abort', () => {
  test('before the first move moves nothing', async () => {
    const { driver, log } = driverOn();
    expect(await failure(driver.drive(linesPlan, AbortSignal.abort(new Error('stop'))))).toMatchObject({
      message: 'stop',
    });
    expect(log).toEqual([]);
  });

  test('in a hold ends it at once, and no further step is made', async () => {
    const { driver, clock, log } = driverOn();
    const controller = new AbortController();
    clock.setTimeout(() => controller.abort(new Error('stop')), 5);
    expect(await failure(driver.drive(linesPlan, controller.signal))).toMatchObject({ message: 'stop' });
    expect([clock.now(), log.length]).toEqual([5, 1]);
  });

  test('waits for the move that is under way', async () => {
    const { driver, clock } = driverOn({ takes: 20 });
    const controller = new AbortController();
    clock.setTimeout(() => controller.abort(new Error('stop')), 5);
    expect(await failure(driver.drive(linesPlan, controller.signal))).toMatchObject({ message: 'stop' });
    expect(clock.now()).toBe(20);
  });
});

describe('released', () => {
  test('the lines are idle, once, and nothing that comes later moves them', async () => {
    const { driver, log, told } = driverOn({ pulse: 'does' });
    await driver.move(charge, 'BOOT0 high');
    await Promise.all([driver.release(), driver.release()]);
    expect(log).toHaveLength(2);
    expect(told.at(-1)).toMatchObject({ lines: idle, purpose: 'idle' });
    expect(() => driver.move(charge, 'BOOT0 high')).toThrow(
      expect.objectContaining({ code: 'aborted', message: 'The lines have been released; BOOT0 high came too late' }),
    );
    expect(await failure(driver.drive(linesPlan))).toMatchObject({ code: 'aborted' });
    const only = { ...capPlan(10), steps: capPlan(10).steps.slice(1), window: { ...window, opens: 0, closes: 1 } };
    expect(await failure(driver.drive(only))).toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('NRST low'),
    });
    expect(log).toHaveLength(2);
  });

  test('comes after the move that is under way', async () => {
    const { driver, log } = driverOn({ takes: 10 });
    await Promise.all([driver.move(charge, 'BOOT0 high'), driver.release()]);
    expect(log).toEqual(['rts released, dtr asserted at 0', 'rts released, dtr released at 10']);
  });
});

describe('idle', () => {
  const without = new BootctlError('adapter-lines-unsupported', 'no lines');

  test('is needed where the ladder moves lines: a port without them is refused', async () => {
    expect(await failure(driverOn({ fails: () => without }).driver.idle('idle'))).toBe(without);
  });

  test('is tried where no line is moved, and what is missing is said once', async () => {
    const { driver, told, log } = driverOn({ idle: 'if-possible', fails: () => without });
    await driver.idle('idle');
    await driver.idle('idle');
    expect(told).toEqual([
      { event: 'note', message: '/dev/ttyTEST has no RTS and DTR: this board cannot be reset through it' },
    ]);
    expect(log).toHaveLength(1);
    const lost = new BootctlError('adapter-lost', 'gone');
    expect(await failure(driverOn({ idle: 'if-possible', fails: () => lost }).driver.idle('idle'))).toBe(lost);
  });

  test('is not touched where nothing may move', async () => {
    const { driver, log } = driverOn({ idle: 'left-alone' });
    await driver.release();
    expect(log).toEqual([]);
  });
});

test('a network tells how long a move takes', async () => {
  const { driver, told } = driverOn({ delay: 12 });
  expect(driver.delay).toBe(0);
  await driver.measureDelay();
  expect(driver.delay).toBe(12);
  expect(told).toEqual([{ event: 'note', message: 'a move of RTS and DTR takes 12.0 ms over the network' }]);
  const here = driverOn();
  await here.driver.measureDelay();
  expect([here.driver.delay, here.told]).toEqual([0, []]);
});

test('NRST that was never low was not released; low from the first move on, it was by the next', async () => {
  const high = driverOn().driver;
  await high.move(charge, 'BOOT0 high');
  await high.move(idle, 'idle');
  expect(high.nrstReleased()).toBeUndefined();
  const low = driverOn().driver;
  await low.move(reset, 'reset');
  await low.move(idle, 'idle');
  expect([low.nrstReleased(), low.boot0Released()]).toEqual([2, undefined]);
});

test('when the pins were last released, by the edge after', async () => {
  const { driver, clock } = driverOn();
  expect([driver.boot0Released(), driver.nrstReleased()]).toEqual([undefined, undefined]);
  await driver.move(charge, 'BOOT0 high');
  await sleep(clock, 9);
  expect(driver.boot0Released()).toBe(10);
  await driver.move(reset, 'reset');
  expect([driver.boot0Released(), driver.nrstReleased()]).toEqual([11, undefined]);
  await driver.move(idle, 'idle');
  expect([driver.boot0Released(), driver.nrstReleased()]).toEqual([11, 12]);
});

test('how long BOOT0 had to hold: from the earliest moment to the latest, and NRST has to rise', () => {
  const edge = (from: number, to: number): Edge => ({ lines: idle, pins: { boot0: 0, nrst: 1 }, from, to });
  const edges = [edge(0, 1), edge(50, 53), edge(60, 64)];
  expect(measuredHold(capPlan(10), edges)).toBe(64 - 50 + 5);
  expect(measuredHold(capPlan(10), edges.slice(0, 2))).toBeUndefined();
  expect(measuredHold(capPlan(10), [])).toBeUndefined();
  expect(measuredHold(linesPlan, edges)).toBeUndefined();
});
