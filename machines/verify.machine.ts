import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface VerifyOutput {
  /** Why the flash is not known to hold the image; null where it holds it. */
  readonly error: BootctlError | null;
}

interface Context extends VerifyOutput {
  /** The single retry has been used. */
  readonly isSecondTry: boolean;
}

const verify = setup({
  types: { context: {} as Context, output: {} as VerifyOutput, meta: {} as StateMeta },
  actors: {
    /** Most readout-protected targets refuse this. */
    probe: unprovided<void, void>('probe'),
    compare: unprovided<void, void>('compare'),
    /** Brings the bootloader back to where it takes commands, and makes it wary. */
    calm: unprovided<void, void>('calm'),
  },
  guards: {
    /** A faster baud rate, or a ROM that ignores wBlockNum, may be the reason; then it is not held against the flash. */
    canTryAgain: ({ context }, { row }: BootctlError) => !context.isSecondTry && row.secondTry === true,
  },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    startSecondTry: assign({ isSecondTry: true }),
  },
});

const fails = { target: 'differs', actions: 'keepError' } as const;

/** Compares the flash with an image; what differs is compared a second time, without haste. */
export const verifyMachine = verify.createMachine({
  id: 'verify',
  description: 'Compares the flash with an image and changes nothing.',
  context: { error: null, isSecondTry: false },
  initial: 'probing',
  on: { 'operator.aborted': { target: '.differs', actions: 'keepAbort' } },
  states: {
    probing: {
      description: 'The bootloader is asked for something that most readout-protected targets refuse.',
      meta: { runs: ['usartRate'] },
      invoke: { src: 'probe', onDone: 'comparing', onError: fails },
    },
    comparing: {
      description: 'The flash is read and compared with the image, byte for byte.',
      invoke: {
        src: 'compare',
        onDone: 'holds',
        onError: [{ guard: { type: 'canTryAgain', params: ({ event }) => errorOf(event) }, target: 'calming' }, fails],
      },
    },
    calming: {
      description:
        'The first try has failed. The bootloader is brought back to where it takes commands and made cautious, once, for a second try.',
      meta: { runs: ['usartRate'] },
      entry: 'startSecondTry',
      invoke: { src: 'calm', onDone: 'comparing', onError: fails },
    },
    holds: {
      description: 'The flash holds the image.',
      type: 'final',
    },
    differs: {
      description: 'The flash holds something else, could not be read, or a person has interrupted the job.',
      type: 'final',
    },
  },
  output: ({ context: { error } }) => ({ error }),
});
