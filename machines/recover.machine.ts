import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { FlashCondition } from './flash-condition.ts';
import { isNewlyUnread, type Unread, unreadBy } from './reading.policy.ts';
import { canUnprotect, type Protection, unprotectedBy } from './recover.policy.ts';
import type { TargetState } from './target-state.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface RecoverInput {
  /** Without work the target stays in its bootloader. */
  readonly hasWork: boolean;
  /** The person has agreed that readout protection is removed, which erases the whole flash. */
  readonly unprotect: boolean;
  /** What follows the work: the new application (without it), the one that was there, or nothing. */
  readonly after?: 'prove' | 'restore' | 'stay' | undefined;
}

export interface RecoverOutput {
  readonly error: BootctlError | null;
  readonly flash: FlashCondition;
  readonly application: 'seen' | 'not-seen' | 'not-checked';
  readonly target: TargetState;
}

interface Context extends RecoverInput, RecoverOutput {
  /** What has been removed. */
  readonly unprotected: readonly Protection[];
  /** What the flash was before the last protection was to be lifted. */
  readonly before: FlashCondition;
  readonly reentries: number;
  readonly unread: Unread;
  /** Why the target had to be entered again; the news where that fails as well. */
  readonly loss: BootctlError | null;
}

export type RecoverEvent =
  | { readonly type: 'operator.aborted' }
  | { readonly type: 'flash.changed'; readonly condition: FlashCondition };

const recover = setup({
  types: { input: {} as RecoverInput, context: {} as Context, output: {} as RecoverOutput, meta: {} as StateMeta },
  actors: {
    openAdapter: unprovided<void, void>('openAdapter'),
    enterBootloader: unprovided<void, void>('enterBootloader'),
    doWork: unprovided<void, { unread: Unread }>('doWork'),
    unprotect: unprovided<void, { protection: Protection }>('unprotect'),
    leaveAndProve: unprovided<'seen' | 'not-checked', void>('leaveAndProve'),
    /** Null where it could do nothing, or had nothing to do. */
    bringBack: unprovided<TargetState | null, { error: BootctlError | null }>('bringBack'),
    releaseLines: unprovided<void, void>('releaseLines'),
  },
  guards: {
    hasWork: ({ context }) => context.hasWork,
    canUnprotect: ({ context }, error: BootctlError) => context.unprotect && canUnprotect(context, error),
    /** A target that is lost in the midst of the work, or stuck, is brought back, twice at most, and the work goes on. */
    canReenter: ({ context }, error: BootctlError) => error.row.reentry === true && context.reentries < 2,
    /** A read has ended the ROM: it is entered again as often as each time another sector is found that does so. */
    isUnread: ({ context }, error: BootctlError) => isNewlyUnread(context.unread, error),
    isRefused: (_, { code }: BootctlError) => code === 'unprotect-refused',
    wants: ({ context }, after: NonNullable<RecoverInput['after']>) => context.after === after,
    isFlashTouched: ({ context: { flash, after } }) =>
      flash !== 'untouched' && !(after === 'restore' && flash === 'verified'),
  },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepLossOrError: assign({
      error: ({ context, event }) => (outranksLoss(errorOf(event)) ? errorOf(event) : (context.loss ?? errorOf(event))),
    }),
    keepAbort: assign({ error: aborted }),
    keepCondition: assign({ flash: (_, condition: FlashCondition) => condition }),
    targetIs: assign({ target: (_, target: TargetState) => target }),
    /** Null: what was known before still holds. */
    targetIsIfKnown: assign({ target: ({ context }, target: TargetState | null) => target ?? context.target }),
    targetUnknownIfMoved: assign({
      target: ({ event }) => (errorOf(event).row.hasMoved ? 'unknown' : 'untouched'),
    }),
    targetUnknownIfLost: assign({
      target: ({ context, event }) => (isOutOfSight(errorOf(event)) ? 'unknown' : context.target),
    }),
    noteUnprotect: assign(({ context, event }) => ({
      ...unprotectedBy(context, errorOf(event)),
      before: context.flash,
    })),
    conditionAsBefore: assign({ flash: ({ context }) => context.before }),
    addUnread: assign({ unread: ({ context, event }) => unreadBy(context.unread, errorOf(event)) }),
    countReentry: assign({ reentries: ({ context }) => context.reentries + 1 }),
    keepLoss: assign({ loss: ({ event }) => errorOf(event) }),
    applicationIs: assign({ application: (_, application: RecoverOutput['application']) => application }),
  },
});

/** What has come is another board, or the adapter has gone, which resets a board whose lines it fed: not the target's doing. */
const outranksLoss = ({ code }: BootctlError): boolean => code === 'target-unexpected' || code === 'adapter-lost';

/** The state of the target is unknown: it was lost, or an adapter without power may hold it in reset. */
const isOutOfSight = ({ row }: BootctlError): boolean => row.reentry === true || row.hasMoved === true;
const isNow = (target: TargetState) => ({ type: 'targetIs', params: target }) as const;
const abortedTo = (target: string) => ({ 'operator.aborted': { target, actions: 'keepAbort' } }) as const;

