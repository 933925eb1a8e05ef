import { assign, fromCallback, raise, setup } from 'xstate';
import type { Milliseconds } from '../src/base/units.ts';
import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import type { UsbFilter } from '../src/board/profile.ts';

export interface UsbWatchInput {
  /** Instances that were on the bus before: as long as they stay there, they are never taken for the newcomer. */
  readonly known: readonly string[];
  readonly wanted: UsbFilter;
  /** A newcomer like this ends the wait early: the application where the bootloader is awaited, or the other way round. */
  readonly unwanted?: UsbFilter;
  readonly timeout: Milliseconds;
  /** The newcomer has to stay on the bus for so long; one that comes in time and stays counts even beyond the timeout. */
  readonly stay?: Milliseconds;
}

export type UsbWatchOutput =
  | { readonly outcome: 'seen'; readonly device: UsbDeviceInfo }
  | { readonly outcome: 'ambiguous'; readonly devices: readonly UsbDeviceInfo[] }
  /** `came`: all that has come meanwhile, also what was soon gone again. */
  | { readonly outcome: 'unwanted'; readonly device: UsbDeviceInfo; readonly came: readonly UsbDeviceInfo[] }
  /** `comings`: how often one came that did not stay. */
  | { readonly outcome: 'silent'; readonly comings: number; readonly came: readonly UsbDeviceInfo[] }
  | { readonly outcome: 'aborted' };

interface Context extends UsbWatchInput {
  readonly devices: readonly UsbDeviceInfo[];
  readonly came: readonly UsbDeviceInfo[];
  readonly comings: number;
  readonly isTimeUp: boolean;
}

type UsbListed = { readonly type: 'usb.listed'; readonly devices: readonly UsbDeviceInfo[] };
export type UsbWatchEvent = UsbListed | { readonly type: 'operator.aborted' } | { readonly type: 'time.up' };

/** Whether a USB device is one that the filter means; without a path any place will do. */
export const matches = (filter: UsbFilter, device: UsbDeviceInfo): boolean =>
  device.vendorId === filter.vendorId &&
  device.productId === filter.productId &&
  (filter.path === undefined || device.path === filter.path);

/** `0483:df11 at 1-2`. */
export const textOf = ({ vendorId, productId, path }: UsbFilter): string =>
  `${vendorId}:${productId}${path === undefined ? '' : ` at ${path}`}`;

/** `1-2 and 1-4`. */
export const placesOf = (devices: readonly Pick<UsbDeviceInfo, 'path'>[]): string =>
  devices.map(({ path }) => path).join(' and ');

const newcomers = (
  { known }: UsbWatchInput,
  filter: UsbFilter | undefined,
  devices: readonly UsbDeviceInfo[],
): readonly UsbDeviceInfo[] =>
  filter ? devices.filter((device) => !known.includes(device.instance) && matches(filter, device)) : [];

const usbWatch = setup({
  types: {
    input: {} as UsbWatchInput,
    context: {} as Context,
    events: {} as UsbWatchEvent,
    output: {} as UsbWatchOutput,
  },
  actors: { watchBus: fromCallback<{ type: 'none' }>(() => {}) },
  delays: { timeout: ({ context }) => context.timeout, stay: ({ context }) => context.stay ?? 0 },
  guards: {
    hasToStay: ({ context }, devices: UsbListed['devices']) =>
      context.stay !== undefined && newcomers(context, context.wanted, devices).length === 1,
    hasLeft: ({ context }, devices: UsbListed['devices']) =>
      devices.every(({ instance }) => instance !== newcomers(context, context.wanted, context.devices)[0]?.instance),
    isTimeUp: ({ context }) => context.isTimeUp,
    isSeen: ({ context }, devices: UsbListed['devices']) => newcomers(context, context.wanted, devices).length === 1,
    isAmbiguous: ({ context }, devices: UsbListed['devices']) => newcomers(context, context.wanted, devices).length > 1,
    isUnwanted: ({ context }, devices: UsbListed['devices']) =>
      newcomers(context, context.unwanted, devices).length > 0,
  },
  actions: {
    startTimeout: raise({ type: 'time.up' }, { delay: 'timeout' }),
    keepDevices: assign({ devices: (_, devices: UsbListed['devices']) => devices }),
    noteNewcomers: assign({
      came: ({ context: { known, came } }, devices: UsbListed['devices']) => [
        ...came,
        ...devices.filter(
          ({ instance }) => !known.includes(instance) && came.every((one) => one.instance !== instance),
        ),
      ],
    }),
    /** A device that has left the bus is forgotten: the host may give its name to the next one. */
    forgetGone: assign({
      known: ({ context: { known } }, devices: UsbListed['devices']) =>
        known.filter((one) => devices.some(({ instance }) => instance === one)),
    }),
    countComing: assign({ comings: ({ context }) => context.comings + 1 }),
    noteTimeUp: assign({ isTimeUp: true }),
  },
});

