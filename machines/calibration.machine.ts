import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { Trial } from '../src/board/calibration/threshold.ts';
import {
  alwaysRom,
  type CalibrationContext,
  type CalibrationInput,
  type CalibrationOutput,
  canTrySure,
  type Followed,
  hasNextQuantity,
  neverRom,
  repeatsSure,
  startOf,
  unclear,
  type Wanted,
  wantedOf,
  wantsMore,
  withFound,
  withMiss,
  withNextQuantity,
  withReset,
  withTrial,
} from './calibration.policy.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

const calibration = setup({
  types: {
    input: {} as CalibrationInput,
    context: {} as CalibrationContext,
    output: {} as CalibrationOutput,
    meta: {} as StateMeta,
  },
  actors: {
    resetLow: unprovided<Followed, void>('resetLow'),
    resetHigh: unprovided<Followed, void>('resetHigh'),
    resetTimed: unprovided<Trial, Wanted>('resetTimed'),
    restart: unprovided<void, void>('restart'),
  },
  guards: {
    isRom: (_, followed: Followed) => followed === 'rom',
    canTrySure: ({ context }) => canTrySure(context),
    repeatsSure: ({ context }) => repeatsSure(context),
    hasNextQuantity: ({ context }) => hasNextQuantity(context),
    wantsMore: ({ context }, trial: Trial) => wantsMore(context, trial),
    isUnclear: ({ context }) => unclear(context) !== null,
    hasFailed: ({ context }) => context.error !== null,
  },
  actions: {
    countReset: assign(({ context }) => withReset(context)),
    countMiss: assign(({ context }) => withMiss(context)),
    nextQuantity: assign(({ context }) => withNextQuantity(context)),
    keepTrial: assign(({ context }, trial: Trial) => withTrial(context, trial)),
    keepFound: assign(({ context }) => withFound(context)),
    keepAlwaysRom: assign({ error: () => alwaysRom() }),
    keepNeverRom: assign({ error: ({ context }) => neverRom(context.misses + 1) }),
    keepUnclear: assign({ error: ({ context }) => unclear(context) }),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    keepFirstError: assign({ error: ({ context, event }): BootctlError => context.error ?? errorOf(event) }),
  },
});

const followed = ({ event }: { event: { output: Followed } }) => event.output;
const trialOf = ({ event }: { event: { output: Trial } }) => event.output;
const isRom = { type: 'isRom', params: followed } as const;
const keepTrial = { type: 'keepTrial', params: trialOf } as const;
const onError = { target: 'restarting', actions: 'keepError' } as const;

/** Measures a board by resets with changed timing; nothing of its flash is touched. */
export const calibrationMachine = calibration.createMachine({
  id: 'calibration',
  description:
    'Measures what a board and its adapter really do, by resets with changed timing: each leads into the ROM or does not. Nothing is erased or written, and the board ends in its application.',
  context: ({ input }) => startOf(input),
  initial: 'provingLow',
  states: {
    provingLow: {
      description:
        'A reset with BOOT0 low must not lead into the ROM; else BOOT0 is stuck, and nothing can be told apart.',
      meta: { runs: ['lineSequence', 'usbWatch'] },
      on: { 'operator.aborted': { target: 'restarting', actions: 'keepAbort' } },
      invoke: {
        src: 'resetLow',
        onDone: [
          { guard: isRom, target: 'restarting', actions: ['countReset', 'keepAlwaysRom'] },
          { target: 'provingHigh', actions: 'countReset' },
        ],
        onError,
      },
    },
    provingHigh: {
      description:
        'The surest reset with BOOT0 high must lead into the ROM. It shows how long the ROM takes to answer; without that, silence would say nothing.',
      meta: { runs: ['lineSequence', 'usbWatch'] },
      on: { 'operator.aborted': { target: 'restarting', actions: 'keepAbort' } },
      invoke: {
        src: 'resetHigh',
        onDone: [
          { guard: isRom, target: 'choosing', actions: 'countReset' },
          { guard: 'canTrySure', target: 'provingHigh', reenter: true, actions: 'countMiss' },
          { target: 'restarting', actions: ['keepNeverRom', 'countMiss'] },
        ],
        onError,
      },
    },
    choosing: {
      description: 'The next quantity is chosen. Where the circuit leaves none to time, the surest reset is repeated.',
      always: [
        { guard: 'repeatsSure', target: 'provingHigh' },
        { guard: 'hasNextQuantity', target: 'timing', actions: 'nextQuantity' },
        { guard: 'isUnclear', target: 'restarting', actions: 'keepUnclear' },
        { target: 'restarting' },
      ],
    },
    timing: {
      description:
        'A reset at the time that tells most about the quantity; its measured edges and what followed are kept.',
      meta: { runs: ['lineSequence', 'usbWatch'] },
      on: { 'operator.aborted': { target: 'restarting', actions: 'keepAbort' } },
      invoke: {
        src: 'resetTimed',
        input: ({ context }) => wantedOf(context),
        onDone: [
          {
            guard: { type: 'wantsMore', params: trialOf },
            target: 'timing',
            reenter: true,
            actions: keepTrial,
          },
          { target: 'choosing', actions: [keepTrial, 'keepFound'] },
        ],
        onError,
      },
    },
    restarting: {
      description: 'The board is reset with BOOT0 low, so that its application runs again, and the lines are released.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'restart',
        onDone: [{ guard: 'hasFailed', target: 'failed' }, { target: 'measured' }],
        onError: { target: 'failed', actions: 'keepFirstError' },
      },
    },
    measured: { description: 'Every quantity has its interval.', type: 'final' },
    failed: { description: 'Something could not be told apart, or the measurement was interrupted.', type: 'final' },
  },
  output: ({ context: { found, done, error } }) => ({ found, resets: done, error }),
});
