import { describe, expect, test, vi } from 'vitest';
import { fromPromise } from 'xstate';
import { bootEntryMachine, type Watched } from '../../machines/boot-entry.machine.ts';
import type { Driven } from '../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../machines/bootloader.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { LinePlan, Rung } from '../../src/board/circuit/plan.ts';
import { device, failure, startMachine } from '../helpers/machines.ts';

const plan: LinePlan = {
  steps: [],
  window: { opens: 0, closes: 1, nrstRelease: 5, needed: 16, limit: 42 },
  margin: 26,
  clear: 290,
};
const rungs: readonly Rung[] = [
  { method: 'rc-cap', change: 'nominal', plan },
  { method: 'rc-cap', change: 'longer charge', plan },
  { method: 'lines', change: 'nominal', plan: { steps: [], margin: 10, clear: 0 } },
];
const names = ({ method, change }: Rung) => `${method} ${change}`;
const dfu = device('1-2', '1-2#9');
const bootloader = { place: 'made up' } as Bootloader;

interface Effects {
  readonly present?: UsbDeviceInfo | null;
  readonly drive?: (rung: Rung, call: number) => Promise<Driven>;
  readonly watch?: (call: number) => Promise<UsbDeviceInfo>;
  readonly greet?: (call: number) => Promise<Bootloader>;
  /** Present where the adapter reaches the ROM's USART. */
  readonly usart?: () => Promise<Bootloader>;
}

function enter({ present = null, drive, watch, greet, usart }: Effects, ladder = rungs) {
  const driven: string[] = [];
  const release = vi.fn(async () => {});
  let watched = 0;
  let greeted = 0;
  const driveBy = ({ rung }: { rung: Rung }): Promise<Driven> => {
    driven.push(names(rung));
    return drive?.(rung, driven.length) ?? Promise.resolve({ known: [], left: [] });
  };
  const machine = bootEntryMachine.provide({
    actors: {
      findPresent: fromPromise(async () => present),
      moveLines: fromPromise<Driven, { rung: Rung }>(({ input }) => driveBy(input)),
      askFirmware: fromPromise<Driven, { rung: Rung; application: string | null }>(({ input }) => driveBy(input)),
      askPerson: fromPromise<Driven, { rung: Rung }>(({ input }) => driveBy(input)),
      watchForDfu: fromPromise<readonly UsbDeviceInfo[], Watched>(async () => [await (watch?.(++watched) ?? dfu)]),
      greet: fromPromise(() => greet?.(++greeted) ?? Promise.resolve(bootloader)),
      callUsart: fromPromise<Bootloader, { rung: Rung; driven: Driven }>(() => {
        driven.push('usart');
        return usart!();
      }),
      releaseLines: fromPromise<void, void>(release),
    },
  });
  const input = {
    rungs: ladder,
    repeats: 2,
    tries: { flaky: 1, silent: 1 },
    usart: usart !== undefined,
    callsPresent: false,
    turnsByHand: 1,
    named: '1-2',
    canReset: true,
    isPlaced: true,
  };
  return { ...startMachine(machine, input), driven, release };
}

test('the first rung that reaches a bootloader is the last that is driven', async () => {
  const { ended, driven } = enter({});
  expect(await ended).toMatchObject({ bootloader, rung: rungs[0], error: null, attempts: [{ rung: rungs[0] }] });
  expect(driven).toEqual(['rc-cap nominal']);
});

test('a bootloader that is already there needs no reset', async () => {
  const { ended, driven } = enter({ present: dfu });
  expect(await ended).toMatchObject({ bootloader, rung: null, attempts: [] });
  expect(driven).toEqual([]);
});

test('one that is there but does not answer is reset by the lines', async () => {
  const { ended, driven } = enter({
    present: dfu,
    greet: (call) => (call === 1 ? Promise.reject(failure('dfu-state')) : Promise.resolve(bootloader)),
  });
  expect(await ended).toMatchObject({ bootloader, rung: rungs[0] });
  expect(driven).toEqual(['rc-cap nominal']);
});

