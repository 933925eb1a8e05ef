import { describe, expect, test, vi } from 'vitest';
import { fromPromise } from 'xstate';
import { bootEntryMachine, type Watched } from '../../machines/boot-entry.machine.ts';
import type { BootEntryInput, Driven } from '../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../machines/bootloader.ts';
import { BootctlError } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { Rung } from '../../src/board/circuit/plan.ts';
import { device, failure, startMachine } from '../helpers/machines.ts';

// Where no line leads into the ROM: what is there already is called, or a person presses the buttons.

const byHand: Rung = { method: 'manual', change: 'nominal' };
const driven: Driven = { known: [], left: [] };
const bootloader = { place: 'made up' } as Bootloader;
const dfu = device('1-2', '1-2#9');

interface World {
  readonly present?: UsbDeviceInfo;
  /** What the call of a USART finds that may be running: `callPresent`. */
  readonly callPresent?: () => Promise<Bootloader>;
  readonly watch?: (call: number) => Promise<readonly UsbDeviceInfo[]>;
  readonly callUsart?: (call: number) => Promise<Bootloader>;
}

function enter({ present, callPresent, watch, callUsart }: World, more: Partial<BootEntryInput> = {}) {
  const told: unknown[] = [];
  const announceTry = vi.fn();
  let [watched, called] = [0, 0];
  const machine = bootEntryMachine.provide({
    actions: { announceTry },
    actors: {
      findPresent: fromPromise(async () => present ?? null),
      callPresent: fromPromise<Bootloader, void>(async () => callPresent!()),
      askPerson: fromPromise<Driven, { rung: Rung }>(async () => driven),
      watchForDfu: fromPromise<readonly UsbDeviceInfo[], Watched>(async ({ input }) => {
        told.push(['watch', input.turn]);
        return watch!(++watched);
      }),
      callUsart: fromPromise<Bootloader, { rung: Rung; driven: Driven }>(async ({ input }) => {
        told.push(['usart', input.rung, input.driven]);
        return callUsart!(++called);
      }),
      greet: fromPromise<Bootloader, { device: UsbDeviceInfo }>(async ({ input }) => {
        told.push(['greet', input.device]);
        return bootloader;
      }),
      releaseLines: fromPromise<void, void>(async () => {}),
    },
  });
  const input: BootEntryInput = {
    rungs: [],
    repeats: 3,
    tries: { flaky: 1, silent: 1 },
    usart: false,
    callsPresent: false,
    turnsByHand: 3,
    named: '1-2',
    canReset: false,
    isPlaced: false,
    ...more,
  };
  return { ...startMachine(machine, input), told, announceTry };
}

describe('nothing can be tried', () => {
  test('and nobody is there to ask: that is said, and the job does not wait for nothing', async () => {
    const { ended } = enter({});
    expect(await ended).toMatchObject({ bootloader: null, rung: null, error: { code: 'nobody-to-ask' }, attempts: [] });
  });

  test('what runs already is greeted as the device that it is', async () => {
    const { ended, told } = enter({ present: dfu });
    expect(await ended).toMatchObject({ bootloader, error: null });
    expect(told).toEqual([['greet', dfu]]);
  });

  test('a ROM on the USART is called once, and taken where it answers', async () => {
    const callPresent = vi.fn(async () => bootloader);
    const { ended } = enter({ callPresent }, { callsPresent: true });
    expect(await ended).toMatchObject({ bootloader, rung: null, error: null });
    expect(callPresent).toHaveBeenCalledOnce();
  });

  test('silence there is said beside the missing person', async () => {
    const silent = new BootctlError('usart-no-sync', 'no answer to 0x7F');
    const { ended } = enter({ callPresent: () => Promise.reject(silent) }, { callsPresent: true });
    const { error } = await ended;
    expect(error?.code).toBe('nobody-to-ask');
    expect(error?.message).toContain('no answer to 0x7F');
  });

  test('any other trouble of that call is the error itself', async () => {
    const { ended } = enter({ callPresent: () => Promise.reject(failure('adapter-lost')) }, { callsPresent: true });
    expect((await ended).error?.code).toBe('adapter-lost');
  });
});

describe('a person presses the buttons', () => {
  test('the bus is watched in as many turns as they have, counted, and then it is over', async () => {
    const { ended, told, announceTry } = enter(
      { watch: () => Promise.reject(failure('dfu-not-seen')) },
      { rungs: [byHand] },
    );
    expect(await ended).toMatchObject({
      bootloader: null,
      attempts: [{ rung: byHand, error: { code: 'dfu-not-seen' } }],
    });
    expect(told.length).toBe(3);
    expect(announceTry).toHaveBeenCalledOnce();
  });

  test('a device in a later turn is theirs', async () => {
    const { ended, told } = enter(
      { watch: (call) => (call === 2 ? Promise.resolve([dfu]) : Promise.reject(failure('dfu-not-seen'))) },
      { rungs: [byHand] },
    );
    expect(await ended).toMatchObject({ bootloader, rung: byHand });
    expect(told.at(-1)).toEqual(['greet', dfu]);
  });

  test('with a USART each turn is a watch and a call, which knows its try; an answer ends them', async () => {
    const { ended, told } = enter(
      {
        watch: () => Promise.reject(failure('dfu-not-seen')),
        callUsart: (call) => (call === 2 ? Promise.resolve(bootloader) : Promise.reject(failure('usart-no-sync'))),
      },
      { rungs: [byHand], usart: true },
    );
    expect(await ended).toMatchObject({ bootloader, rung: byHand });
    expect(told.map((one) => (one as unknown[])[0])).toEqual(['watch', 'usart', 'watch', 'usart']);
    expect(told[1]).toEqual(['usart', byHand, driven]);
  });
});
