import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { lineSequenceMachine } from '../../machines/line-sequence.machine.ts';
import { type Stage, stagesOf } from '../../machines/line-sequence.policy.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { LineMove, ModemLines, SerialLink } from '../../src/bench/serial-link.ts';
import { canReset, planApplicationReset } from '../../src/board/circuit/application-reset.ts';
import type { LinePlan } from '../../src/board/circuit/plan.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { bootLadder } from '../../src/board/ladder.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { LineDriver, measuredHold } from '../../src/ops/job/adapter/line-driver.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { repository } from '../helpers/cli-context.ts';
import { failure, startMachine } from '../helpers/machines.ts';

const profiles = readdirSync(join(repository, 'hardware/profiles'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => findProfile(file.replace(/\.yaml$/, ''), { cwd: repository }));
const rcCap = profiles.find(({ id }) => id === 'rc-cap')!;

/** Every timed sequence that a built-in profile can ask for. */
const plans = profiles.flatMap((profile) => {
  const rungs = bootLadder(profile).flatMap(({ method, change, plan }) =>
    plan ? [{ name: `${profile.id}: ${method}, ${change}`, profile, plan }] : [],
  );
  if (!canReset(profile)) return rungs;
  const plan = planApplicationReset(profile.wiring, profile.nrst, profile.boot0);
  return [...rungs, { name: `${profile.id}: reset into the application`, profile, plan }];
});
const planOf = (name: string): LinePlan => plans.find((one) => one.name === name)!.plan;
const withWindow = planOf('rc-cap: rc-cap, nominal');

/** How long this adapter takes for each move. */
const slowness = 1.5;

/** A line driver on an adapter that notes each move, and the states that its machine went through. */
function rig(profile = rcCap) {
  const clock = new SimClock();
  const moved: { readonly lines: ModemLines; readonly at: number }[] = [];
  const states: string[] = [];
  const link = {
    setLines: async (lines: ModemLines) => {
      await sleep(clock, slowness);
      moved.push({ lines, at: clock.now() });
    },
  } as SerialLink;
  const driver = new LineDriver(
    { link, wiring: profile.wiring, clock, report: () => {} },
    { trace: ({ state }) => states.push(state) },
  );
  return { clock, moved, states, driver };
}

describe('every plan of every built-in profile', () => {
  test('there are plans of each kind', () => {
    expect(new Set(plans.flatMap(({ plan }) => stagesOf(plan).map(({ name }) => name))).size).toBe(6);
  });

  test.each(plans)('$name: moved as planned, each edge at its time, in states of the same names', async (row) => {
    const { plan, profile } = row;
    const { moved, states, driver } = rig(profile);
    const edges = await driver.drive(plan);
    const starts = plan.steps.map((_, index) =>
      plan.steps.slice(0, index).reduce((sum, { hold }) => sum + hold + slowness, 0),
    );
    expect(moved).toEqual(plan.steps.map(({ lines }, index) => ({ lines, at: starts[index]! + slowness })));
    expect(edges.map(({ from }) => from)).toEqual(starts);
    expect(states).toEqual([...stagesOf(plan).map(({ name }) => name), 'idle']);
  });
});

describe('an adapter that makes both edges of a window by one call', () => {
  const window = (hold: number): LinePlan => {
    const plan = planEntry('rc-cap', rcCap.wiring, rcCap);
    return { ...plan, steps: plan.steps.map((step, index) => (index === 1 ? { ...step, hold } : step)) };
  };

  /** `answer`: what the call comes to, after `moved` was told. */
  function pulsing(answer: () => readonly [LineMove, LineMove] | undefined) {
    const { clock, moved, driver } = rig();
    const asked: unknown[] = [];
    driver.link.pulseLines = async (first, hold, second) => {
      asked.push([first, hold, second]);
      await sleep(clock, 20);
      return answer();
    };
    return { clock, moved, driver, asked };
  }
  const times = [
    { from: 52, to: 53 },
    { from: 63, to: 64.5 },
  ] as const;
  const reset = { rts: 'asserted', dtr: 'released' };
  const idle = { rts: 'released', dtr: 'released' };

  test('is asked once, with both states and the hold, and its times are the edges', async () => {
    const { moved, driver, asked } = pulsing(() => times);
    const plan = window(10);
    const edges = await driver.drive(plan);
    expect(asked).toEqual([[reset, 10, idle]]);
    expect(moved.map(({ lines }) => lines)).toEqual([{ rts: 'released', dtr: 'asserted' }]);
    expect(edges.slice(1)).toEqual([
      { lines: reset, pins: { boot0: 0, nrst: 0 }, ...times[0] },
      { lines: idle, pins: { boot0: 0, nrst: 1 }, ...times[1] },
    ]);
    expect(measuredHold(plan, edges)).toBeCloseTo(64.5 - 52 + plan.window!.nrstRelease, 9);
    expect(driver.edges).toEqual(edges);
  });

  test('that cannot do it after all has its lines moved one after the other', async () => {
    const { moved, driver } = pulsing(() => undefined);
    await driver.drive(window(10));
    expect(moved.map(({ lines }) => lines)).toEqual([{ rts: 'released', dtr: 'asserted' }, reset, idle]);
  });

  test('is not made to stand still for longer than a tenth of a second', async () => {
    const { moved, driver, asked } = pulsing(() => times);
    await driver.drive(window(101));
    expect([asked.length, moved.length]).toEqual([0, 3]);
    await driver.drive(window(100));
    expect(asked.length).toBe(1);
  });

  test('has ended before the lines are released, and is not asked after that', async () => {
    const { clock, moved, driver, asked } = pulsing(() => times);
    const driven = driver.drive(window(10));
    await sleep(clock, 60);
    await driver.release();
    await driven;
    expect(moved.at(-1)).toMatchObject({ lines: idle });
    expect(clock.now()).toBeGreaterThan(70);
    await expect(driver.drive(window(10))).rejects.toMatchObject({ code: 'aborted' });
    expect(asked.length).toBe(1);
  });
});

test('a hold window is measured as long as its holds and moves: nothing else comes between', async () => {
  const edges = await rig().driver.drive(withWindow);
  const [, pulse] = withWindow.steps;
  expect(measuredHold(withWindow, edges)).toBeCloseTo(pulse!.hold + 2 * slowness + withWindow.window!.nrstRelease, 9);
});

test('both edges of a hold window lie in one stage, whose hold is that of the pulse', () => {
  const window = stagesOf(withWindow).find(({ name }) => name === 'holdWindow')!;
  expect(window.moves).toEqual(withWindow.steps.slice(1, 3));
});

test.each(['rc-cap: rc-cap, nominal', 'rc-cap: lines, nominal', 'rc-cap: reset into the application'])(
  '%s: the chart says of each state how RTS and DTR are',
  (name) => {
    for (const { name: state, moves } of stagesOf(planOf(name))) {
      const { description = '' } = lineSequenceMachine.root.states[state]!;
      for (const { lines } of moves) {
        expect(description, state).toContain(`RTS ${lines.rts}`);
        expect(description, state).toContain(`DTR ${lines.dtr}`);
      }
    }
  },
);

function start(fails?: { readonly at: Stage['name']; readonly code: ErrorCode }) {
  const driven: string[] = [];
  const driveLines = fromPromise<void, Stage>(async ({ input: { name } }) => {
    driven.push(name);
    if (name === fails?.at) throw failure(fails.code);
    if (fails === undefined) await new Promise(() => {});
  });
  return { ...startMachine(lineSequenceMachine.provide({ actors: { driveLines } }), { plan: withWindow }), driven };
}

test('what fails ends the sequence at once', async () => {
  const { ended, driven } = start({ at: 'charging', code: 'adapter-lost' });
  expect(await ended).toMatchObject({ error: { code: 'adapter-lost' } });
  expect(driven).toEqual(['charging']);
});

test('an abort ends it in any state', async () => {
  const { actor, ended, driven } = start();
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toMatchObject({ error: { code: 'aborted' } });
  expect(driven).toEqual(['charging']);
});

describe('an abort of the caller', () => {
  const reason = failure('aborted');

  test('before the sequence moves nothing', async () => {
    const { driver, moved, states } = rig();
    await expect(driver.drive(withWindow, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([moved, states]).toEqual([[], []]);
  });

  test.each([
    { when: 'in a hold', after: 20 },
    { when: 'in a move, which is finished first', after: slowness / 2 },
  ])('$when: nothing moves after it', async ({ after }) => {
    const { driver, moved, clock, states } = rig();
    const controller = new AbortController();
    clock.setTimeout(() => controller.abort(reason), after);
    await expect(driver.drive(withWindow, controller.signal)).rejects.toBe(reason);
    expect(moved).toHaveLength(1);
    await sleep(clock, 1_000);
    expect(moved).toHaveLength(1);
    expect(states).toEqual(['charging', 'failed']);
  });
});

test('once the lines are released, a sequence moves nothing more', async () => {
  const { driver, moved } = rig();
  await driver.release();
  await expect(driver.drive(withWindow)).rejects.toMatchObject({ code: 'aborted' });
  expect(moved).toHaveLength(1);
});
