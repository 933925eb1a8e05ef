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
  canConfirm,
  canProve,
  canTryUsart,
  type Driven,
  isAtNamedPlace,
  isAtShownPlace,
  nextMethodIndex,
  onTheLines,
  type Proof,
  placeOf,
  recoveryOf,
  rungOf,
  startOf,
  twins,
  unidentified,
  windowMissed,
  withAttempt,
  withProof,
  withStranger,
} from './boot-entry.policy.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

type Devices = readonly UsbDeviceInfo[];

/** What the wait for a DFU device needs to know. */
export interface Watched {
  readonly rung: Rung;
  readonly driven: Driven;
  /** The only USB path where it can be; undefined where nobody says. */
  readonly place: string | undefined;
  /** Where a reset has shown it to be. Others may come first, and be looked at as well. */
  readonly shown: string | null;
  readonly strangers: Devices;
}

const bootEntry = setup({
  types: {
    input: {} as BootEntryInput,
    context: {} as BootEntryContext,
    output: {} as BootEntryOutput,
  },
  actors: {
    findPresent: unprovided<UsbDeviceInfo | null, void>('findPresent'),
    driveRung: unprovided<Driven, { rung: Rung; attempts: readonly Attempt[] }>('driveRung'),
    watchForDfu: unprovided<readonly UsbDeviceInfo[], Watched>('watchForDfu'),
    resetAgain: unprovided<Proof, { rung: Rung; candidates: readonly UsbDeviceInfo[] }>('resetAgain'),
    lookForTwin: unprovided<readonly UsbDeviceInfo[], { device: UsbDeviceInfo; driven: Driven }>('lookForTwin'),
    confirmPlace: unprovided<boolean, { device: UsbDeviceInfo }>('confirmPlace'),
    greet: unprovided<Bootloader, { device: UsbDeviceInfo }>('greet'),
    syncUsart: unprovided<Bootloader, { rung: Rung }>('syncUsart'),
    releaseLines: unprovided<void, void>('releaseLines'),
  },
  guards: {
    isPresent: (_, device: UsbDeviceInfo | null) => device !== null,
    hasMissedWindow: ({ context }, driven: Driven) => windowMissed(rungOf(context), driven) !== undefined,
    isAtNamedPlace: ({ context }, devices: Devices) => isAtNamedPlace(context, devices),
    isAtShownPlace: ({ context }, devices: Devices) => isAtShownPlace(context, devices),
    isStillAlone: ({ context: { device } }, devices: Devices) =>
      devices.length === 1 && devices[0]?.instance === device?.instance,
    canProve: ({ context }) => canProve(context),
    canConfirm: ({ context }, devices: Devices) => canConfirm(context, devices),
    areTwins: ({ context }, proof: Proof) => onTheLines(context, proof).length > 1,
    proofMissedWindow: ({ context }, { driven }: Proof) => windowMissed(rungOf(context), driven) !== undefined,
    /** A reset starts the application of a board whose lines do not lead into its ROM: it has to be asked again. */
    startsApplication: ({ context }) => rungOf(context)?.plan === undefined,
    isThisBoard: (_, isConfirmed: boolean) => isConfirmed,
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
const fresh = { driven: null, usartCalled: false, candidates: [], proofs: 0 } as const;
const driveAgain = bootEntry.assign({ driven: null });
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
          {
            target: 'watching',
            actions: assign(({ event }) => ({ driven: event.output, leftFirst: event.output.left })),
          },
        ],
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    watching: {
      invoke: {
        src: 'watchForDfu',
        input: ({ context }) => ({
          rung: rungOf(context)!,
          driven: context.driven!,
          place: placeOf(context),
          shown: context.shown,
          strangers: context.strangers,
        }),
        onDone: [
          {
            guard: { type: 'isAtNamedPlace', params: ({ event }) => event.output },
            target: 'greeting',
            actions: assign({ device: ({ event }) => event.output[0]! }),
          },
          {
            guard: { type: 'isAtShownPlace', params: ({ event }) => event.output },
            target: 'settling',
            actions: assign({ device: ({ event }) => event.output[0]! }),
          },
          { guard: 'canProve', target: 'proving', actions: assign({ candidates: ({ event }) => event.output }) },
          {
            guard: { type: 'canConfirm', params: ({ event }) => event.output },
            target: 'confirming',
            actions: assign({ candidates: ({ event }) => event.output }),
          },
          {
            target: 'recovering',
            actions: assign(({ context, event }) => withAttempt(context, unidentified(event.output))),
          },
        ],
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
    /** Who has come is not known to be this board: the reset is driven once more, and this board has to leave the bus in it. */
    proving: {
      invoke: {
        src: 'resetAgain',
        input: ({ context }) => ({ rung: rungOf(context)!, candidates: context.candidates }),
        onDone: [
          {
            guard: { type: 'areTwins', params: ({ event }) => event.output },
            target: 'recovering',
            actions: assign(({ context, event }) => withAttempt(context, twins(onTheLines(context, event.output)))),
          },
          {
            guard: { type: 'proofMissedWindow', params: ({ event }) => event.output },
            target: 'recovering',
            actions: [
              assign(({ context, event }) => withProof(context, event.output)),
              assign(({ context }) => withAttempt(context, windowMissed(rungOf(context), context.driven!))),
            ],
          },
          {
            guard: 'startsApplication',
            target: 'driving',
            actions: [assign(({ context, event }) => withProof(context, event.output)), driveAgain],
          },
          { target: 'watching', actions: assign(({ context, event }) => withProof(context, event.output)) },
        ],
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    /** It hangs on our lines: another board that does so as well has time to show up, and then neither is opened. */
    settling: {
      invoke: {
        src: 'lookForTwin',
        input: ({ context }) => ({ device: context.device!, driven: context.driven! }),
        onDone: [
          { guard: { type: 'isStillAlone', params: ({ event }) => event.output }, target: 'greeting' },
          { guard: 'canProve', target: 'proving', actions: assign({ candidates: ({ event }) => event.output }) },
          {
            target: 'recovering',
            actions: assign(({ context, event }) => withAttempt(context, unidentified(event.output))),
          },
        ],
        onError: { target: 'recovering', actions: keepFailure },
      },
    },
    /** A person has started the ROM by hand, and nothing but that person knows where the board is plugged in. */
    confirming: {
      invoke: {
        src: 'confirmPlace',
        input: ({ context }) => ({ device: context.candidates[0]! }),
        onDone: [
          {
            guard: { type: 'isThisBoard', params: ({ event }) => event.output },
            target: 'greeting',
            actions: assign({ device: ({ context }) => context.candidates[0]! }),
          },
          { target: 'watching', actions: assign(({ context }) => withStranger(context, context.candidates[0]!)) },
        ],
        onError: { target: 'recovering', actions: keepFailure },
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
        input: ({ context }) => ({ device: context.device! }),
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