const listed = ({ event }: { event: UsbListed }) => event.devices;
const noteNewcomers = { type: 'noteNewcomers', params: listed } as const;
const keepDevices = [noteNewcomers, { type: 'keepDevices', params: listed }] as const;

/** Waits until the wanted USB device enumerates. A device that was there before is never taken for it. */
export const usbWatchMachine = usbWatch.createMachine({
  id: 'usbWatch',
  description:
    'Waits until the wanted USB device enumerates. A device that was on the bus before is never taken for it.',
  context: ({ input }) => ({ ...input, devices: [], came: [], comings: 0, isTimeUp: false }),
  entry: 'startTimeout',
  invoke: { src: 'watchBus' },
  initial: 'watching',
  on: { 'operator.aborted': '.aborted' },
  states: {
    watching: {
      description: 'The bus is listed again and again until a newcomer is there or the time is up.',
      always: { guard: 'isTimeUp', target: 'silent' },
      on: {
        'usb.listed': [
          { guard: { type: 'hasToStay', params: listed }, target: 'staying', actions: keepDevices },
          { guard: { type: 'isSeen', params: listed }, target: 'seen', actions: keepDevices },
          { guard: { type: 'isAmbiguous', params: listed }, target: 'ambiguous', actions: keepDevices },
          { guard: { type: 'isUnwanted', params: listed }, target: 'unwanted', actions: keepDevices },
          { actions: [noteNewcomers, { type: 'forgetGone', params: listed }] },
        ],
        'time.up': 'silent',
      },
    },
    staying: {
      description:
        'The wanted device has come and has to stay on the bus for a while. A firmware that faults at its start is soon gone again.',
      on: {
        'usb.listed': { guard: { type: 'hasLeft', params: listed }, target: 'watching', actions: 'countComing' },
        'time.up': { actions: 'noteTimeUp' },
      },
      after: { stay: 'seen' },
    },
    seen: {
      description: 'Exactly one newcomer is the wanted device, and it has stayed for as long as it had to.',
      type: 'final',
      output: ({ context }) => ({ outcome: 'seen', device: newcomers(context, context.wanted, context.devices)[0] }),
    },
    ambiguous: {
      description: 'Several newcomers are like the wanted device. None of them is chosen.',
      type: 'final',
      output: ({ context }) => ({ outcome: 'ambiguous', devices: newcomers(context, context.wanted, context.devices) }),
    },
    unwanted: {
      description:
        'A newcomer shows that the target runs something else: the application instead of the bootloader, or the other way round.',
      type: 'final',
      output: ({ context }) => ({
        outcome: 'unwanted',
        device: newcomers(context, context.unwanted, context.devices)[0],
        came: context.came,
      }),
    },
    silent: {
      description: 'The time is up and the wanted device is not there.',
      type: 'final',
      output: ({ context }) => ({ outcome: 'silent', comings: context.comings, came: context.came }),
    },
    aborted: {
      description: 'A person has interrupted the job.',
      type: 'final',
      output: { outcome: 'aborted' },
    },
  },
  output: ({ event }) => event.output as UsbWatchOutput,
});
