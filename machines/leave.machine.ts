import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

/** What was seen of the application after the bootloader was left. */
export interface Sighting {
  readonly outcome: 'seen' | 'not-checked' | 'bootloader-again' | 'nothing';
  /** What was seen, or waited for, in words. */
  readonly what: string;
}

export interface LeaveOutput {
  readonly sighting: Sighting | null;
  /** Why the last step failed, where it did. */
  readonly error: BootctlError | null;
  readonly how: 'dfu-leave' | 'reset';
}

const leave = setup({
  types: { context: {} as LeaveOutput, output: {} as LeaveOutput, meta: {} as StateMeta },
  actors: {
    leaveBootloader: unprovided<void, void>('leaveBootloader'),
    seeApplication: unprovided<Sighting, void>('seeApplication'),
    resetIntoApplication: unprovided<void, void>('resetIntoApplication'),
  },
  guards: { isProof: (_, { outcome }: Sighting) => outcome === 'seen' || outcome === 'not-checked' },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    clearError: assign({ error: null }),
    keepSighting: assign({ sighting: (_, sighting: Sighting) => sighting }),
    leavesByReset: assign({ how: 'reset' }),
  },
});

const keepSighting = {
  type: 'keepSighting',
  params: ({ event }: { event: { output: Sighting } }) => event.output,
} as const;

/** Leaves by the bootloader's own request; if no application is seen then, by a reset with BOOT0 = 0, and looks again. */
export const leaveMachine = leave.createMachine({
  id: 'leave',
  description:
    'Leaves the bootloader and proves that the application runs: first by the request of the bootloader, then by a reset with BOOT0 = 0.',
  context: { sighting: null, error: null, how: 'dfu-leave' },
  initial: 'leaving',
  on: { 'operator.aborted': { target: '.unproven', actions: 'keepAbort' } },
  states: {
    leaving: {
      description:
        'The bootloader is told to leave as soon as BOOT0 is surely low: by the DFU leave request, or by Go over USART.',
      invoke: { src: 'leaveBootloader', onDone: 'looking', onError: { target: 'resetting', actions: 'keepError' } },
    },
    looking: {
      description: 'The application is watched for, for as long as the profile allows.',
      meta: { runs: ['usbWatch'] },
      invoke: {
        src: 'seeApplication',
        onDone: [
          {
            guard: { type: 'isProof', params: ({ event }) => event.output },
            target: 'proven',
            actions: [keepSighting, 'clearError'],
          },
          { target: 'resetting', actions: keepSighting },
        ],
        onError: { target: 'resetting', actions: 'keepError' },
      },
    },
    resetting: {
      description: 'No application was seen, or the bootloader did not leave. NRST is pulsed with BOOT0 low.',
      meta: { runs: ['lineSequence'] },
      entry: 'leavesByReset',
      invoke: {
        src: 'resetIntoApplication',
        onDone: 'lookingAgain',
        onError: { target: 'unproven', actions: 'keepError' },
      },
    },
    lookingAgain: {
      description: 'The application is watched for a second time, after the reset.',
      meta: { runs: ['usbWatch'] },
      invoke: {
        src: 'seeApplication',
        onDone: [
          {
            guard: { type: 'isProof', params: ({ event }) => event.output },
            target: 'proven',
            actions: [keepSighting, 'clearError'],
          },
          { target: 'unproven', actions: keepSighting },
        ],
        onError: { target: 'unproven', actions: 'keepError' },
      },
    },
    proven: {
      description: 'The application was seen, or the profile does not say how it can be seen.',
      type: 'final',
    },
    unproven: {
      description: 'No application was seen, or a person has interrupted the job.',
      type: 'final',
    },
  },
  output: ({ context }) => context,
});
