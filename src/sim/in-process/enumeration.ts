import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { UsbFunction } from '../board/usb-function.ts';
import { descriptorType } from '../chip/usb-descriptors.ts';

/** Requests of USB 2.0 table 9-4. */
const getDescriptor = { requestType: 0x80, request: 0x06 } as const;
const setConfiguration = { requestType: 0x00, request: 0x09 } as const;
/**
 * Linux asks three times and waits 5 s for each answer (drivers/usb/core/hub.c: initial_descriptor_timeout,
 * GET_MAXPACKET0_TRIES).
 */
const patience: Milliseconds = 15_000;
/** LANGID of American English, the one that STM32 ROMs name. */
const english = 0x0409;

/** Offsets in the device descriptor (USB 2.0 table 9-8) and of bConfigurationValue (table 9-10). */
const at = {
  idVendor: 8,
  idProduct: 10,
  bcdDevice: 12,
  iProduct: 15,
  iSerialNumber: 16,
  bConfigurationValue: 5,
} as const;

const hex4 = (descriptor: Uint8Array, offset: number): string =>
  (((descriptor[offset + 1] ?? 0) << 8) | (descriptor[offset] ?? 0)).toString(16).padStart(4, '0');

/** `0483:df11`. */
export const idsIn = (deviceDescriptor: Uint8Array): string =>
  `${hex4(deviceDescriptor, at.idVendor)}:${hex4(deviceDescriptor, at.idProduct)}`;

/** A string descriptor: bLength, bDescriptorType, then UTF-16LE (USB 2.0 §9.6.7). */
async function stringOf(device: UsbFunction, index: number): Promise<string | undefined> {
  if (index === 0) return undefined;
  const setup = { ...getDescriptor, value: (descriptorType.string << 8) | index, index: english, length: 255 };
  const reply = await device.control(setup, new Uint8Array(0));
  if (!(reply instanceof Uint8Array)) return undefined;
  return new TextDecoder('utf-16le').decode(reply.subarray(2, reply[0]));
}

/**
 * Linux's message for a device that was plugged in and cannot be enumerated (errno: 71 EPROTO, 110 ETIMEDOUT).
 * Undefined if it answers.
 */
export async function troubleOf(device: UsbFunction, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const setup = { ...getDescriptor, value: descriptorType.device << 8, index: 0, length: 64 };
  const waited = new AbortController();
  const tooLate = sleep(clock, patience, AbortSignal.any([signal, waited.signal])).then(() => undefined);
  tooLate.catch(() => {});
  const reply = await Promise.race([device.control(setup, new Uint8Array(0)), tooLate]);
  waited.abort();
  if (reply === undefined) return 'device descriptor read/64, error -110';
  const isDescriptor = reply instanceof Uint8Array && reply[1] === descriptorType.device;
  return isDescriptor ? undefined : 'device descriptor read/64, error -71';
}

/** The facts that a host reads when it enumerates a device. Also configures the device. */
export async function enumerate(device: UsbFunction): Promise<Omit<UsbDeviceInfo, 'path' | 'instance'>> {
  const { deviceDescriptor: descriptor, configurationDescriptor } = device;
  const product = await stringOf(device, descriptor[at.iProduct] ?? 0);
  const serialNumber = await stringOf(device, descriptor[at.iSerialNumber] ?? 0);
  const value = configurationDescriptor[at.bConfigurationValue] ?? 1;
  await device.control({ ...setConfiguration, value, index: 0, length: 0 }, new Uint8Array(0));
  return {
    vendorId: hex4(descriptor, at.idVendor),
    productId: hex4(descriptor, at.idProduct),
    bcdDevice: hex4(descriptor, at.bcdDevice),
    ...(product === undefined ? {} : { product }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
  };
}
