import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/errors.ts';
import type { FlashCondition, TargetState } from '../src/ops/events.ts';
import { isNewlyUnread, type Unread, unreadBy } from './reading.policy.ts';
import { canUnprotect, type Protection, unprotectedBy } from './recover.policy.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

export interface RecoverInput {
  /** Without an image the target stays in its bootloader. */
  readonly hasImage: boolean;
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
  types: { input: {} as RecoverInput, context: {} as Context, output: {} as RecoverOutput },
  actors: {
    openAdapter: unprovided<void, void>('openAdapter'),
    enterBootloader: unprovided<void, void>('enterBootloader'),
    flashTarget: unprovided<void, { unread: Unread }>('flashTarget'),
    unprotect: unprovided<void, { protection: Protection }>('unprotect'),
    leaveAndProve: unprovided<'seen' | 'not-checked', void>('leaveAndProve'),
    /** Null where it could do nothing, or had nothing to do. */
    bringBack: unprovided<TargetState | null, { error: BootctlError | null }>('bringBack'),
    releaseLines: unprovided<void, void>('releaseLines'),
  },
  guards: {
    hasImage: ({ context }) => context.hasImage,
    canUnprotect: ({ context }, error: BootctlError) => context.unprotect && canUnprotect(context, error),
    /** A target that is lost in the midst of the work, or stuck, is brought back, twice at most, and the work goes on. */
    canReenter: ({ context }, error: BootctlError) => resettable.has(error.code) && context.reentries < 2,
    /** A read has ended the ROM: it is entered again as often as each time another sector is found that does so. */
    isUnread: ({ context }, error: BootctlError) => isNewlyUnread(context.unread, error),
    isRefused: (_, { code }: BootctlError) => code === 'unprotect-refused',
    after: ({ context }, wanted: NonNullable<RecoverInput['after']>) => context.after === wanted,
    isFlashTouched: ({ context: { flash, after } }) =>
      flash !== 'untouched' && !(after === 'restore' && flash === 'verified'),
  },
});

/** What a reset of the target may end. */
const resettable: ReadonlySet<string> = new Set(['target-lost', 'usb-timeout', 'usb-stall', 'dfu-state']);

/** What fails with these has moved the lines already, or may have. */
const afterMoving: ReadonlySet<string> = new Set(['adapter-lost', 'adapter-failed']);
const isNow = (target: TargetState) => recover.assign({ target });

const keepError = recover.assign({ error: ({ event }) => errorOf(event) });
/** That another board has come instead is news beside the loss. */
const keepLossOrError = recover.assign({
  error: ({ context, event }) =>
    errorOf(event).code === 'target-unexpected' ? errorOf(event) : (context.loss ?? errorOf(event)),
});
const keepAbort = recover.assign({ error: aborted });
const abortedTo = (target: string) => ({ 'operator.aborted': { target, actions: keepAbort } });

/** The main job: adapter, bootloader, flash, application; whatever happens, the lines end idle. */
export const recoverMachine = recover.createMachine({
  id: 'recover',
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
  on: { 'flash.changed': { actions: recover.assign({ flash: ({ event }) => event.condition }) } },
  states: {
    opening: {
      // Opening may have moved the lines, and the board be in its ROM.
      on: abortedTo('restoring'),
      invoke: {
        src: 'openAdapter',
        onDone: 'entering',
        onError: {
          target: 'releasing',
          actions: [
            keepError,
            recover.assign({ target: ({ event }) => (afterMoving.has(errorOf(event).code) ? 'unknown' : 'untouched') }),
          ],
        },
      },
    },
    entering: {
      entry: isNow('unknown'),
      on: abortedTo('restoring'),
      invoke: {
        src: 'enterBootloader',
        onDone: [
          { guard: 'hasImage', target: 'flashing', actions: isNow('bootloader') },
          { target: 'releasing', actions: isNow('bootloader') },
        ],
        onError: { target: 'restoring', actions: keepLossOrError },
      },
    },
    flashing: {
      on: abortedTo('restoring'),
      invoke: {
        src: 'flashTarget',
        input: ({ context: { unread } }) => ({ unread }),
        onDone: [
          { guard: { type: 'after', params: 'restore' }, target: 'restoring' },
          { guard: { type: 'after', params: 'stay' }, target: 'releasing' },
          { target: 'leaving' },
        ],
        onError: [
          {
            guard: { type: 'canUnprotect', params: ({ event }) => errorOf(event) },
            target: 'unprotecting',
            actions: recover.assign(({ context, event }) => ({
              ...unprotectedBy(context, errorOf(event)),
              before: context.flash,
            })),
          },
          {
            guard: { type: 'isUnread', params: ({ event }) => errorOf(event) },
            target: 'entering',
            actions: recover.assign({
              unread: ({ context, event }) => unreadBy(context.unread, errorOf(event)),
              loss: ({ event }) => errorOf(event),
            }),
          },
          {
            guard: { type: 'canReenter', params: ({ event }) => errorOf(event) },
            target: 'entering',
            actions: recover.assign({
              reentries: ({ context }) => context.reentries + 1,
              loss: ({ event }) => errorOf(event),
            }),
          },
          {
            target: 'restoring',
            actions: [
              keepError,
              recover.assign({
                target: ({ context, event }) => (resettable.has(errorOf(event).code) ? 'unknown' : context.target),
              }),
            ],
          },
        ],
      },
    },
    /** The target then resets, and is entered anew. */
    unprotecting: {
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
            actions: [keepError, recover.assign({ flash: ({ context }) => context.before })],
          },
          { target: 'releasing', actions: keepError },
        ],
      },
    },
    leaving: {
      entry: isNow('unknown'),
      on: abortedTo('releasing'),
      invoke: {
        src: 'leaveAndProve',
        onDone: {
          target: 'releasing',
          actions: assign({ application: ({ event }) => event.output, target: 'application' }),
        },
        onError: { target: 'releasing', actions: [keepError, recover.assign({ application: 'not-seen' })] },
      },
    },
    /** A target whose flash nobody touched goes back to what it was running. */
    restoring: {
      always: { guard: 'isFlashTouched', target: 'releasing' },
      invoke: {
        src: 'bringBack',
        input: ({ context }) => ({ error: context.error }),
        onDone: {
          target: 'releasing',
          actions: assign({ target: ({ context, event }) => event.output ?? context.target }),
        },
        onError: 'releasing',
      },
    },
    releasing: { invoke: { src: 'releaseLines', onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
  output: ({ context: { error, flash, application, target } }) => ({ error, flash, application, target }),
});
