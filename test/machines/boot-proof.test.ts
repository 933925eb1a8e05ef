import { describe, expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { bootEntryMachine, type Watched } from '../../machines/boot-entry.machine.ts';
import type { Driven, Proof } from '../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../machines/bootloader.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { LinePlan, Rung } from '../../src/board/circuit/plan.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { device, failure, startMachine } from '../helpers/machines.ts';

/** Whose a new DFU device is: what is opened has left the bus in our reset, or stands where somebody says. */
const plan: LinePlan = { steps: [], margin: 10, clear: 0 };
const byLines: Rung = { method: 'lines', change: 'nominal', plan };
const softJump: SoftJump = { trigger: 'serial-command', send: 'x', baudRate: 115_200, via: 'adapter' };
const byAsking: Rung = { method: 'soft-jump', change: 'nominal', softJump };
const touch: SoftJump = { trigger: 'touch-1200', via: 'target' };
const byTouch: Rung = { method: 'soft-jump', change: 'nominal', softJump: touch };
const byHand: Rung = { method: 'manual', change: 'nominal' };

const own = device('1-2', '1-2#1');
const again = device('1-2', '1-2#2');
const third = device('1-2', '1-2#3');
const other = device('1-9', '1-9#1');
const otherAgain = device('1-9', '1-9#2');
const target = { place: 'made up' } as Bootloader;
const nothing: Driven = { known: [], left: [] };

interface Story {
  readonly rung?: Rung;
  readonly named?: string;
  readonly canReset?: boolean;
  readonly driven?: Partial<Driven>;
  /** What each watch sees; an empty one sees nothing until its timeout. */
  readonly watches: readonly (readonly UsbDeviceInfo[])[];
  /** What each proof shows. */
  readonly proofs?: readonly Proof[];
  /** What is there when a second board has had time; what the watch saw without it. */
  readonly settled?: readonly (readonly UsbDeviceInfo[])[];
  readonly confirms?: boolean;
  /** Rungs instead of the one. */
  readonly rungs?: readonly Rung[];
  /** The USB path of the application that is proven, or why none is. */
  readonly proven?: string | ErrorCode;
  /** What the hint of the error says. */
  readonly hints?: RegExp;
  /** The adapter reaches a USART of the ROM. */
  readonly usart?: true;
  /** Filled with what each watch knows to have been there before. */
  readonly known?: (readonly string[])[];
}

async function tell(story: Story) {
  const { rung = byLines, named, canReset = true, driven, watches, proofs, settled, confirms, proven = '1-2' } = story;
  const log: string[] = [];
  const greeted: string[] = [];
  const [seen, shown, twins] = [[...watches], [...(proofs ?? [])], [...(settled ?? [])]];
  const list = (devices: readonly UsbDeviceInfo[]) => devices.map(({ instance }) => instance).join();
  const driveBy = (application: string | null): Driven => {
    log.push(application === null ? 'drive' : `drive by the application at ${application}`);
    return { ...nothing, ...driven };
  };
  const machine = bootEntryMachine.provide({
    actors: {
      findPresent: fromPromise<UsbDeviceInfo | null, void>(async () => null),
      proveApplication: fromPromise<string, { rung: Rung }>(async () => {
        log.push('see whose application it is');
        if (!/^\d/.test(proven)) throw failure(proven as ErrorCode);
        return proven;
      }),
      callUsart: fromPromise<Bootloader, { rung: Rung; driven: Driven }>(async () => {
        log.push('call the USART');
        return target;
      }),
      moveLines: fromPromise<Driven, { rung: Rung }>(async () => driveBy(null)),
      askFirmware: fromPromise<Driven, { rung: Rung; application: string | null }>(async ({ input }) =>
        driveBy(input.application),
      ),
      askPerson: fromPromise<Driven, { rung: Rung }>(async () => driveBy(null)),
      watchForDfu: fromPromise<readonly UsbDeviceInfo[], Watched>(async ({ input }) => {
        const { place, shown, strangers, driven } = input;
        story.known?.push(driven.known);
        log.push(`watch ${place ?? shown ?? 'everywhere'}${strangers.length > 0 ? ` but ${list(strangers)}` : ''}`);
        const devices = seen.shift() ?? [];
        if (devices.length === 0) throw failure('dfu-not-seen');
        return devices;
      }),
      resetAgain: fromPromise<Proof, { rung: Rung; candidates: readonly UsbDeviceInfo[] }>(async ({ input }) => {
        log.push(`reset to see ${list(input.candidates)}`);
        return (
          shown.shift() ?? { left: [], driven: { ...nothing, known: input.candidates.map((one) => one.instance) } }
        );
      }),
      lookForTwin: fromPromise<readonly UsbDeviceInfo[], { device: UsbDeviceInfo; driven: Driven }>(
        async ({ input }) => twins.shift() ?? [input.device],
      ),
      confirmPlace: fromPromise<boolean, { device: UsbDeviceInfo }>(async () => confirms ?? false),
      greet: fromPromise<Bootloader, { device: UsbDeviceInfo }>(async ({ input }) => {
        greeted.push(input.device.instance);
        return target;
      }),
      releaseLines: fromPromise<void, void>(async () => {}),
    },
  });
  const input = {
    callsPresent: false,
    turnsByHand: 1,
    rungs: story.rungs ?? [rung],
    repeats: 2,
    tries: { flaky: 1, silent: 1 },
    usart: story.usart ?? false,
    named: named ?? null,
    canReset,
    isPlaced: named !== undefined,
  };
  const { error } = await startMachine(machine, input).ended;
  if (story.hints) expect(error?.hint).toMatch(story.hints);
  return { log, greeted, code: error?.code, message: error?.message };
}

describe('opened', () => {
  test.each<{ name: string; story: Story; log: readonly string[]; greeted: string }>([
    {
      name: 'what stands at the named path, at once',
      story: { named: '1-2', watches: [[own]] },
      log: ['drive', 'watch 1-2'],
      greeted: '1-2#1',
    },
    {
      name: 'what stands where the application was that was asked',
      story: { rung: byAsking, driven: { path: '1-2' }, watches: [[own]] },
      log: ['drive', 'watch 1-2'],
      greeted: '1-2#1',
    },
    {
      name: 'what stands where a device has left the bus in the first reset, after one more: another board may have been reset then',
      story: {
        driven: { left: [device('1-2', '1-2#0', '0483:5740')] },
        watches: [[own], [again]],
        proofs: [{ left: [own], driven: nothing }],
      },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1', 'watch 1-2'],
      greeted: '1-2#2',
    },
    {
      name: 'what has left the bus in one more reset and come back',
      story: { watches: [[own], [again]], proofs: [{ left: [own], driven: nothing }] },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1', 'watch 1-2'],
      greeted: '1-2#2',
    },
    {
      name: 'the second newcomer, where the first one stayed',
      story: {
        watches: [[other], [own], [again]],
        proofs: [
          { left: [], driven: { known: ['1-9#1'], left: [] } },
          { left: [own], driven: nothing },
        ],
      },
      log: [
        'drive',
        'watch everywhere',
        'reset to see 1-9#1',
        'watch everywhere but 1-9#1',
        'reset to see 1-2#1',
      ].concat('watch 1-2 but 1-9#1'),
      greeted: '1-2#2',
    },
    {
      name: 'what comes elsewhere than where a device has left is looked at anew',
      story: {
        watches: [[other], [own], [again]],
        proofs: [
          { left: [other], driven: nothing },
          { left: [own], driven: nothing },
        ],
      },
      log: ['drive', 'watch everywhere', 'reset to see 1-9#1', 'watch 1-9', 'reset to see 1-2#1', 'watch 1-2'],
      greeted: '1-2#2',
    },
    {
      name: 'of two newcomers the one that leaves',
      story: { watches: [[own, other], [again]], proofs: [{ left: [own], driven: { known: ['1-9#1'], left: [] } }] },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1,1-9#1', 'watch 1-2 but 1-9#1'],
      greeted: '1-2#2',
    },
    {
      name: 'where a reset starts the application it is asked again, at its own place',
      story: { rung: byAsking, watches: [[own], [again]], proofs: [{ left: [own], driven: nothing }] },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1', 'drive', 'watch 1-2'],
      greeted: '1-2#2',
    },
    {
      name: 'a second board that shows up meanwhile and stays in the next reset is no twin',
      story: {
        watches: [[own], [again], [third]],
        settled: [[again, other]],
        proofs: [
          { left: [own], driven: nothing },
          { left: [again], driven: { known: ['1-9#1'], left: [] } },
        ],
      },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1', 'watch 1-2', 'reset to see 1-2#2,1-9#1'].concat(
        'watch 1-2 but 1-9#1',
      ),
      greeted: '1-2#3',
    },
    {
      name: 'not at once, where a second one has come beside the one at the named place',
      story: {
        named: '1-2',
        watches: [[own, other], [again]],
        proofs: [{ left: [own], driven: { known: ['1-9#1'], left: [] } }],
      },
      log: ['drive', 'watch 1-2', 'reset to see 1-2#1,1-9#1', 'watch 1-2 but 1-9#1'],
      greeted: '1-2#2',
    },
    {
      name: 'not at once, where a second one has come beside the one at the shown place',
      story: {
        watches: [[own], [again, other], [third]],
        proofs: [
          { left: [own], driven: nothing },
          { left: [again], driven: { known: ['1-9#1'], left: [] } },
        ],
      },
      log: ['drive', 'watch everywhere', 'reset to see 1-2#1', 'watch 1-2', 'reset to see 1-2#2,1-9#1'].concat(
        'watch 1-2 but 1-9#1',
      ),
      greeted: '1-2#3',
    },
    {
      name: 'what the person who has started it by hand says is this board',
      story: { rung: byHand, watches: [[own]], confirms: true },
      log: ['drive', 'watch everywhere'],
      greeted: '1-2#1',
    },
  ])('$name', async ({ story, log, greeted }) => {
    const told = await tell(story);
    expect(told).toEqual({ log, greeted: [greeted], code: undefined, message: undefined });
  });
});

