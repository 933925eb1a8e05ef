import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import type { MethodName, Rung } from '../src/board/circuit/plan.ts';
import {
  afterUsart,
  type BootEntryContext,
  type BootEntryInput,
  type BootEntryOutput,
  canConfirm,
  canProve,
  canRepeat,
  canTryNextMethod,
  canTryNextRung,
  canTryUsart,
  type Driven,
  fresh,
  freshRung,
  hasToProveApplication,
  hasTurnLeft,
  isAtNamedPlace,
  isAtShownPlace,
  nextMethodIndex,
  nextRungIndex,
  type Proof,
  placeOf,
  placesOnTheLines,
  reachesSeveral,
  rungOf,
  startOf,
  twinsOnTheWires,
  windowMissed,
  withAttempt,
  withProof,
  withStranger,
  withUnproven,
} from './boot-entry.policy.ts';
import type { Bootloader } from './bootloader.ts';
import { nobodyToAsk, twins, unidentified } from './entry-refusals.policy.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

type Devices = readonly UsbDeviceInfo[];

/** What the wait for a DFU device needs to know. */
export interface Watched {
  readonly rung: Rung;
  readonly driven: Driven;
  /** The only USB path where it can be; undefined where none is named. */
  readonly place: string | undefined;
  /** Where a reset has shown it to be. Others may come first, and be looked at as well. */
  readonly shown: string | null;
  readonly strangers: Devices;
  /** How often the bus has been watched in this try before. */
  readonly turn: number;
}

const bootEntry = setup({
  types: {
    input: {} as BootEntryInput,
    context: {} as BootEntryContext,
    output: {} as BootEntryOutput,
    meta: {} as StateMeta,
  },
  actors: {
    findPresent: unprovided<UsbDeviceInfo | null, void>('findPresent'),
    proveApplication: unprovided<string, { rung: Rung }>('proveApplication'),
    /** Drives the timed sequence of the rung. */
    moveLines: unprovided<Driven, { rung: Rung }>('moveLines'),
    /** Asks the running application by the `softJump` of the rung; only the one at `application`, where that is known. */
    askFirmware: unprovided<Driven, { rung: Rung; application: string | null }>('askFirmware'),
    askPerson: unprovided<Driven, { rung: Rung }>('askPerson'),
    watchForDfu: unprovided<readonly UsbDeviceInfo[], Watched>('watchForDfu'),
    resetAgain: unprovided<Proof, { rung: Rung; candidates: readonly UsbDeviceInfo[] }>('resetAgain'),
    lookForTwin: unprovided<readonly UsbDeviceInfo[], { device: UsbDeviceInfo; driven: Driven }>('lookForTwin'),
    confirmPlace: unprovided<boolean, { device: UsbDeviceInfo }>('confirmPlace'),
    greet: unprovided<Bootloader, { device: UsbDeviceInfo }>('greet'),
    callPresent: unprovided<Bootloader, void>('callPresent'),
    callUsart: unprovided<Bootloader, { rung: Rung; driven: Driven }>('callUsart'),
    releaseLines: unprovided<void, void>('releaseLines'),
  },
  guards: {
    methodIs: ({ context }, method: MethodName) => rungOf(context)?.method === method,
    isPresent: (_, device: UsbDeviceInfo | null) => device !== null,
    hasNoRung: ({ context }) => context.rungs.length === 0,
    callsPresent: ({ context }) => context.callsPresent,
    isSilent: (_, { code }: BootctlError) => code === 'usart-no-sync',
    hasMissedWindow: ({ context }, driven: Driven) => windowMissed(rungOf(context), driven) !== undefined,
    isAtNamedPlace: ({ context }, devices: Devices) => isAtNamedPlace(context, devices),
    isAtShownPlace: ({ context }, devices: Devices) => isAtShownPlace(context, devices),
    isStillAlone: ({ context: { device } }, devices: Devices) =>
      devices.length === 1 && devices[0]?.instance === device?.instance,
    canProve: ({ context }) => canProve(context),
    canConfirm: ({ context }, devices: Devices) => canConfirm(context, devices),
    nextRungIsProvenFirst: ({ context }) => hasToProveApplication(context, nextRungIndex(context)),
    areTwins: ({ context }, proof: Proof) => placesOnTheLines(context, proof).length > 1,
    reachesSeveral: ({ context }, error: BootctlError) => reachesSeveral(context, error),
    proofMissedWindow: ({ context }, { driven }: Proof) => windowMissed(rungOf(context), driven) !== undefined,
    /** A reset starts the application of a board whose lines do not lead into its ROM: it has to be asked again. */
    startsApplication: ({ context }) => rungOf(context)?.plan === undefined,
    isThisBoard: (_, isConfirmed: boolean) => isConfirmed,
    canTryUsart: ({ context }, error: BootctlError) => canTryUsart(context, error),
    hasTurnLeft: ({ context }, error: BootctlError) => hasTurnLeft(context, error),
    canRepeat: ({ context }) => canRepeat(context),
    canProveForNextRung: ({ context }) =>
      canTryNextRung(context) && hasToProveApplication(context, nextRungIndex(context)),
    canTryNextRung: ({ context }) => canTryNextRung(context),
    canProveForNextMethod: ({ context }) =>
      canTryNextMethod(context) && hasToProveApplication(context, nextMethodIndex(context)),
    canTryNextMethod: ({ context }) => canTryNextMethod(context),
  },
  actions: {
    /** The operation that runs this machine reports the try that begins. */
    announceTry: () => {},
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    keepNobodyToAsk: assign({ error: () => nobodyToAsk() }),
    keepNobodyAndSilence: assign({ error: ({ event }) => nobodyToAsk(errorOf(event)) }),
    keepDevice: assign({ device: (_, device: UsbDeviceInfo | null) => device }),
    keepDriven: assign({ driven: (_, driven: Driven) => driven }),
    addLeft: assign({ leftInResets: ({ context }, { left }: Driven) => [...context.leftInResets, ...left] }),
    keepCandidates: assign({ candidates: (_, candidates: Devices) => candidates }),
    keepProof: assign(({ context }, proof: Proof) => withProof(context, proof)),
    keepApplication: assign({ application: (_, path: string) => path }),
    keepBootloader: assign({ bootloader: (_, bootloader: Bootloader) => bootloader }),
    addStranger: assign(({ context }) => withStranger(context, context.candidates[0]!)),
    noteUsartCalled: assign({ usartCalled: true }),
    countTurn: assign({ turn: ({ context }) => context.turn + 1 }),
    /** The try under way goes into the report, with what ended it. */
    addSuccess: assign(({ context }) => withAttempt(context)),
    addFailure: assign(({ context, event }) => withAttempt(context, errorOf(event))),
    addMissedWindow: assign(({ context }) => withAttempt(context, windowMissed(rungOf(context), context.driven!))),
    addUnidentified: assign(({ context }, devices: Devices) => withAttempt(context, unidentified(devices))),
    addTwins: assign(({ context }, proof: Proof) => withAttempt(context, twins(placesOnTheLines(context, proof)))),
    addTwinsOnTheWires: assign(({ context }) => withAttempt(context, twinsOnTheWires(context))),
    addUnproven: assign(({ context, event }) => withUnproven(context, errorOf(event))),
    addUsartFailure: assign(({ context, event }) => afterUsart(context, errorOf(event))),
    repeatRung: assign({
      repeated: ({ context }) => context.repeated + 1,
      hasMissedWindow: ({ context }) => context.hasMissedWindow || context.error?.code === 'window-missed',
      ...fresh,
    }),
    nextRung: assign({ index: ({ context }) => nextRungIndex(context), ...freshRung }),
    nextMethod: assign({ index: ({ context }) => nextMethodIndex(context), ...freshRung }),
  },
});