/** One job: adapter, bootloader, work, application; whatever happens, the lines end idle. */
export const recoverMachine = recover.createMachine({
  id: 'recover',
  description:
    'The whole job: opens the adapter, enters the bootloader, does the work, leaves, and proves that the application runs. Whatever happens, the lines end idle.',
  context: ({ input }) => ({
    ...input,
    error: null,
    unprotected: [],
    before: 'untouched',
    reentries: 0,
    unread: [],
    loss: null,
    flash: 'untouched',
    application: 'not-checked',
    target: 'untouched',
  }),
  initial: 'opening',
  on: { 'flash.changed': { actions: { type: 'keepCondition', params: ({ event }) => event.condition } } },
  states: {
    opening: {
      description:
        'The adapter is opened where the job needs it from the start: not for a board that is in its bootloader at the named place. Opening it may already have moved RTS and DTR.',
      // Opening may have moved the lines, and the board be in its ROM.
      on: abortedTo('restoring'),
      invoke: {
        src: 'openAdapter',
        onDone: 'entering',
        onError: {
          target: 'releasing',
          actions: ['keepError', 'targetUnknownIfMoved'],
        },
      },
    },
    entering: {
      description: 'The target is brought into its bootloader, and the bootloader answers.',
      meta: { runs: ['bootEntry'] },
      entry: isNow('unknown'),
      on: abortedTo('restoring'),
      invoke: {
        src: 'enterBootloader',
        onDone: [
          { guard: 'hasWork', target: 'working', actions: isNow('bootloader') },
          { target: 'releasing', actions: isNow('bootloader') },
        ],
        onError: { target: 'restoring', actions: 'keepLossOrError' },
      },
    },
    working: {
      description:
        'The work of the command is done on the target: an image is flashed, or its memory is read, verified, erased or written. A target that is lost here is entered again.',
      meta: { runs: ['flash', 'verify'] },
      on: abortedTo('restoring'),
      invoke: {
        src: 'doWork',
        input: ({ context: { unread } }) => ({ unread }),
        onDone: [
          { guard: { type: 'wants', params: 'restore' }, target: 'restoring' },
          { guard: { type: 'wants', params: 'stay' }, target: 'releasing' },
          { target: 'leaving' },
        ],
        onError: [
          {
            guard: { type: 'canUnprotect', params: ({ event }) => errorOf(event) },
            target: 'unprotecting',
            actions: 'noteUnprotect',
          },
          {
            guard: { type: 'isUnread', params: ({ event }) => errorOf(event) },
            target: 'entering',
            actions: ['addUnread', 'keepLoss'],
          },
          {
            guard: { type: 'canReenter', params: ({ event }) => errorOf(event) },
            target: 'entering',
            actions: ['countReentry', 'keepLoss'],
          },
          {
            target: 'restoring',
            actions: ['keepError', 'targetUnknownIfLost'],
          },
        ],
      },
    },
    unprotecting: {
      description:
        'The ROM is asked to lift a protection, which resets the target. Then the bootloader is entered again.',
      entry: isNow('unknown'),
      on: abortedTo('releasing'),
      invoke: {
        src: 'unprotect',
        input: ({ context }) => ({ protection: context.unprotected.at(-1)! }),
        onDone: 'entering',
        onError: [
          {
            guard: { type: 'isRefused', params: ({ event }) => errorOf(event) },
            target: 'restoring',
            actions: ['keepError', 'conditionAsBefore'],
          },
          { target: 'releasing', actions: 'keepError' },
        ],
      },
    },
    leaving: {
      description: 'The bootloader is left, and the application is watched for.',
      meta: { runs: ['leave'] },
      entry: isNow('unknown'),
      on: abortedTo('releasing'),
      invoke: {
        src: 'leaveAndProve',
        onDone: {
          target: 'releasing',
          actions: [{ type: 'applicationIs', params: ({ event }) => event.output }, isNow('application')],
        },
        onError: { target: 'releasing', actions: ['keepError', { type: 'applicationIs', params: 'not-seen' }] },
      },
    },
    restoring: {
      description:
        'The job ends without a new application. A target whose flash is untouched is reset back into what it was running.',
      meta: { runs: ['restore'] },
      always: { guard: 'isFlashTouched', target: 'releasing' },
      invoke: {
        src: 'bringBack',
        input: ({ context }) => ({ error: context.error }),
        onDone: {
          target: 'releasing',
          actions: { type: 'targetIsIfKnown', params: ({ event }) => event.output },
        },
        onError: 'releasing',
      },
    },
    releasing: {
      description: 'RTS and DTR are released, so that the board is not held in reset.',
      invoke: { src: 'releaseLines', onDone: 'done', onError: 'done' },
    },
    done: {
      description: 'The lines are idle and the result is known.',
      type: 'final',
    },
  },
  output: ({ context: { error, flash, application, target } }) => ({ error, flash, application, target }),
});
