import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/errors.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

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
  types: { context: {} as LeaveOutput, output: {} as LeaveOutput },
  actors: {
    leaveBootloader: unprovided<void, void>('leaveBootloader'),
    seeApplication: unprovided<Sighting, void>('seeApplication'),
    resetIntoApplication: unprovided<void, void>('resetIntoApplication'),
  },
  guards: { isProof: (_, { outcome }: Sighting) => outcome === 'seen' || outcome === 'not-checked' },
});

const keepError = leave.assign({ error: ({ event }) => errorOf(event) });

/** Leaves by the bootloader's own request; if no application is seen then, by a reset with BOOT0 = 0, and looks again. */
export const leaveMachine = leave.createMachine({
  id: 'leave',
  context: { sighting: null, error: null, how: 'dfu-leave' },
  initial: 'leaving',
  on: { 'operator.aborted': { target: '.unproven', actions: leave.assign({ error: aborted }) } },
  states: {
    leaving: {
      invoke: { src: 'leaveBootloader', onDone: 'looking', onError: { target: 'resetting', actions: keepError } },
    },
    looking: {
      invoke: {
        src: 'seeApplication',
        onDone: [
          {
            guard: { type: 'isProof', params: ({ event }) => event.output },
            target: 'proven',
            actions: assign({ sighting: ({ event }) => event.output, error: null }),
          },
          { target: 'resetting', actions: assign({ sighting: ({ event }) => event.output }) },
        ],
        onError: { target: 'resetting', actions: keepError },
      },
    },
    resetting: {
      entry: leave.assign({ how: 'reset' }),
      invoke: {
        src: 'resetIntoApplication',
        onDone: 'lookingAgain',
        onError: { target: 'unproven', actions: keepError },
      },
    },
    lookingAgain: {
      invoke: {
        src: 'seeApplication',
        onDone: [
          {
            guard: { type: 'isProof', params: ({ event }) => event.output },
            target: 'proven',
            actions: assign({ sighting: ({ event }) => event.output, error: null }),
          },
          { target: 'unproven', actions: assign({ sighting: ({ event }) => event.output }) },
        ],
        onError: { target: 'unproven', actions: keepError },
      },
    },
    proven: { type: 'final' },
    unproven: { type: 'final' },
  },
  output: ({ context }) => context,
});
