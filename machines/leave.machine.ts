import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

/** What was seen of the application after the bootloader was left. */
export interface Sighting {
  /** `unidentified`: a device like the application has come, and it may be another board's. */
  readonly outcome: 'seen' | 'not-checked' | 'unidentified' | 'bootloader-again' | 'nothing';
  /** What was seen, or waited for, in words. */
  readonly what: string;
  /** The device that is not identified. */
  readonly device?: UsbDeviceInfo;
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
    /** One more reset shows whose device it is: this board's leaves the bus in it, and comes back. */
    identifyApplication: unprovided<Sighting, { device: UsbDeviceInfo }>('identifyApplication'),
    resetIntoApplication: unprovided<void, void>('resetIntoApplication'),
  },
  guards: {
    isProof: (_, { outcome }: Sighting) => outcome === 'seen' || outcome === 'not-checked',
    isUnidentified: (_, { outcome }: Sighting) => outcome === 'unidentified',
    hasReset: ({ context }) => context.how === 'reset',
  },
  actions: {
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    clearError: assign({ error: null }),
    keepSighting: assign({ sighting: (_, sighting: Sighting) => sighting }),
    leavesByReset: assign({ how: 'reset' }),
  },
});

type Seen = { readonly event: { readonly output: Sighting } };
const sightingOf = ({ event }: Seen): Sighting => event.output;
const keepSighting = { type: 'keepSighting', params: sightingOf } as const;
const isProof = {
  guard: { type: 'isProof', params: sightingOf },
  target: 'proven',
  actions: [keepSighting, 'clearError'],
} as const;
const isUnidentified = {
  guard: { type: 'isUnidentified', params: sightingOf },
  target: 'identifying',
  actions: keepSighting,
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
        onDone: [isProof, isUnidentified, { target: 'resetting', actions: keepSighting }],
        onError: { target: 'resetting', actions: 'keepError' },
      },
    },
    identifying: {
      description:
        'A device like the application has come at a place that nobody has named. One more reset with BOOT0 = 0 shows whose it is: the one of this board leaves the bus in it, and comes back.',
      meta: { runs: ['lineSequence', 'usbWatch'] },
      invoke: {
        src: 'identifyApplication',
        input: ({ context }) => ({ device: context.sighting!.device! }),
        onDone: [
          isProof,
          { ...isUnidentified, reenter: true },
          { guard: 'hasReset', target: 'unproven', actions: keepSighting },
          { target: 'resetting', actions: keepSighting },
        ],
        onError: [
          { guard: 'hasReset', target: 'unproven', actions: 'keepError' },
          { target: 'resetting', actions: 'keepError' },
        ],
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
        onDone: [isProof, isUnidentified, { target: 'unproven', actions: keepSighting }],
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