const rungInput = ({ context }: { context: BootEntryContext }) => ({ rung: rungOf(context)! });
const by = <Method extends MethodName>(method: Method) =>
  ({ guard: { type: 'methodIs', params: method }, target: method }) as const;
const drivenBy = ({ event }: { event: { output: Driven } }) => event.output;
const keepDriven = [
  { type: 'keepDriven', params: drivenBy },
  { type: 'addLeft', params: drivenBy },
] as const;
const onError = { target: 'choosingNext', actions: 'addFailure' } as const;
/** What follows a timed sequence. */
const afterSequence = {
  onDone: [
    {
      guard: { type: 'hasMissedWindow', params: drivenBy },
      target: 'choosingNext',
      actions: [...keepDriven, 'addMissedWindow'],
    },
    { target: 'watching', actions: keepDriven },
  ],
  onError,
} as const;
/** What follows a request to the firmware or to a person. */
const afterAsking = { onDone: { target: 'watching', actions: keepDriven }, onError } as const;

/** Climbs the ladder until a bootloader has answered; lines are idle after a failure. */
export const bootEntryMachine = bootEntry.createMachine({
  id: 'bootEntry',
  description:
    'Gets the target into its bootloader: tries one rung of the ladder after the other until a bootloader has answered. After a failure RTS and DTR are idle.',
  context: ({ input }) => startOf(input),
  initial: 'looking',
  on: { 'operator.aborted': { target: '.releasing', actions: 'keepAbort' } },
  states: {
    looking: {
      description:
        'The bus is listed once, to see whether this board is in its bootloader already. A target that was lost, and that no line resets, is waited for.',
      meta: { runs: ['usbWatch'] },
      invoke: {
        src: 'findPresent',
        onDone: [
          {
            guard: { type: 'isPresent', params: ({ event }) => event.output },
            target: 'greeting',
            actions: { type: 'keepDevice', params: ({ event }) => event.output },
          },
          { guard: 'callsPresent', target: 'callingPresent' },
          { guard: 'hasNoRung', target: 'releasing', actions: 'keepNobodyToAsk' },
          { guard: 'nextRungIsProvenFirst', target: 'provingApplication', actions: 'nextRung' },
          { target: 'trying', actions: 'nextRung' },
        ],
        onError: { target: 'choosingNext', actions: 'addFailure' },
      },
    },
    callingPresent: {
      description:
        'Nothing can be tried, and the adapter reaches a USART of the ROM. A jumper, a script or another program may have started it: it is called once, and no line moves.',
      invoke: {
        src: 'callPresent',
        onDone: {
          target: 'entered',
          actions: { type: 'keepBootloader', params: ({ event }) => event.output },
        },
        onError: [
          {
            guard: { type: 'isSilent', params: ({ event }) => errorOf(event) },
            target: 'releasing',
            actions: 'keepNobodyAndSilence',
          },
          { target: 'releasing', actions: 'keepError' },
        ],
      },
    },
    provingApplication: {
      description:
        'The rung asks an application on USB. The lines reset the target, and the application that leaves the bus in it and comes back is this board’s; no other one is asked. Where no line resets it, it has to be the only candidate on the bus.',
      meta: { runs: ['lineSequence', 'usbWatch'] },
      entry: 'announceTry',
      invoke: {
        src: 'proveApplication',
        input: rungInput,
        onDone: { target: 'trying', actions: { type: 'keepApplication', params: ({ event }) => event.output } },
        onError: { target: 'choosingNext', actions: 'addUnproven' },
      },
    },
    trying: {
      description: 'The next try begins, by the method of its rung.',
      entry: 'announceTry',
      always: [by('rc-cap'), by('lines'), by('soft-jump'), by('manual')],
    },
    'rc-cap': {
      description:
        'RTS and DTR move in a timed sequence. In its hold window only the capacitor holds BOOT0 at 1 while NRST rises; the window is measured.',
      meta: { runs: ['lineSequence'] },
      invoke: { src: 'moveLines', input: rungInput, ...afterSequence },
    },
    lines: {
      description: 'RTS and DTR move in a timed sequence: one line holds BOOT0 at 1 while the other one releases NRST.',
      meta: { runs: ['lineSequence'] },
      invoke: { src: 'moveLines', input: rungInput, ...afterSequence },
    },
    'soft-jump': {
      description: 'The running firmware is asked for its bootloader, by the `softJump` of the profile.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'askFirmware',
        input: ({ context }) => ({ rung: rungOf(context)!, application: context.application }),
        ...afterAsking,
      },
    },
    manual: {
      description: 'The person at the terminal is asked to start the ROM with the buttons or jumpers of the board.',
      invoke: { src: 'askPerson', input: rungInput, ...afterAsking },
    },
    watching: {
      description:
        'A new DFU device is waited for, up to the timeout of the profile. While a person is at work, this and the USART of the ROM come in turn.',
      meta: { runs: ['usbWatch'] },
      invoke: {
        src: 'watchForDfu',
        input: ({ context }) => ({
          rung: rungOf(context)!,
          driven: context.driven!,
          place: placeOf(context),
          shown: context.shown,
          strangers: context.strangers,
          turn: context.turn,
        }),
        onDone: [
          {
            guard: { type: 'isAtNamedPlace', params: ({ event }) => event.output },
            target: 'greeting',
            actions: { type: 'keepDevice', params: ({ event }) => event.output[0]! },
          },
          {
            guard: { type: 'isAtShownPlace', params: ({ event }) => event.output },
            target: 'settling',
            actions: { type: 'keepDevice', params: ({ event }) => event.output[0]! },
          },
          {
            guard: 'canProve',
            target: 'proving',
            actions: { type: 'keepCandidates', params: ({ event }) => event.output },
          },
          {
            guard: { type: 'canConfirm', params: ({ event }) => event.output },
            target: 'confirming',
            actions: { type: 'keepCandidates', params: ({ event }) => event.output },
          },
          {
            target: 'choosingNext',
            actions: { type: 'addUnidentified', params: ({ event }) => event.output },
          },
        ],
        onError: [
          {
            guard: { type: 'reachesSeveral', params: ({ event }) => errorOf(event) },
            target: 'choosingNext',
            actions: 'addTwinsOnTheWires',
          },
          {
            guard: { type: 'canTryUsart', params: ({ event }) => errorOf(event) },
            target: 'usart',
            actions: ['keepError', 'noteUsartCalled'],
          },
          {
            guard: { type: 'hasTurnLeft', params: ({ event }) => errorOf(event) },
            target: 'watching',
            reenter: true,
            actions: 'countTurn',
          },
          { target: 'choosingNext', actions: 'addFailure' },
        ],
      },
    },
    proving: {
      description:
        'Nothing shows whose the new DFU device is. The reset is driven once more, and this board has to leave the bus in it.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'resetAgain',
        input: ({ context }) => ({ rung: rungOf(context)!, candidates: context.candidates }),
        onDone: [
          {
            guard: { type: 'areTwins', params: ({ event }) => event.output },
            target: 'choosingNext',
            actions: { type: 'addTwins', params: ({ event }) => event.output },
          },
          {
            guard: { type: 'proofMissedWindow', params: ({ event }) => event.output },
            target: 'choosingNext',
            actions: [{ type: 'keepProof', params: ({ event }) => event.output }, 'addMissedWindow'],
          },
          {
            guard: 'startsApplication',
            target: 'trying',
            actions: { type: 'keepProof', params: ({ event }) => event.output },
          },
          { target: 'watching', actions: { type: 'keepProof', params: ({ event }) => event.output } },
        ],
        onError: { target: 'choosingNext', actions: 'addFailure' },
      },
    },
    settling: {
      description:
        'A device has come where this board stood before the reset. A second board on the same lines has time to show up, and then neither is opened.',
      invoke: {
        src: 'lookForTwin',
        input: ({ context }) => ({ device: context.device!, driven: context.driven! }),
        onDone: [
          { guard: { type: 'isStillAlone', params: ({ event }) => event.output }, target: 'greeting' },
          {
            guard: 'canProve',
            target: 'proving',
            actions: { type: 'keepCandidates', params: ({ event }) => event.output },
          },
          {
            target: 'choosingNext',
            actions: { type: 'addUnidentified', params: ({ event }) => event.output },
          },
        ],
        onError: { target: 'choosingNext', actions: 'addFailure' },
      },
    },
    confirming: {
      description:
        'A person has started the ROM by hand, and only that person knows where the board is plugged in: the question is answered by yes or no.',
      invoke: {
        src: 'confirmPlace',
        input: ({ context }) => ({ device: context.candidates[0]! }),
        onDone: [
          {
            guard: { type: 'isThisBoard', params: ({ event }) => event.output },
            target: 'greeting',
            actions: { type: 'keepDevice', params: ({ context }) => context.candidates[0]! },
          },
          { target: 'watching', actions: 'addStranger' },
        ],
        onError: { target: 'choosingNext', actions: 'addFailure' },
      },
    },
    usart: {
      description: 'No DFU device has come. The USART of the ROM is called instead, through the same adapter.',
      invoke: {
        src: 'callUsart',
        input: ({ context }) => ({ rung: rungOf(context)!, driven: context.driven! }),
        onDone: {
          target: 'entered',
          actions: [{ type: 'keepBootloader', params: ({ event }) => event.output }, 'addSuccess'],
        },
        onError: [
          {
            guard: { type: 'hasTurnLeft', params: ({ event }) => errorOf(event) },
            target: 'watching',
            actions: 'countTurn',
          },
          { target: 'choosingNext', actions: 'addUsartFailure' },
        ],
      },
    },
    greeting: {
      description: 'The DFU device is opened, its descriptors are read, and it is brought to dfuIDLE.',
      invoke: {
        src: 'greet',
        input: ({ context }) => ({ device: context.device! }),
        onDone: {
          target: 'entered',
          actions: [{ type: 'keepBootloader', params: ({ event }) => event.output }, 'addSuccess'],
        },
        onError: { target: 'choosingNext', actions: 'addFailure' },
      },
    },
    choosingNext: {
      description:
        'A try has failed. The same rung is repeated, the next rung or the next method follows, or the ladder has come to its end.',
      always: [
        { guard: 'canRepeat', target: 'trying', actions: 'repeatRung' },
        {
          guard: 'canProveForNextRung',
          target: 'provingApplication',
          actions: 'nextRung',
        },
        { guard: 'canTryNextRung', target: 'trying', actions: 'nextRung' },
        {
          guard: 'canProveForNextMethod',
          target: 'provingApplication',
          actions: 'nextMethod',
        },
        { guard: 'canTryNextMethod', target: 'trying', actions: 'nextMethod' },
        { target: 'releasing' },
      ],
    },
    releasing: {
      description: 'RTS and DTR are released.',
      invoke: { src: 'releaseLines', onDone: 'exhausted', onError: 'exhausted' },
    },
    entered: {
      description: 'A bootloader has answered. The rung that reached it is known.',
      type: 'final',
    },
    exhausted: {
      description: 'No bootloader was reached. The lines are idle, and the error says why.',
      type: 'final',
    },
  },
  output: ({ context }) => ({
    bootloader: context.bootloader,
    error: context.error,
    attempts: context.attempts,
    rung: context.bootloader ? (rungOf(context) ?? null) : null,
  }),
});