describe('not opened', () => {
  test.each<{ name: string; story: Story; code: string; says?: RegExp }>([
    { name: 'what stays in every reset', story: { watches: [[other]] }, code: 'dfu-not-seen' },
    {
      name: 'two that both leave',
      story: { watches: [[own, other]], proofs: [{ left: [own, other], driven: nothing }] },
      code: 'dfu-ambiguous',
      says: /1-2 and 1-9/,
    },
    {
      name: 'a second one that shows up later and leaves as well',
      story: {
        watches: [[own], [again]],
        settled: [[again, otherAgain]],
        proofs: [
          { left: [own], driven: nothing },
          { left: [again, otherAgain], driven: nothing },
        ],
      },
      code: 'dfu-ambiguous',
    },
    {
      name: 'one that leaves where another board has left in the first reset',
      story: {
        driven: { left: [device('1-2', 'its application')] },
        watches: [[other]],
        proofs: [{ left: [other], driven: nothing }],
      },
      code: 'dfu-ambiguous',
      says: /1-9 and 1-2/,
    },
    {
      name: 'one that no line of an adapter can reset',
      story: { rung: byAsking, canReset: false, watches: [[own]], hints: /--usb-path 1-2/ },
      code: 'dfu-unproven',
      says: /1-2.*not opened/,
    },
    {
      name: 'two where no line can reset either',
      story: { rung: byAsking, canReset: false, watches: [[own, other]] },
      code: 'dfu-ambiguous',
      says: /1-2 and 1-9/,
    },
    {
      name: 'two that come after a person has started one: the question would be about the wrong one',
      story: { rung: byHand, confirms: true, watches: [[own, other]] },
      code: 'dfu-ambiguous',
    },
    {
      name: 'what the person says is another board',
      story: { rung: byHand, watches: [[other]], confirms: false },
      code: 'dfu-not-seen',
    },
    {
      name: 'strangers without end',
      story: { watches: Array.from({ length: 20 }, (_, index) => [device('1-9', `1-9#${index}`)]) },
      code: 'dfu-unproven',
    },
    {
      name: 'one where two devices have left the bus in the reset, and that then stays',
      story: { driven: { left: [device('1-2', 'a'), device('1-9', 'b')] }, watches: [[own]] },
      code: 'dfu-not-seen',
    },
  ])('$name', async ({ story, code, says = /./ }) => {
    const told = await tell(story);
    expect(told).toMatchObject({ greeted: [], code });
    expect(told.message).toMatch(says);
  });
});

