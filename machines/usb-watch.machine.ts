import { fromCallback, raise, setup } from 'xstate';
import type { UsbDeviceInfo } from '../src/io/usb-bus.ts';
import type { UsbFilter } from '../src/profiles/profile.ts';
import type { Milliseconds } from '../src/units.ts';

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
  | { readonly outcome: 'unwanted'; readonly device: UsbDeviceInfo }
  /** `comings`: how often one came that did not stay. */
  | { readonly outcome: 'silent'; readonly comings: number }
  | { readonly outcome: 'aborted' };

interface Context extends UsbWatchInput {
  readonly devices: readonly UsbDeviceInfo[];
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
});

const listed = ({ event }: { event: UsbListed }) => event.devices;
const keep = usbWatch.assign({ devices: ({ event }) => ('devices' in event ? event.devices : []) });
/** What has left the bus is no longer known: a host may give the same name to what comes then. */
const forgetGone = usbWatch.assign({
  known: ({ context: { known }, event }) =>
    'devices' in event ? known.filter((one) => event.devices.some(({ instance }) => instance === one)) : known,
});

const countComing = usbWatch.assign({ comings: ({ context }) => context.comings + 1 });

/** Waits until the wanted USB device enumerates, and tells it from everything that was there before. */
export const usbWatchMachine = usbWatch.createMachine({
  id: 'usbWatch',
  context: ({ input }) => ({ ...input, devices: [], comings: 0, isTimeUp: false }),
  entry: raise({ type: 'time.up' }, { delay: 'timeout' }),
  invoke: { src: 'watchBus' },
  initial: 'watching',
  on: { 'operator.aborted': '.aborted' },
  states: {
    watching: {
      always: { guard: 'isTimeUp', target: 'silent' },
      on: {
        'usb.listed': [
          { guard: { type: 'hasToStay', params: listed }, target: 'staying', actions: keep },
          { guard: { type: 'isSeen', params: listed }, target: 'seen', actions: keep },
          { guard: { type: 'isAmbiguous', params: listed }, target: 'ambiguous', actions: keep },
          { guard: { type: 'isUnwanted', params: listed }, target: 'unwanted', actions: keep },
          { actions: forgetGone },
        ],
        'time.up': 'silent',
      },
    },
    /** It has come: a firmware that faults at its start is gone again before long. */
    staying: {
      on: {
        'usb.listed': { guard: { type: 'hasLeft', params: listed }, target: 'watching', actions: countComing },
        'time.up': { actions: usbWatch.assign({ isTimeUp: true }) },
      },
      after: { stay: 'seen' },
    },
    seen: {
      type: 'final',
      output: ({ context }) => ({ outcome: 'seen', device: newcomers(context, context.wanted, context.devices)[0] }),
    },
    ambiguous: {
      type: 'final',
      output: ({ context }) => ({ outcome: 'ambiguous', devices: newcomers(context, context.wanted, context.devices) }),
    },
    unwanted: {
      type: 'final',
      output: ({ context }) => ({
        outcome: 'unwanted',
        device: newcomers(context, context.unwanted, context.devices)[0],
      }),
    },
    silent: { type: 'final', output: ({ context }) => ({ outcome: 'silent', comings: context.comings }) },
    aborted: { type: 'final', output: { outcome: 'aborted' } },
  },
  output: ({ event }) => event.output as UsbWatchOutput,
});
