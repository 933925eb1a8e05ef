import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface UsartRateInput {
  /** Baud rates to try, the fastest first; without any, the target only comes back at `baudRate`. */
  readonly rates: readonly number[];
  /** The rate at which it has answered before. */
  readonly baudRate: number;
  /** How often the way back to that rate is tried. */
  readonly returns: number;
  /** How often an entry that has missed its hold window is made again, at the same rate. */
  readonly repeats: number;
}

export interface UsartRateOutput {
  /** The rate that it runs at now. */
  readonly baudRate: number;
  /** Why it runs at none. */
  readonly error: BootctlError | null;
}

interface Context extends UsartRateInput {
  /** Of `rates`. */
  readonly index: number;
  readonly returned: number;
  /** Hold windows missed in a row. */
  readonly missed: number;
  readonly error: BootctlError | null;
}

const usartRate = setup({
  types: { input: {} as UsartRateInput, context: {} as Context, output: {} as UsartRateOutput, meta: {} as StateMeta },
  actors: {
    /** A ROM measures the rate once a reset: resets the target into it, calls it at this rate, and proves that it is understood. */
    enterAt: unprovided<void, { baudRate: number }>('enterAt'),
  },
  guards: {
    /** The entry came too late for the capacitor that holds BOOT0: the rate has not been tried. */
    canRepeat: ({ context: { missed, repeats } }, error: BootctlError) =>
      error.recovery === 'same-rung' && missed < repeats,
    hasRate: ({ context: { rates, index } }) => index < rates.length,
    /** Without an adapter the rate that has worked cannot be reached again. */
    isHopeless: (_, error: BootctlError) => error.kind === 'adapter',
    canReturn: ({ context: { returned, returns } }) => returned < returns,
  },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    clearError: assign({ error: null }),
    nextRate: assign({ index: ({ context }) => context.index + 1, missed: 0 }),
    startReturn: assign({ returned: ({ context }) => context.returned + 1, missed: 0 }),
    countMiss: assign({ missed: ({ context }) => context.missed + 1 }),
  },
});

const hopeless = {
  guard: { type: 'isHopeless', params: ({ event }: { event: object }) => errorOf(event) },
  target: 'failed',
  actions: 'keepError',
} as const;

const repeats = <State extends string>(state: State) =>
  ({
    guard: { type: 'canRepeat', params: ({ event }: { event: object }) => errorOf(event) },
    target: state,
    reenter: true,
    actions: ['keepError', 'countMiss'],
  }) as const;

/** Looks for the fastest baud rate at which the ROM and the host understand each other; the last resort is the one they had. */
export const usartRateMachine = usartRate.createMachine({
  id: 'usartRate',
  description:
    'Looks for the fastest baud rate at which the ROM and the host understand each other. The last resort is the rate that has worked before.',
  context: ({ input }) => ({ ...input, index: 0, returned: 0, missed: 0, error: null }),
  initial: 'choosing',
  on: { 'operator.aborted': { target: '.failed', actions: 'keepAbort' } },
  states: {
    choosing: {
      description: 'The next of the faster rates is taken, or the way back where none is left.',
      always: [
        { guard: 'hasRate', target: 'trying' },
        { target: 'returning', actions: 'startReturn' },
      ],
    },
    trying: {
      description: 'The target is reset into its ROM, called at this rate, and has to prove that it is understood.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'enterAt',
        input: ({ context: { rates, index } }) => ({ baudRate: rates[index]! }),
        onDone: { target: 'settled', actions: 'clearError' },
        onError: [hopeless, repeats('trying'), { target: 'choosing', actions: ['keepError', 'nextRate'] }],
      },
    },
    returning: {
      description:
        'The target is reset into its ROM and called at the rate that has worked before, up to the allowed number of times.',
      meta: { runs: ['lineSequence'] },
      invoke: {
        src: 'enterAt',
        input: ({ context: { baudRate } }) => ({ baudRate }),
        onDone: { target: 'settled', actions: 'clearError' },
        onError: [
          hopeless,
          repeats('returning'),
          { guard: 'canReturn', target: 'returning', reenter: true, actions: ['keepError', 'startReturn'] },
          { target: 'failed', actions: 'keepError' },
        ],
      },
    },
    settled: {
      description: 'The ROM is understood at a rate.',
      type: 'final',
    },
    failed: {
      description: 'The ROM is understood at no rate, the adapter is gone, or a person has interrupted the job.',
      type: 'final',
    },
  },
  output: ({ context: { rates, index, baudRate, error } }) => ({ baudRate: rates[index] ?? baudRate, error }),
});