const everyRung = ['rc-cap nominal', 'rc-cap longer charge', 'lines nominal'];
const watchFails = (code: ErrorCode) => ({ watch: () => Promise.reject(failure(code)) });
const driveFails = (code: ErrorCode) => ({ drive: () => Promise.reject(failure(code)) });
test.each([
  { code: 'dfu-not-seen', effects: watchFails('dfu-not-seen'), driven: everyRung },
  { code: 'application-came-back', effects: watchFails('application-came-back'), driven: everyRung },
  { code: 'dfu-ambiguous', effects: watchFails('dfu-ambiguous'), driven: ['rc-cap nominal'] },
  {
    code: 'method-unavailable',
    effects: driveFails('method-unavailable'),
    driven: ['rc-cap nominal', 'lines nominal'],
  },
  { code: 'adapter-lost', effects: driveFails('adapter-lost'), driven: ['rc-cap nominal'] },
  { code: 'usb-denied', effects: { greet: () => Promise.reject(failure('usb-denied')) }, driven: ['rc-cap nominal'] },
  { code: 'target-lost', effects: { greet: () => Promise.reject(failure('target-lost')) }, driven: everyRung },
  { code: 'dfu-malformed', effects: { greet: () => Promise.reject(failure('dfu-malformed')) }, driven: everyRung },
] as const)('after $code it drives $driven, then leaves the lines idle', async ({ code, effects, driven }) => {
  const run = enter(effects);
  const output = await run.ended;
  expect(output.bootloader).toBeNull();
  expect(output.error?.code).toBe(code);
  expect(output.attempts.map(({ error }) => error?.code)).toEqual(driven.map(() => code));
  expect(run.driven).toEqual(driven);
  expect(run.release).toHaveBeenCalledOnce();
});

test('a missed hold window is repeated without waiting for USB, twice, and then the ladder goes on', async () => {
  const watch = vi.fn(() => Promise.resolve(dfu));
  const { ended, driven } = enter({
    watch,
    drive: async ({ method }) => (method === 'rc-cap' ? { known: [], left: [], held: 43 } : { known: [], left: [] }),
  });
  const output = await ended;
  expect(driven).toEqual([
    ...Array(3).fill('rc-cap nominal'),
    ...Array(3).fill('rc-cap longer charge'),
    'lines nominal',
  ]);
  expect(watch).toHaveBeenCalledOnce();
  expect(output.attempts[0]).toMatchObject({
    held: 43,
    error: { code: 'window-missed', details: { held: 43, limit: 42 } },
  });
  expect(output.rung).toEqual(rungs[2]);
});

test('after a missed window the pulse is the shortest one, and a miss of another rung does not shorten the next', async () => {
  const shorter: LinePlan = { ...plan, margin: 41 };
  const ladder = rungs.map((rung) => (rung.method === 'rc-cap' ? { ...rung, shorter } : rung));
  const plans: (LinePlan | undefined)[] = [];
  const { ended, driven } = enter(
    {
      drive: async (rung, call) => {
        plans.push(rung.plan);
        return { known: [], left: [], ...(call < 5 ? { held: 43 } : {}) };
      },
    },
    ladder,
  );
  const output = await ended;
  expect(driven).toEqual([
    'rc-cap nominal',
    'rc-cap shorter pulse',
    'rc-cap shorter pulse',
    'rc-cap longer charge',
    'rc-cap shorter pulse',
  ]);
  expect(plans).toEqual([plan, shorter, shorter, plan, shorter]);
  expect(output.rung).toMatchObject({ change: 'shorter pulse', plan: shorter });
});

test('a hold just inside the window counts', async () => {
  const { ended } = enter({ drive: async () => ({ known: [], left: [], held: 42 }) });
  expect(await ended).toMatchObject({ rung: rungs[0], attempts: [{ held: 42 }] });
});

const never = () => new Promise<never>(() => {});
test.each([
  { state: 'rc-cap', effects: { drive: never } },
  { state: 'watching', effects: { watch: never } },
  { state: 'greeting', effects: { greet: never } },
])('an abort while $state releases the lines and ends as aborted', async ({ state, effects }) => {
  const { actor, ended, release } = enter(effects);
  await vi.waitUntil(() => actor.getSnapshot().value === state);
  actor.send({ type: 'operator.aborted' });
  const output = await ended;
  expect(output.error?.code).toBe('aborted');
  expect(output.bootloader).toBeNull();
  expect(release).toHaveBeenCalledOnce();
});