test('what the person says is another board is waited past, and not asked about again', async () => {
  const known: (readonly string[])[] = [];
  const { log, code } = await tell({ rung: byHand, watches: [[other]], confirms: false, known });
  expect(known).toEqual([[], ['1-9#1']]);
  expect(log).toEqual(['drive', 'watch everywhere', 'watch everywhere but 1-9#1']);
  expect(code).toBe('dfu-not-seen');
});

test('four resets show whose strangers are, in one try; then they are told, and none is opened', async () => {
  const watches = Array.from({ length: 20 }, (_, index) => [device('1-9', `1-9#${index}`)]);
  const { log, message } = await tell({ watches });
  expect(log.filter((step) => step.startsWith('reset'))).toHaveLength(4);
  expect(message).toMatch(/1-9.*not opened/);
});

test('a proof that missed the hold window has shown the place all the same', async () => {
  const window = { opens: 0, closes: 1, nrstRelease: 5, needed: 16, limit: 42 };
  const rung: Rung = { method: 'rc-cap', change: 'nominal', plan: { ...plan, window } };
  const proofs = [{ left: [own], driven: { ...nothing, held: 43 } }];
  const { log, greeted } = await tell({ rung, watches: [[own], [again]], proofs });
  expect(log).toEqual(['drive', 'watch everywhere', 'reset to see 1-2#1', 'drive', 'watch 1-2']);
  expect(greeted).toEqual(['1-2#2']);
});

