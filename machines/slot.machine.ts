import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import { type Arrival, missingOf, nothingYet, type StartBy } from './slot.policy.ts';
import { reasonOf, type StationReason } from './station-reason.ts';
import { errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface SlotInput {
  readonly on: readonly StartBy[];
  /** A unit that comes or leaves has to stay so for as long. */
  readonly settle: Milliseconds;
  /** The unit is known by the id of its chip, which is read before the run is claimed. */
  readonly identifies: boolean;
}

/** How a run ended; `fail` is the unit's, `error` the station's. */
export type RunOutcome = 'pass' | 'fail' | 'error' | 'aborted';

/** The verdict of the slot's last run, or of a unit that was refused before it. */
export interface Judged {
  readonly outcome: RunOutcome;
  /** Undefined after a pass. */
  readonly error: BootctlError | undefined;
}

/** What the run of a slot works on. */
export interface SlotRun {
  readonly run: string;
  /** Why the job has no result; null where it has one. */
  readonly error: BootctlError | null;
  readonly isAborted: boolean;
}

export interface SlotContext extends SlotInput, Arrival {
  /** Its row is on the disk. */
  readonly run: string | undefined;
  /** What was scanned for it. */
  readonly runLabel: string | undefined;
  readonly error: BootctlError | null;
  readonly isAborted: boolean;
  /** The job has begun, and waits in the bootloader for the row of its run. */
  readonly isWaiting: boolean;
  readonly judged: Judged | undefined;
  /** The verdict is not on the disk yet. */
  readonly isUnrecorded: boolean;
  readonly heldBy: StationReason | undefined;
}

export type SlotEvent =
  | { readonly type: 'unit.appeared' }
  | { readonly type: 'unit.left' }
  | { readonly type: 'unit.scanned'; readonly label: string }
  | { readonly type: 'button.pressed' }
  | { readonly type: 'again.requested' }
  | { readonly type: 'turn.given' }
  | { readonly type: 'operator.aborted' }
  | { readonly type: 'slot.held'; readonly why: StationReason }
  | { readonly type: 'slot.cleared' };

/** Nobody swaps two units faster. Longer, and a person who does would have to insert the next one twice. */
const lateStart: Milliseconds = 2_000;

const slot = setup({
  types: { input: {} as SlotInput, context: {} as SlotContext, events: {} as SlotEvent, meta: {} as StateMeta },
  actors: {
    identifyUnit: unprovided<{ readonly isWaiting: boolean }, undefined>('identifyUnit'),
    claimUnit: unprovided<{ readonly run: string }, Pick<Arrival, 'label' | 'again'>>('claimUnit'),
    runJob: unprovided<void, { readonly run: string }>('runJob'),
    judgeRun: unprovided<Judged, SlotRun>('judgeRun'),
    recordRun: unprovided<void, { readonly run: string; readonly judged: Judged }>('recordRun'),
  },
  delays: { settle: ({ context }) => context.settle, lateStart },
  guards: {
    needsNoUnit: ({ context: { on } }) => !on.includes('insert'),
    needsUnit: ({ context: { on } }) => on.includes('insert'),
    isComplete: ({ context }) => missingOf(context.on, context).length === 0,
    isOut: ({ context }) => !context.isPresent,
    isHeld: ({ context }) => context.heldBy !== undefined,
    isIdentified: ({ context }) => context.identifies && missingOf(context.on, context).length === 0,
    /** A job that waits has to hear of it, whatever it is. */
    isOver: ({ context: { isWaiting, isAborted, identifies } }) => !isWaiting && (isAborted || identifies),
    isUnrecorded: ({ context }) => context.isUnrecorded,
    isUnwritable: ({ event }) => errorOf(event).code === 'records-unwritable',
    isUngranted: ({ event }) => errorOf(event).code === 'grant-used-up',
    isUngrantedAndOut: ({ context, event }) =>
      errorOf(event).code === 'grant-used-up' && context.on.includes('insert') && !context.isPresent,
    isJudged: ({ context }) => context.judged !== undefined,
    hasRun: ({ context }) => context.run !== undefined,
  },
  actions: {
    noteAppeared: assign({ isPresent: true }),
    noteLeft: assign({ isPresent: false }),
    keepLabel: assign({ label: (_, label: string) => label }),
    notePressed: assign({ isPressed: true }),
    noteAbort: assign({ isAborted: true }),
    noteWaiting: assign({ isWaiting: (_, isWaiting: boolean) => isWaiting }),
    forgetArrival: assign(nothingYet),
    forgetRun: assign({ run: undefined, error: null, isAborted: false, isWaiting: false, judged: undefined }),
    keepAgain: assign(({ context }) => ({ ...nothingYet, again: context.run, label: context.runLabel })),
    keepRunLabel: assign({ runLabel: ({ context }) => context.label }),
    keepRun: assign({ run: (_, run: string) => run }),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepRefusal: assign({
      judged: ({ event }): Judged => ({ outcome: 'error', error: errorOf(event) }),
      run: undefined,
    }),
    keepJudged: assign({ judged: (_, judged: Judged) => judged, isUnrecorded: true }),
    noteRecorded: assign({ isUnrecorded: false }),
    hold: assign({ heldBy: (_, why: StationReason) => why }),
    holdByError: assign({ heldBy: ({ event }) => reasonOf(errorOf(event)) }),
    clear: assign({ heldBy: undefined }),
  },
});

const keepLabel = { type: 'keepLabel', params: ({ event }: { event: { label: string } }) => event.label } as const;
const hold = { type: 'hold', params: ({ event }: { event: { why: StationReason } }) => event.why } as const;
/** A free slot is held at once. */
const holdAtOnce = { 'slot.held': { target: 'held', actions: hold } } as const;
const startsByHand = {
  'unit.scanned': { actions: keepLabel },
  'button.pressed': { actions: 'notePressed' },
} as const;

/** Also while its unit is on the way out. */
const afterRun = {
  ...holdAtOnce,
  'again.requested': { guard: 'hasRun', target: 'waiting', actions: 'keepAgain' },
} as const;
const nextByHand = {
  'unit.scanned': { target: 'absent', actions: keepLabel },
  'button.pressed': { target: 'absent', actions: 'notePressed' },
} as const;

/** One slot of a station: from the coming of a unit to its verdict, again and again. It has no end. */
export const slotMachine = slot.createMachine({
  id: 'slot',
  description:
    'One slot of a station: from the coming of a unit to its verdict, again and again. The run has its row before anything moves, and its verdict is shown once it is on the disk.',
  context: ({ input }) => ({
    ...input,
    ...nothingYet,
    isPresent: false,
    run: undefined,
    runLabel: undefined,
    error: null,
    isAborted: false,
    isWaiting: false,
    judged: undefined,
    isUnrecorded: false,
    heldBy: undefined,
  }),
  initial: 'absent',
  on: {
    'unit.appeared': { actions: 'noteAppeared' },
    'unit.left': { actions: 'noteLeft' },
    'slot.held': { actions: hold },
    'slot.cleared': { actions: 'clear' },
  },
  states: {
    absent: {
      description: 'No unit is in the slot, as far as the bus shows. A label may be scanned already.',
      entry: 'forgetRun',
      always: { guard: 'needsNoUnit', target: 'waiting' },
      on: { ...holdAtOnce, ...startsByHand, 'unit.appeared': { target: 'settling', actions: 'noteAppeared' } },
    },
    settling: {
      description: 'A unit has appeared and has to stay: contacts bounce.',
      on: { ...holdAtOnce, ...startsByHand, 'unit.left': { target: 'absent', actions: 'noteLeft' } },
      after: { settle: 'waiting' },
    },
    waiting: {
      description: 'The slot waits for what else it begins by, and then for its turn.',
      on: {
        ...holdAtOnce,
        ...startsByHand,
        'unit.left': [
          { guard: 'needsUnit', target: 'absent', actions: ['noteLeft', 'forgetArrival'] },
          { actions: 'noteLeft' },
        ],
        'turn.given': [
          { guard: 'isIdentified', target: 'identifying', actions: ['forgetRun', 'keepRunLabel'] },
          { guard: 'isComplete', target: 'claiming', actions: ['forgetRun', 'keepRunLabel'] },
        ],
      },
    },
    identifying: {
      description:
        'A unit that is known by its chip: the job begins, reads the id in the bootloader and waits there, with nothing written. What ends it before is the end of its run.',
      meta: { runs: ['recover'] },
      on: { 'operator.aborted': { actions: 'noteAbort' } },
      invoke: {
        src: 'identifyUnit',
        onDone: {
          target: 'claiming',
          actions: { type: 'noteWaiting', params: ({ event }) => event.output.isWaiting },
        },
        onError: { target: 'claiming', actions: 'keepError' },
      },
    },
    claiming: {
      description:
        'The gate is asked, and the row of the run with its number goes to the disk, before anything moves, or is written where the chip had to be read. An abort is noted: the row needs its end.',
      on: { 'operator.aborted': { actions: 'noteAbort' } },
      invoke: {
        src: 'claimUnit',
        input: ({ context: { label, again } }) => ({ label, again }),
        onDone: [
          {
            guard: 'isOver',
            target: 'judging',
            actions: { type: 'keepRun', params: ({ event }) => event.output.run },
          },
          { target: 'running', actions: { type: 'keepRun', params: ({ event }) => event.output.run } },
        ],
        onError: [
          { guard: 'isUnwritable', target: 'held', actions: 'holdByError' },
          { guard: 'isUngrantedAndOut', target: 'absent', actions: 'forgetArrival' },
          { guard: 'isUngranted', target: 'waiting' },
          { target: 'verdict', actions: 'keepRefusal' },
        ],
      },
    },
    running: {
      description:
        'The process of the slot does the job with its steps. An abort is told to it, and its answer awaited: the lines end idle.',
      meta: { runs: ['recover'] },
      on: { 'operator.aborted': { actions: 'noteAbort' } },
      invoke: {
        src: 'runJob',
        input: ({ context }) => ({ run: context.run! }),
        onDone: 'judging',
        onError: { target: 'judging', actions: 'keepError' },
      },
    },
    judging: {
      description: 'What was measured is compared with its limits.',
      invoke: {
        src: 'judgeRun',
        input: ({ context: { run, error, isAborted } }) => ({ run: run!, error, isAborted }),
        onDone: { target: 'recording', actions: { type: 'keepJudged', params: ({ event }) => event.output } },
      },
    },
    recording: {
      description: 'The end of the run goes to the disk. Until then no verdict is shown.',
      invoke: {
        src: 'recordRun',
        input: ({ context: { run, judged } }) => ({ run: run!, judged: judged! }),
        onDone: { target: 'verdict', actions: 'noteRecorded' },
        onError: { target: 'held', actions: 'holdByError' },
      },
    },
    verdict: {
      description: 'The verdict is shown, and the unit of the run has to leave the slot; or a person has it run again.',
      entry: 'forgetArrival',
      always: [
        { guard: 'isHeld', target: 'held' },
        { guard: 'isOut', target: 'unseen' },
      ],
      on: { ...afterRun, 'unit.left': { target: 'leaving', actions: 'noteLeft' } },
    },
    leaving: {
      description: 'The unit is off the bus. An application that starts again comes back at once, and was never out.',
      on: { ...afterRun, ...startsByHand, 'unit.appeared': { target: 'verdict', actions: 'noteAppeared' } },
      after: { settle: 'absent' },
    },
    unseen: {
      description:
        'The verdict is shown, and the bus does not show its unit. What appears at once is this unit, whose application starts late.',
      on: { ...afterRun, ...nextByHand, 'unit.appeared': { target: 'verdict', actions: 'noteAppeared' } },
      after: { lateStart: 'gone' },
    },
    gone: {
      description:
        'The verdict is shown, and the bus has not shown its unit for a while: what appears now is the next one.',
      on: {
        ...afterRun,
        ...nextByHand,
        'unit.appeared': { target: 'settling', actions: ['noteAppeared', 'forgetRun'] },
      },
    },
    held: {
      description: 'A person or the station has stopped the slot. A verdict that could not be written is tried again.',
      on: {
        'slot.cleared': [
          { guard: 'isUnrecorded', target: 'recording', actions: 'clear' },
          { guard: 'isOut', target: 'absent', actions: ['clear', 'forgetArrival'] },
          { guard: 'isJudged', target: 'verdict', actions: 'clear' },
          { target: 'settling', actions: ['clear', 'forgetArrival'] },
        ],
      },
    },
  },
});
