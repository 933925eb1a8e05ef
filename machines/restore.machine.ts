import { assign, setup } from 'xstate';
import type { TargetState } from './target-state.ts';
import { type StateMeta, unprovided } from './unprovided.ts';

export interface RestoreInput {
  /** A line of the adapter moves NRST. */
  readonly canReset: boolean;
  /** A bootloader of this board is open, this job has entered it, and it may be told to leave. */
  readonly mayLeave: boolean;
  /** The application that was the last to be asked still is what it was. */
  readonly isStillThere: boolean;
  /** The running application has been asked for its bootloader. */
  readonly wasAsked: boolean;
  /** A bootloader has answered in this job. */
  readonly wasEntered: boolean;
}

/** What was found out at the end, where nothing has brought the application back. */
export interface Surroundings {
  /** The lines of the adapter have moved. */
  readonly hasMoved: boolean;
  /** The DFU device of this job is no longer on the bus: it has reset itself, as after option bytes. */
  readonly isGone: boolean;
}

export interface RestoreOutput {
  /** Null where nothing could be done, or nothing had to be: a bootloader that was there before the job stays. */
  readonly target: TargetState | null;
}

interface Context extends RestoreInput, RestoreOutput {
  readonly isOpen: boolean;
}

const restore = setup({
  types: { input: {} as RestoreInput, context: {} as Context, output: {} as RestoreOutput, meta: {} as StateMeta },
  actors: {
    /** Waits for an opening that is under way; resolves with whether the adapter is open. */
    settleAdapter: unprovided<boolean, void>('settleAdapter'),
    /** Opens the adapter where it is not; resolves with whether something has shown that the reset reached the board. */
    resetByLines: unprovided<boolean, void>('resetByLines'),
    /** Resolves with whether the bootloader was seen to leave. */
    leaveBootloader: unprovided<boolean, void>('leaveBootloader'),
    lookAround: unprovided<Surroundings, void>('lookAround'),
  },
  guards: {
    hasWorked: (_, hasWorked: boolean) => hasWorked,
    canResetNow: ({ context }, isOpen: boolean) => isOpen && context.canReset,
    mayLeave: ({ context }) => context.mayLeave,
    isStillThere: ({ context }) => context.isStillThere,
    canOpenForReset: ({ context }) => context.wasAsked && !context.isOpen && context.canReset,
    isUntouched: ({ context: { wasAsked, wasEntered } }, { hasMoved }: Surroundings) =>
      !wasAsked && !wasEntered && !hasMoved,
    isUnknown: ({ context }, { hasMoved, isGone }: Surroundings) => isGone || (hasMoved && context.canReset),
  },
  actions: {
    noteOpen: assign({ isOpen: (_, isOpen: boolean) => isOpen }),
    targetIs: assign({ target: (_, target: TargetState) => target }),
  },
});

const outputOf = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const isNow = (target: TargetState) => ({ type: 'targetIs', params: target }) as const;
const worked = {
  guard: { type: 'hasWorked', params: outputOf<boolean> },
  target: 'restored',
  actions: isNow('application'),
} as const;
const orStillThere = { guard: 'isStillThere', target: 'restored', actions: isNow('application') } as const;
const orLooks = { target: 'lookingAround' } as const;
const orOpens = { guard: 'canOpenForReset', target: 'resettingAnew' } as const;
const noteOpen = { type: 'noteOpen', params: outputOf<boolean> } as const;
const orLeaves = { guard: 'mayLeave', target: 'leavingBootloader' } as const;

/** Starts the application of a target whose flash is untouched, by the first way that works. */
export const restoreMachine = restore.createMachine({
  id: 'restore',
  description:
    'Starts the application of a target whose flash is untouched: by a reset where the adapter is open, else by the bootloader, else by an adapter that was not needed before. The output says what the target runs then.',
  context: ({ input }) => ({ ...input, isOpen: false, target: null }),
  initial: 'settling',
  states: {
    settling: {
      description: 'An opening of the adapter that is under way is waited for.',
      invoke: {
        src: 'settleAdapter',
        onDone: [
          { guard: { type: 'canResetNow', params: outputOf<boolean> }, target: 'resetting', actions: noteOpen },
          { target: 'withoutReset', actions: noteOpen },
        ],
        onError: 'withoutReset',
      },
    },
    withoutReset: {
      description: 'No reset was made, or nothing has shown that it reached the board.',
      always: [orLeaves, orStillThere, orOpens, orLooks],
    },
    resetting: {
      description: 'NRST is pulsed with BOOT0 low. The reset counts where something shows that it reached the board.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'resetByLines',
        onDone: [worked, { target: 'withoutReset' }],
        onError: 'withoutReset',
      },
    },
    leavingBootloader: {
      description: 'The bootloader that this job has entered is told to leave, and has to be gone from the bus.',
      invoke: {
        src: 'leaveBootloader',
        onDone: [worked, orStillThere, orOpens, orLooks],
        onError: [orStillThere, orOpens, orLooks],
      },
    },
    resettingAnew: {
      description:
        'The application was asked for its bootloader, and the adapter was not needed for that. Now it is opened, and NRST pulsed with BOOT0 low.',
      meta: { runs: ['lineSequence'] },
      invoke: { src: 'resetByLines', onDone: [worked, orLooks], onError: orLooks },
    },
    lookingAround: {
      description: 'Nothing has brought the application back. What can still be said of the target is found out.',
      invoke: {
        src: 'lookAround',
        onDone: [
          {
            guard: { type: 'isUntouched', params: outputOf<Surroundings> },
            target: 'notRestored',
            actions: isNow('untouched'),
          },
          {
            guard: { type: 'isUnknown', params: outputOf<Surroundings> },
            target: 'notRestored',
            actions: isNow('unknown'),
          },
          { target: 'notRestored' },
        ],
        onError: 'notRestored',
      },
    },
    restored: { description: 'The application runs again, or has never stopped.', type: 'final' },
    notRestored: { description: 'The target is where the job left it.', type: 'final' },
  },
  output: ({ context: { target } }) => ({ target }),
});