describe('an application on USB', () => {
  test.each<{ name: string; story: Story; log: readonly string[]; greeted: readonly string[]; code?: ErrorCode }>([
    {
      name: 'is asked where a reset has shown that it hangs on the lines',
      story: { rung: byTouch, driven: { path: '1-2' }, watches: [[own]] },
      log: ['see whose application it is', 'drive by the application at 1-2', 'watch 1-2'],
      greeted: ['1-2#1'],
    },
    {
      name: 'is asked at once where its place is named',
      story: { rung: byTouch, named: '1-2', watches: [[own]] },
      log: ['drive', 'watch 1-2'],
      greeted: ['1-2#1'],
    },
    {
      name: 'is looked at as well where no line can show whose it is',
      story: { rung: byTouch, canReset: false, driven: { path: '1-2' }, watches: [[own]] },
      log: ['see whose application it is', 'drive by the application at 1-2', 'watch 1-2'],
      greeted: ['1-2#1'],
    },
    {
      name: 'is shown once for all ways of asking',
      story: { rungs: [byTouch, byTouch], driven: { path: '1-2' }, watches: [[], [own]] },
      log: ['see whose application it is', 'drive by the application at 1-2', 'watch 1-2'].concat(
        'drive by the application at 1-2',
        'watch 1-2',
      ),
      greeted: ['1-2#1'],
    },
    {
      name: 'that stayed in the reset is never asked, and the lines come next',
      story: {
        rungs: [byTouch, byTouch, byLines],
        proven: 'application-unproven',
        watches: [[own], [again]],
        proofs: [{ left: [own], driven: nothing }],
      },
      log: ['see whose application it is', 'drive', 'watch everywhere', 'reset to see 1-2#1', 'watch 1-2'],
      greeted: ['1-2#2'],
    },
    {
      name: 'that could not be seen this time is looked at again for the next way of asking',
      story: { rungs: [byTouch, byTouch], proven: 'application-came-back', watches: [] },
      log: ['see whose application it is', 'see whose application it is'],
      greeted: [],
      code: 'application-came-back',
    },
    {
      name: 'of two on the same lines neither is asked',
      story: { rungs: [byTouch, byLines], proven: 'dfu-ambiguous', watches: [] },
      log: ['see whose application it is'],
      greeted: [],
      code: 'dfu-ambiguous',
    },
  ])('$name', async ({ story, log, greeted, code }) => {
    const told = await tell(story);
    expect(told).toMatchObject({ log, greeted });
    expect(told.code).toBe(code);
  });
});

describe('the USART of the ROM', () => {
  const away = device('1-9', 'an application');
  test.each<{ name: string; story: Story; isCalled: boolean }>([
    {
      name: 'is called where one board has left the bus',
      story: { driven: { left: [own] }, watches: [] },
      isCalled: true,
    },
    { name: 'is not called where two have', story: { driven: { left: [own, away] }, watches: [] }, isCalled: false },
    {
      name: 'is not called where one has left the bus elsewhere than at the named place',
      story: { named: '1-2', driven: { left: [away] }, watches: [] },
      isCalled: false,
    },
  ])('$name', async ({ story, isCalled }) => {
    const { log, code } = await tell({ ...story, usart: true });
    expect(log.includes('call the USART')).toBe(isCalled);
    expect(code).toBe(isCalled ? undefined : 'dfu-ambiguous');
  });
});
