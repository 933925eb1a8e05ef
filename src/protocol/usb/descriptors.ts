import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { UsbDevice } from '../../bench/usb-bus.ts';

/** Numbers of USB 2.0 §9.4 and §9.6. */
const GET_DESCRIPTOR = 6;
const standardIn = 0x80;
const descriptorType = { device: 1, configuration: 2, string: 3, interface: 4 } as const;
const englishUnitedStates = 0x0409;
const descriptorTimeout: Milliseconds = 2_000;

/** One alternate setting of an interface, with the class descriptors that follow it. */
export interface AlternateSetting {
  readonly interfaceNumber: number;
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubClass: number;
  readonly interfaceProtocol: number;
  /** iInterface: index of its name, 0 where it has none. */
  readonly nameIndex: number;
  readonly classDescriptors: readonly Uint8Array[];
}

/** Splits a configuration descriptor (USB 2.0 §9.6.3) into its alternate settings; stops at the first broken length. */
export function parseConfiguration(bytes: Uint8Array): readonly AlternateSetting[] {
  const alternates: (AlternateSetting & { classDescriptors: Uint8Array[] })[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes[at]!;
    if (length < 2 || at + length > bytes.length) break;
    const descriptor = bytes.subarray(at, at + length);
    const current = alternates.at(-1);
    if (descriptor[1] === descriptorType.interface && length >= 9) alternates.push(alternateOf(descriptor));
    else if (current) current.classDescriptors.push(descriptor);
    at += length;
  }
  return alternates;
}

const alternateOf = (descriptor: Uint8Array) => ({
  interfaceNumber: descriptor[2]!,
  alternateSetting: descriptor[3]!,
  interfaceClass: descriptor[5]!,
  interfaceSubClass: descriptor[6]!,
  interfaceProtocol: descriptor[7]!,
  nameIndex: descriptor[8]!,
  classDescriptors: [] as Uint8Array[],
});

/**
 * The first configuration's whole descriptor. It is requested from the device if the host has not kept it.
 * @throws BootctlError `dfu-malformed`, and those of `controlIn`
 */
export async function readConfiguration(device: UsbDevice): Promise<Uint8Array> {
  if (device.configuration) return device.configuration;
  const head = await getDescriptor(device, descriptorType.configuration << 8, 0, 9);
  if (head.length < 9)
    throw new BootctlError('dfu-malformed', `The configuration descriptor has ${head.length} of 9 bytes`);
  const totalLength = head[2]! | (head[3]! << 8);
  return getDescriptor(device, descriptorType.configuration << 8, 0, totalLength);
}

/** The 18 bytes of the device descriptor, from the device itself. @throws BootctlError those of `controlIn` */
export const readDeviceDescriptor = (device: UsbDevice): Promise<Uint8Array> =>
  getDescriptor(device, descriptorType.device << 8, 0, 18);

/** A string descriptor's text; real ROMs cut strings short and pad them with NULs, so both are tolerated. */
export async function readString(device: UsbDevice, index: number): Promise<string> {
  if (index === 0) return '';
  const bytes = await getDescriptor(device, (descriptorType.string << 8) | index, englishUnitedStates, 255);
  const end = Math.min(bytes[0] ?? 0, bytes.length) & ~1;
  return new TextDecoder('utf-16le').decode(bytes.subarray(2, Math.max(2, end))).replace(/\0+$/, '');
}

const getDescriptor = (device: UsbDevice, value: number, index: number, length: number): Promise<Uint8Array> =>
  device.controlIn({ requestType: standardIn, request: GET_DESCRIPTOR, value, index }, length, descriptorTimeout);
