import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/errors.ts';
import type { UsbDeviceInfo } from '../src/io/usb-bus.ts';
import type { Rung } from '../src/lines/plan.ts';
import type { Bootloader } from '../src/ops/bootloader/bootloader.ts';
import {
  type Attempt,
  afterUsart,
  type BootEntryContext,
  type BootEntryInput,
  type BootEntryOutput,
  canTryUsart,
  type Driven,
  nextMethodIndex,
  recoveryOf,
  rungOf,
  startOf,
  windowMissed,
  withAttempt,
} from './boot-entry.policy.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

const bootEntry = setup({
  types: {
    input: {} as BootEntryInput,
    context: {} as BootEntryContext,
    output: {} as BootEntryOutput,
  },
  actors: {
    findPresent: unprovided<UsbDeviceInfo | null, void>('findPresent'),
    driveRung: unprovided<Driven, { rung: Rung; attempts: readonly Attempt[] }>('driveRung'),
    watchForDfu: unprovided<UsbDeviceInfo, { rung: Rung; driven: Driven }>('watchForDfu'),
    greet: unprovided<Bootloader, { device: UsbDeviceInfo; driven: Driven | null }>('greet'),
    syncUsart: unprovided<Bootloader, { rung: Rung }>('syncUsart'),
    releaseLines: unprovided<void, void>('releaseLines'),
  },
  guards: {
    isPresent: (_, device: UsbDeviceInfo | null) => device !== null,
    hasMissedWindow: ({ context }, driven: Driven) => windowMissed(rungOf(context), driven) !== undefined,
    canTryUsart: ({ context }, error: BootctlError) => canTryUsart(context, error),
    canRepeat: ({ context }) => recoveryOf(context.error) === 'same-rung' && context.repeated < context.repeats,
    canTryNextRung: ({ context }) =>
      ['same-rung', 'next-rung'].includes(recoveryOf(context.error)) && context.index + 1 < context.rungs.length,
    canTryNextMethod: ({ context }) => recoveryOf(context.error) === 'next-method' && nextMethodIndex(context) > 0,
  },
});

const keepFailure = bootEntry.assign(({ context, event }) => withAttempt(context, errorOf(event)));
const keepSuccess = bootEntry.assign(({ context }) => withAttempt(context));
const keepAbort = bootEntry.assign({ error: aborted });
/** What a new try starts with. */
const fresh = { driven: null, usartCalled: false } as const;
const repeatRung = bootEntry.assign({ repeated: ({ context }) => context.repeated + 1, ...fresh });
const nextRung = bootEntry.assign({ index: ({ context }) => context.index + 1, repeated: 0, ...fresh });
const nextMethod = bootEntry.assign({ index: ({ context }) => nextMethodIndex(context), repeated: 0, ...fresh });

/** Climbs the ladder until a bootloader has answered; lines are idle after a failure. */
export const bootEntryMachine = bootEntry.createMachine({
  id: 'bootEntry',
  context: ({ input }) => startOf(input),
  initial: 'looking',
  on: { 'operator.aborted': { target: '.releasing', actions: keepAbort } },
  states: {
    looking: {
      invoke: {
        src: 'findPresent',
        onDone: [
          {
            guard: { type: 'isPresent', params: ({ event }) => event.output },
            target: 'greeting',
            actions: assign({ device: ({ event }) => event.output }),
          },
          { target: 'driving', actions: nextRung },
        ],
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    driving: {
      invoke: {
        src: 'driveRung',
        input: ({ context }) => ({ rung: rungOf(context)!, attempts: context.attempts }),
        onDone: [
          {
            guard: { type: 'hasMissedWindow', params: ({ event }) => event.output },
            target: 'recovering',
            actions: assign(({ context, event }) =>
              withAttempt({ ...context, driven: event.output }, windowMissed(rungOf(context), event.output)),
            ),
          },
          { target: 'watching', actions: assign({ driven: ({ event }) => event.output }) },
        ],
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    watching: {
      invoke: {
        src: 'watchForDfu',
        input: ({ context }) => ({ rung: rungOf(context)!, driven: context.driven! }),
        onDone: { target: 'greeting', actions: assign({ device: ({ event }) => event.output }) },
        onError: [
          {
            guard: { type: 'canTryUsart', params: ({ event }) => errorOf(event) },
            target: 'syncing',
            actions: bootEntry.assign({ error: ({ event }) => errorOf(event), usartCalled: true }),
          },
          { target: 'recovering', actions: keepFailure },
        ],
      },
    },
    syncing: {
      invoke: {
        src: 'syncUsart',
        input: ({ context }) => ({ rung: rungOf(context)! }),
        onDone: { target: 'entered', actions: [assign({ target: ({ event }) => event.output }), keepSuccess] },
        onError: {
          target: 'recovering',
          actions: bootEntry.assign(({ context, event }) => afterUsart(context, errorOf(event))),
        },
      },
    },
    greeting: {
      invoke: {
        src: 'greet',
        input: ({ context }) => ({ device: context.device!, driven: context.driven }),
        onDone: { target: 'entered', actions: [assign({ target: ({ event }) => event.output }), keepSuccess] },
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    recovering: {
      always: [
        { guard: 'canRepeat', target: 'driving', actions: repeatRung },
        { guard: 'canTryNextRung', target: 'driving', actions: nextRung },
        { guard: 'canTryNextMethod', target: 'driving', actions: nextMethod },
        { target: 'releasing' },
      ],
    },
    releasing: { invoke: { src: 'releaseLines', onDone: 'exhausted', onError: 'exhausted' } },
    entered: { type: 'final' },
    exhausted: { type: 'final' },
  },
  output: ({ context }) => ({
    target: context.target,
    error: context.error,
    attempts: context.attempts,
    rung: context.target ? (rungOf(context) ?? null) : null,
  }),
});
