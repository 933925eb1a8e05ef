import { fromCallback, setup } from 'xstate';
import type { UsbDeviceInfo } from '../src/io/usb-bus.ts';
import type { UsbFilter } from '../src/profiles/profile.ts';
import type { Milliseconds } from '../src/units.ts';

export interface UsbWatchInput {
  /** Instances that were on the bus before: they are never taken for the newcomer. */
  readonly known: readonly string[];
  readonly wanted: UsbFilter;
  /** A newcomer like this ends the wait early: the application where the bootloader is awaited, or the other way round. */
  readonly unwanted?: UsbFilter;
  readonly timeout: Milliseconds;
}

export type UsbWatchOutput =
  | { readonly outcome: 'seen'; readonly device: UsbDeviceInfo }
  | { readonly outcome: 'ambiguous'; readonly devices: readonly UsbDeviceInfo[] }
  | { readonly outcome: 'unwanted'; readonly device: UsbDeviceInfo }
  | { readonly outcome: 'silent' | 'aborted' };

interface Context extends UsbWatchInput {
  readonly devices: readonly UsbDeviceInfo[];
}

type UsbListed = { readonly type: 'usb.listed'; readonly devices: readonly UsbDeviceInfo[] };
export type UsbWatchEvent = UsbListed | { readonly type: 'operator.aborted' };

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
  delays: { timeout: ({ context }) => context.timeout },
  guards: {
    isSeen: ({ context }, devices: UsbListed['devices']) => newcomers(context, context.wanted, devices).length === 1,
    isAmbiguous: ({ context }, devices: UsbListed['devices']) => newcomers(context, context.wanted, devices).length > 1,
    isUnwanted: ({ context }, devices: UsbListed['devices']) =>
      newcomers(context, context.unwanted, devices).length > 0,
  },
});

const listed = ({ event }: { event: UsbListed }) => event.devices;
const keep = usbWatch.assign({
  devices: ({ context, event }) => ('devices' in event ? event.devices : context.devices),
});

/** Waits until the wanted USB device enumerates, and tells it from everything that was there before. */
export const usbWatchMachine = usbWatch.createMachine({
  id: 'usbWatch',
  context: ({ input }) => ({ ...input, devices: [] }),
  initial: 'watching',
  states: {
    watching: {
      invoke: { src: 'watchBus' },
      on: {
        'usb.listed': [
          { guard: { type: 'isSeen', params: listed }, target: 'seen', actions: keep },
          { guard: { type: 'isAmbiguous', params: listed }, target: 'ambiguous', actions: keep },
          { guard: { type: 'isUnwanted', params: listed }, target: 'unwanted', actions: keep },
        ],
        'operator.aborted': 'aborted',
      },
      after: { timeout: 'silent' },
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
    silent: { type: 'final', output: { outcome: 'silent' } },
    aborted: { type: 'final', output: { outcome: 'aborted' } },
  },
  output: ({ event }) => event.output as UsbWatchOutput,
});
