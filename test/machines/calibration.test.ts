import { expect, test } from 'vitest';
import { createActor, fromPromise, toPromise } from 'xstate';
import { calibrationMachine } from '../../machines/calibration.machine.ts';
import type { CalibrationInput, Followed, Wanted } from '../../machines/calibration.policy.ts';
import { BootctlError } from '../../src/base/errors.ts';
import type { Trial } from '../../src/board/calibration/threshold.ts';

const input: CalibrationInput = {
  resets: 30,
  quantities: [
    { name: 'hold', side: 'below', range: { low: 5, high: 400 } },
    { name: 'charge', side: 'above', range: { low: 0.5, high: 100 } },
  ],
};
const truth = { hold: 60, charge: 20 } as const;

/** A run with a board of these answers. */
async function run(answers: {
  low?: Followed;
  high?: () => Followed;
  timed?: (wanted: Wanted) => Trial;
  restart?: () => void;
  input?: CalibrationInput;
  /** The reset in which a person interrupts. */
  hangs?: string;
}) {
  const calls: string[] = [];
  const board = (wanted: Wanted): Trial => {
    const isHigh = wanted.name === 'hold' ? wanted.time < truth.hold : wanted.time > truth.charge;
    return { earliest: wanted.time - 0.5, latest: wanted.time + 0.5, isHigh };
  };
  const said = <Output, Input>(name: string, answer: (input: Input) => Output) =>
    fromPromise<Output, Input>(async ({ input }) => {
      calls.push(name);
      if (name === answers.hangs) {
        queueMicrotask(() => actor.send({ type: 'operator.aborted' }));
        await new Promise(() => {});
      }
      return answer(input);
    });
  const machine = calibrationMachine.provide({
    actors: {
      resetLow: said<Followed, void>('low', () => answers.low ?? 'no rom'),
      resetHigh: said<Followed, void>('high', answers.high ?? (() => 'rom')),
      resetTimed: said<Trial, Wanted>('timed', answers.timed ?? board),
      restart: said<void, void>('restart', answers.restart ?? (() => {})),
    },
  });
  const actor = createActor(machine, { input: answers.input ?? input });
  actor.start();
  const output = await toPromise(actor);
  return { output, calls, state: actor.getSnapshot().value };
}

test('both sides are proven, each quantity is searched, and the board restarts', async () => {
  const { output, calls } = await run({});
  expect(output.error).toBeNull();
  expect(calls.slice(0, 3)).toEqual(['low', 'high', 'timed']);
  expect(calls.at(-1)).toBe('restart');
  expect(output.resets).toBe(calls.length - 1);
  expect(output.resets).toBeLessThanOrEqual(30);
  for (const { name, interval } of output.found) {
    expect(interval.low).toBeLessThan(truth[name]);
    expect(interval.high).toBeGreaterThan(truth[name]);
  }
  expect(output.found.map(({ name }) => name)).toEqual(['hold', 'charge']);
});

test('a ROM after BOOT0 low ends it at once', async () => {
  const { output, calls } = await run({ low: 'rom' });
  expect([output.error?.code, calls]).toEqual(['boot0-always-high', ['low', 'restart']]);
});

test('three misses of the surest reset end it, one or two do not', async () => {
  const never = await run({ high: () => 'no rom' });
  expect([never.output.error?.code, never.calls]).toEqual([
    'boot0-never-high',
    ['low', 'high', 'high', 'high', 'restart'],
  ]);
  let left = 2;
  const bounced = await run({ high: () => (left-- > 0 ? 'no rom' : 'rom') });
  expect(bounced.output.error).toBeNull();
});

test('outcomes that no time parts are no result', async () => {
  const { output } = await run({
    timed: ({ time }) => ({ earliest: time - 0.5, latest: time + 0.5, isHigh: false }),
  });
  expect(output.error?.code).toBe('calibration-unclear');
});

test('with nothing to time, the surest reset is repeated a few times', async () => {
  const { output, calls } = await run({ input: { resets: 30, quantities: [] } });
  expect([output.found, calls.filter((call) => call === 'high').length]).toEqual([[], 7]);
});

test('the first failure is kept, also where the restart fails as well', async () => {
  const lost = () => {
    throw new BootctlError('adapter-lost', 'gone');
  };
  const { output, calls } = await run({
    high: lost,
    restart: () => Promise.reject(new BootctlError('adapter-lost', 'again')),
  });
  expect([output.error?.message, calls]).toEqual(['gone', ['low', 'high', 'restart']]);
  const late = await run({ restart: lost });
  expect(late.output.error?.code).toBe('adapter-lost');
});

test('what was said of the misses and the resets is right', async () => {
  const { output } = await run({ high: () => 'no rom' });
  expect(output.error?.message).toBe('3 resets with BOOT0 high did not lead into the ROM: nothing can be measured');
  expect(output.resets).toBe(4);
  const stuck = await run({ low: 'rom' });
  expect(stuck.output.resets).toBe(1);
});

test('a measurement that has failed says so, one that has not ends as measured', async () => {
  const measured = await run({});
  expect([measured.state, measured.output.error]).toEqual(['measured', null]);
  const unclear = await run({ timed: ({ time }) => ({ earliest: time - 0.5, latest: time + 0.5, isHigh: false }) });
  expect(unclear.state).toBe('failed');
});

test.each(['low', 'high', 'timed'] as const)(
  'an abort during the reset %s restarts the board and ends as aborted',
  async (at) => {
    const { output, calls, state } = await run({ hangs: at });
    expect([output.error?.code, state]).toEqual(['aborted', 'failed']);
    expect(calls.slice(calls.indexOf(at))).toEqual([at, 'restart']);
  },
);
