import { describe, expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { bootEntryMachine, type Watched } from '../../machines/boot-entry.machine.ts';
import type { BootEntryInput, Driven, Proof } from '../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../machines/bootloader.ts';
import { BootctlError } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { LinePlan, Rung } from '../../src/board/circuit/plan.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { device, failure, startMachine } from '../helpers/machines.ts';

// What follows a step, beside the usual ways: whose a device is, which method comes next, what a repeat changes.

const plan: LinePlan = { steps: [], margin: 10, clear: 0 };
const byLines: Rung = { method: 'lines', change: 'nominal', plan };
const touch: SoftJump = { trigger: 'touch-1200', via: 'target' };
const byTouch: Rung = { method: 'soft-jump', change: 'nominal', softJump: touch };
const byHand: Rung = { method: 'manual', change: 'nominal' };
const own = device('1-2', '1-2#1');
const again = device('1-2', '1-2#2');
const third = device('1-2', '1-2#3');
const other = device('1-9', '1-9#1');
const nothing: Driven = { known: [], left: [] };
const target = { place: 'made up' } as Bootloader;

interface World {
  readonly rungs: readonly Rung[];
  readonly moves?: () => Promise<Driven>;
  readonly watches: readonly (readonly UsbDeviceInfo[] | BootctlError)[];
  readonly proofs?: readonly Proof[];
  /** What is there when a second board has had time. */
  readonly settled?: readonly UsbDeviceInfo[];
  readonly input?: Partial<BootEntryInput>;
}

async function enter({ rungs, moves = async () => nothing, watches, proofs = [], settled, input }: World) {
  const log: string[] = [];
  const [seen, shown] = [[...watches], [...proofs]];
  const twins = settled ? [settled] : [];
  const names = (devices: readonly UsbDeviceInfo[]) => devices.map(({ instance }) => instance).join();
  const machine = bootEntryMachine.provide({
    actors: {
      findPresent: fromPromise<UsbDeviceInfo | null, void>(async () => null),
      proveApplication: fromPromise<string, { rung: Rung }>(async () => {
        log.push('see whose application it is');
        return '1-2';
      }),
      moveLines: fromPromise<Driven, { rung: Rung }>(({ input }) => {
        log.push(`drive ${input.rung.change}`);
        return moves();
      }),
      askFirmware: fromPromise<Driven, { rung: Rung; application: string | null }>(async ({ input }) => {
        log.push(`ask the application at ${input.application}`);
        return { ...nothing, path: '1-2' };
      }),
      askPerson: fromPromise<Driven, { rung: Rung }>(async () => nothing),
      watchForDfu: fromPromise<readonly UsbDeviceInfo[], Watched>(async () => {
        const found = seen.shift() ?? failure('dfu-not-seen');
        if (found instanceof BootctlError) throw found;
        return found;
      }),
      resetAgain: fromPromise<Proof, { rung: Rung; candidates: readonly UsbDeviceInfo[] }>(async ({ input }) => {
        log.push(`reset to see ${names(input.candidates)}`);
        return shown.shift() ?? { left: [], driven: nothing };
      }),
      lookForTwin: fromPromise<readonly UsbDeviceInfo[], { device: UsbDeviceInfo; driven: Driven }>(
        async ({ input }) => twins.shift() ?? [input.device],
      ),
      confirmPlace: fromPromise<boolean, { device: UsbDeviceInfo }>(async ({ input }) => {
        log.push(`is it ${input.device.instance}?`);
        return true;
      }),
      greet: fromPromise<Bootloader, { device: UsbDeviceInfo }>(async ({ input }) => {
        log.push(`greet ${input.device.instance}`);
        return target;
      }),
      releaseLines: fromPromise<void, void>(async () => {}),
    },
  });
  const { error, rung } = await startMachine(machine, {
    rungs,
    repeats: 2,
    tries: { flaky: 1, silent: 1 },
    usart: false,
    turnsByHand: 1,
    callsPresent: false,
    named: null,
    canReset: true,
    isPlaced: false,
    ...input,
  }).ended;
  return { log, rung, code: error?.code };
}

describe('when a device has come where this board stood', () => {
  test('another one in its stead is looked at anew', async () => {
    const { log } = await enter({
      rungs: [byLines],
      watches: [[own], [again], [third]],
      settled: [other],
      proofs: [
        { left: [own], driven: nothing },
        { left: [again], driven: { known: ['1-9#1'], left: [] } },
      ],
    });
    expect(log).toEqual(['drive nominal', 'reset to see 1-2#1', 'reset to see 1-9#1', 'greet 1-2#3']);
  });

  test('two where no more resets are left are told, and neither is opened', async () => {
    const strangers = Array.from({ length: 3 }, (): Proof => ({ left: [], driven: nothing }));
    const { log, code } = await enter({
      rungs: [byLines],
      watches: [[other], [other], [other], [own], [again]],
      settled: [again, other],
      proofs: [...strangers, { left: [own], driven: nothing }],
    });
    expect(log.filter((step) => step.startsWith('reset'))).toHaveLength(4);
    expect([log.filter((step) => step.startsWith('greet')), code]).toEqual([[], 'dfu-ambiguous']);
  });
});

test('the person is asked about the device that has come', async () => {
  const { log } = await enter({ rungs: [byHand], watches: [[own]] });
  expect(log).toEqual(['is it 1-2#1?', 'greet 1-2#1']);
});

test('where the next method asks an application on USB, it is seen first whose that is', async () => {
  const { log, rung } = await enter({
    rungs: [byLines, { ...byLines, change: 'longer pulse' }, byTouch],
    moves: () => Promise.reject(failure('method-unavailable')),
    watches: [[own]],
  });
  expect(log).toEqual(['drive nominal', 'see whose application it is', 'ask the application at 1-2', 'greet 1-2#1']);
  expect(rung).toBe(byTouch);
});

test('a repeat for another reason than a missed window keeps the pulse', async () => {
  const flaky = new BootctlError('dfu-not-seen', 'nothing', { details: { enumeration: 'error -71' } });
  const { log } = await enter({
    rungs: [{ ...byLines, shorter: { ...plan, margin: 20 } }],
    watches: [flaky, [own]],
    input: { tries: { flaky: 2, silent: 1 }, named: '1-2' },
  });
  expect(log).toEqual(['drive nominal', 'drive nominal', 'greet 1-2#1']);
});