test('where no DFU device appears, the ROM is called on its USART, and may answer there', async () => {
  const { ended, driven } = enter({ ...watchFails('dfu-not-seen'), usart: async () => bootloader });
  expect(await ended).toMatchObject({ bootloader, rung: rungs[0], attempts: [{ usart: 'answered' }] });
  expect(driven).toEqual(['rc-cap nominal', 'usart']);
});

test('a silent USART leaves the silence on USB as the reason, and is noted', async () => {
  const { ended, driven } = enter({
    ...watchFails('dfu-not-seen'),
    usart: () => Promise.reject(failure('usart-no-sync')),
  });
  const { error, attempts } = await ended;
  expect(error?.code).toBe('dfu-not-seen');
  expect(attempts.map(({ usart }) => usart)).toEqual(['silent', 'silent', 'silent']);
  expect(driven).toEqual(everyRung.flatMap((rung) => [rung, 'usart']));
});

test.each([
  { code: 'target-unexpected', watch: 'dfu-not-seen', driven: ['rc-cap nominal', 'usart'] },
  { code: 'application-came-back', watch: 'application-came-back', driven: everyRung },
] as const)('$code with a USART: $driven', async ({ code, watch, driven }) => {
  const run = enter({ ...watchFails(watch), usart: () => Promise.reject(failure(code)) });
  expect((await run.ended).error?.code).toBe(code);
  expect(run.driven).toEqual(driven);
});

describe('a step that fails on the way opens nothing, and releases the lines', () => {
  const failing = (code: ErrorCode) => fromPromise<never, never>(() => Promise.reject(failure(code)));
  const newcomer = fromPromise<readonly UsbDeviceInfo[], Watched>(async () => [dfu]);
  const asked: Rung = { method: 'manual', change: 'nominal' };
  const proof = { left: [dfu], driven: { known: [], left: [] } };

  test.each([
    { name: 'the bus cannot be listed', actors: { findPresent: failing('usb-denied') }, code: 'usb-denied', tried: 0 },
    { name: 'the reset that proves', actors: { resetAgain: failing('adapter-lost') }, code: 'adapter-lost', tried: 1 },
    {
      name: 'the look for a second board',
      actors: { resetAgain: fromPromise(async () => proof), lookForTwin: failing('usb-denied') },
      code: 'usb-denied',
      tried: 1,
    },
    {
      name: 'the question to the person',
      ladder: [asked],
      actors: { confirmPlace: failing('aborted') },
      code: 'aborted',
      tried: 1,
    },
    {
      name: 'the request to the person',
      ladder: [asked],
      actors: { askPerson: failing('aborted') },
      code: 'aborted',
      tried: 1,
    },
    { name: 'the release itself', actors: { moveLines: failing('adapter-lost') }, code: 'adapter-lost', tried: 1 },
  ] as const)('$name: $code', async ({ name, actors, code, tried, ...how }) => {
    const greet = vi.fn(async () => bootloader);
    const release = vi.fn(async () => {
      if (name === 'the release itself') throw failure('adapter-lost');
    });
    const whole = bootEntryMachine.provide({
      actors: {
        findPresent: fromPromise<UsbDeviceInfo | null, void>(async () => null),
        moveLines: fromPromise<Driven, { rung: Rung }>(async () => ({ known: [], left: [] })),
        askPerson: fromPromise<Driven, { rung: Rung }>(async () => ({ known: [], left: [] })),
        watchForDfu: newcomer,
        greet: fromPromise(greet),
        releaseLines: fromPromise<void, void>(release),
      },
    });
    const machine = whole.provide({ actors: actors as never });
    const ladder = 'ladder' in how ? how.ladder : rungs;
    const input = {
      rungs: ladder,
      repeats: 2,
      tries: { flaky: 1, silent: 1 },
      usart: false,
      turnsByHand: 1,
      callsPresent: false,
      named: null,
      canReset: true,
      isPlaced: false,
    };
    const output = await startMachine(machine, input).ended;
    expect(output).toMatchObject({ bootloader: null, rung: null, error: { code } });
    expect(output.attempts.map(({ error }) => error?.code)).toEqual(Array(tried).fill(code));
    expect(greet).not.toHaveBeenCalled();
    expect(release).toHaveBeenCalledOnce();
  });
});
