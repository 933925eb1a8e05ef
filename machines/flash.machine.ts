import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import { hasChangedNothing } from './erasing.policy.ts';
import type { FlashCondition } from './flash-condition.ts';
import { isNewlyRefused, type Unread, unreadBy } from './reading.policy.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface FlashInput {
  readonly verify: boolean;
  /** What an earlier part of the same job has made of the flash; `untouched` without it. */
  readonly condition?: FlashCondition | undefined;
  /** Sectors that an earlier part of the same job could not read. */
  readonly unread?: Unread | undefined;
}

export interface FlashOutput {
  readonly condition: FlashCondition;
  readonly error: BootctlError | null;
}

/** What the comparison found: nothing to do, blank flash to fill, or something else in the way. */
export type Comparison = 'holds' | 'fill' | 'erase';

/** Whether everything has been programmed, or more waits until this has been read back. */
export type Programmed = 'all' | 'more';

interface Context extends FlashOutput {
  readonly verify: boolean;
  /** What the flash was before this machine touched it. */
  readonly before: FlashCondition;
  readonly unread: Unread;
  /** The single retry has been used. */
  readonly isSecondTry: boolean;
}

/** What an effect has to know of the try that it belongs to: in the second one it takes nothing for granted. */
export type OfTry = Pick<Context, 'isSecondTry'>;
const ofTry = ({ context: { isSecondTry } }: { context: Context }): OfTry => ({ isSecondTry });

const flash = setup({
  types: { input: {} as FlashInput, context: {} as Context, output: {} as FlashOutput, meta: {} as StateMeta },
  actors: {
    /** Most readout-protected targets refuse this, before anything is erased; it does not read the flash. */
    probe: unprovided<void, void>('probe'),
    compare: unprovided<Comparison, OfTry & { unread: Unread }>('compare'),
    erase: unprovided<void, OfTry>('erase'),
    program: unprovided<Programmed, void>('program'),
    verify: unprovided<void, OfTry>('verify'),
    /** Brings the bootloader back to where it takes commands, and makes it wary. */
    calm: unprovided<void, void>('calm'),
  },
  guards: {
    wantsVerify: ({ context }) => context.verify,
    isPart: (_, programmed: Programmed) => programmed === 'more',
    isWritten: ({ context }) => context.condition === 'written, not verified',
    isHeld: (_, comparison: Comparison) => comparison === 'holds',
    isBlank: (_, comparison: Comparison) => comparison === 'fill',
    isRefusedRead: ({ context }, error: BootctlError) => context.isSecondTry && isNewlyRefused(context.unread, error),
    hasChangedNothing: (_, error: BootctlError) => hasChangedNothing(error),
    isMismatch: (_, { code }: BootctlError) => code === 'verify-mismatch',
    /** A wrong guess at how the ROM wants to be asked fails so; a bad flash as well, and then it comes again. */
    canTryAgain: ({ context }, { row }: BootctlError) => !context.isSecondTry && row.secondTry === true,
  },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    /** The state of the flash, as far as it is known from now on. */
    conditionBecomes: assign({ condition: (_, condition: FlashCondition) => condition }),
    /** The first erase was refused: the flash is as it was before. */
    conditionAsBefore: assign({ condition: ({ context }) => context.before }),
    startErase: assign({
      condition: ({ context: { condition } }) => (condition === 'untouched' ? 'erased in part' : condition),
    }),
    addUnread: assign({ unread: ({ context, event }) => unreadBy(context.unread, errorOf(event)) }),
    startSecondTry: assign({
      isSecondTry: true,
      condition: ({ context: { condition } }) =>
        condition === 'written, not verified' ? 'written in part' : condition,
    }),
  },
});

const failureOf = ({ event }: { event: object }): BootctlError => errorOf(event);
const becomes = (condition: FlashCondition) => ({ type: 'conditionBecomes', params: condition }) as const;

const again = { guard: { type: 'canTryAgain', params: failureOf }, target: 'calming' } as const;
/** More patience has not helped: what cannot be read is erased unread. */
const erasesUnread = {
  guard: { type: 'isRefusedRead', params: failureOf },
  target: 'calming',
  actions: 'addUnread',
} as const;
const nothingErased = {
  guard: { type: 'hasChangedNothing', params: failureOf },
  target: 'failed',
  actions: ['keepError', 'conditionAsBefore'],
} as const;
const fails = { target: 'failed', actions: 'keepError' } as const;
const differs = {
  guard: { type: 'isMismatch', params: failureOf },
  target: 'failed',
  actions: ['keepError', becomes('differs')],
} as const;

/** Compare, erase, program, verify; `condition` says at every moment what is known of the flash. */
export const flashMachine = flash.createMachine({
  id: 'flash',
  description:
    'Brings an image into the flash: compares, erases, programs and reads back. `condition` always says what is known of the flash.',
  context: ({ input }) => ({
    ...input,
    condition: input.condition ?? 'untouched',
    before: input.condition ?? 'untouched',
    unread: input.unread ?? [],
    error: null,
    isSecondTry: false,
  }),
  initial: 'probing',
  on: { 'operator.aborted': { target: '.failed', actions: 'keepAbort' } },
  states: {
    probing: {
      description:
        'The bootloader is asked for something that most readout-protected targets refuse, before anything is erased.',
      invoke: { src: 'probe', onDone: 'comparing', onError: fails },
    },
    comparing: {
      description:
        'The flash is read and compared with the image: it holds the image, blank flash is to be filled, or sectors are to be erased.',
      meta: { runs: ['usartRate'] },
      invoke: {
        src: 'compare',
        input: ({ context: { unread, isSecondTry } }) => ({ unread, isSecondTry }),
        onDone: [
          {
            guard: { type: 'isHeld', params: ({ event }) => event.output },
            target: 'finished',
            actions: becomes('verified'),
          },
          {
            guard: { type: 'isBlank', params: ({ event }) => event.output },
            target: 'programming',
          },
          { target: 'erasing' },
        ],
        onError: [again, erasesUnread, fails],
      },
    },
    erasing: {
      description: 'The sectors that differ from the image are erased.',
      entry: 'startErase',
      invoke: { src: 'erase', input: ofTry, onDone: 'programming', onError: [nothingErased, again, fails] },
    },
    programming: {
      description: 'The bytes that differ are written, up to where they have to be read back before more is written.',
      entry: becomes('written in part'),
      invoke: {
        src: 'program',
        onDone: [
          { guard: { type: 'isPart', params: ({ event }) => event.output }, target: 'verifying' },
          { guard: 'wantsVerify', target: 'verifying', actions: becomes('written, not verified') },
          { target: 'finished', actions: becomes('written, not verified') },
        ],
        onError: [again, fails],
      },
    },
    verifying: {
      description: 'What was written is read back and compared with the image.',
      invoke: {
        src: 'verify',
        input: ofTry,
        onDone: [{ guard: 'isWritten', target: 'finished', actions: becomes('verified') }, { target: 'programming' }],
        onError: [again, erasesUnread, differs, fails],
      },
    },
    calming: {
      description:
        'The first try has failed. The bootloader is brought back to where it takes commands and made cautious, once, for a second try.',
      meta: { runs: ['usartRate'] },
      entry: 'startSecondTry',
      invoke: { src: 'calm', onDone: 'comparing', onError: fails },
    },
    finished: {
      description: 'The flash holds the image, or it is written and reading back was not wanted.',
      type: 'final',
    },
    failed: {
      description: 'The work has ended with an error, or a person has interrupted it.',
      type: 'final',
    },
  },
  output: ({ context: { condition, error } }) => ({ condition, error }),
});
