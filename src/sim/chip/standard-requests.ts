import type { ControlReply, SetupPacket } from '../board/usb-function.ts';
import { type DescriptorSet, type DeviceDescription, descriptorType, encodeDescriptors } from './usb-descriptors.ts';

/** bRequest of standard requests (USB 2.0 table 9-4). */
const standard = {
  GET_STATUS: 0,
  CLEAR_FEATURE: 1,
  SET_FEATURE: 3,
  SET_ADDRESS: 5,
  GET_DESCRIPTOR: 6,
  GET_CONFIGURATION: 8,
  SET_CONFIGURATION: 9,
  GET_INTERFACE: 10,
  SET_INTERFACE: 11,
} as const;

/** Low five bits of bmRequestType (USB 2.0 table 9-2). */
const recipient = { device: 0, interface: 1, endpoint: 2 } as const;
const endpointHalt = 0; // USB 2.0 table 9-6
const done = new Uint8Array();

/** True for a request that chapter 9 of USB 2.0 defines, as against class and vendor requests. */
export const isStandardRequest = ({ requestType }: SetupPacket): boolean => (requestType & 0x60) === 0;

/** Answers the standard requests of a device with one configuration (USB 2.0 §9.4). */
export class StandardRequests {
  readonly descriptors: DescriptorSet;
  readonly #description: DeviceDescription;
  readonly #onConfigured: (isAgain: boolean) => void;
  readonly #alternates = new Map<number, number>();
  readonly #halted = new Set<number>();
  #configuration = 0;
  #wasConfigured = false;

  /** USB/IP does not carry bus resets. The device detects one when the host configures it again. */
  constructor(description: DeviceDescription, onConfigured: (isAgain: boolean) => void = () => {}) {
    this.#description = description;
    this.#onConfigured = onConfigured;
    this.descriptors = encodeDescriptors(description);
  }

  handle(setup: SetupPacket): ControlReply {
    const reply = this.#answer(setup);
    // The host may ask for less than there is: a descriptor is cut to wLength (USB 2.0 §9.4.3).
    return reply instanceof Uint8Array ? reply.subarray(0, setup.length) : reply;
  }

  #answer(setup: SetupPacket): ControlReply {
    switch (setup.request) {
      case standard.GET_DESCRIPTOR:
        return this.#getDescriptor(setup);
      case standard.GET_STATUS:
        return this.#getStatus(setup);
      case standard.SET_FEATURE:
      case standard.CLEAR_FEATURE:
        return this.#changeFeature(setup);
      case standard.SET_ADDRESS:
        return done;
      case standard.GET_CONFIGURATION:
        return Uint8Array.of(this.#configuration);
      case standard.SET_CONFIGURATION:
        return this.#setConfiguration(setup.value);
      case standard.GET_INTERFACE:
        return this.#getInterface(setup.index);
      case standard.SET_INTERFACE:
        return this.#setInterface(setup.index, setup.value);
      default:
        return 'stall';
    }
  }

  #getDescriptor({ requestType, value }: SetupPacket): ControlReply {
    if ((requestType & 0x1f) !== recipient.device) return 'stall';
    const type = value >> 8;
    const index = value & 0xff;
    if (type === descriptorType.device && index === 0) return this.descriptors.device;
    if (type === descriptorType.configuration && index === 0) return this.descriptors.configuration;
    if (type === descriptorType.string) return this.descriptors.strings[index] ?? 'stall';
    return 'stall'; // a full-speed device has no device qualifier (USB 2.0 §9.6.2)
  }

  #getStatus({ requestType, index }: SetupPacket): ControlReply {
    switch (requestType & 0x1f) {
      case recipient.device:
        return Uint8Array.of(this.#description.selfPowered ? 1 : 0, 0);
      case recipient.interface:
        return this.#alternatesOf(index).length > 0 ? Uint8Array.of(0, 0) : 'stall';
      case recipient.endpoint:
        return this.#hasEndpoint(index) ? Uint8Array.of(this.#halted.has(index) ? 1 : 0, 0) : 'stall';
      default:
        return 'stall';
    }
  }

  #changeFeature({ requestType, request, value, index }: SetupPacket): ControlReply {
    const isHalt = (requestType & 0x1f) === recipient.endpoint && value === endpointHalt;
    if (!isHalt || !this.#hasEndpoint(index)) return 'stall';
    if (request === standard.SET_FEATURE) this.#halted.add(index);
    else this.#halted.delete(index);
    return done;
  }

  #setConfiguration(value: number): ControlReply {
    if (value > 1) return 'stall';
    this.#configuration = value;
    this.#alternates.clear();
    this.#halted.clear();
    if (value === 0) return done;
    this.#onConfigured(this.#wasConfigured);
    this.#wasConfigured = true;
    return done;
  }

  #getInterface(interfaceNumber: number): ControlReply {
    if (this.#alternatesOf(interfaceNumber).length === 0) return 'stall';
    return Uint8Array.of(this.#alternates.get(interfaceNumber) ?? 0);
  }

  #setInterface(interfaceNumber: number, alternateSetting: number): ControlReply {
    if (!this.#alternatesOf(interfaceNumber).includes(alternateSetting)) return 'stall';
    this.#alternates.set(interfaceNumber, alternateSetting);
    return done;
  }

  /** None before SET_CONFIGURATION: a device in the Address state has no interfaces (USB 2.0 §9.4.4, §9.4.10). */
  #alternatesOf(interfaceNumber: number): number[] {
    if (this.#configuration === 0) return [];
    return this.#description.interfaces
      .filter((one) => one.interfaceNumber === interfaceNumber)
      .map((one) => one.alternateSetting);
  }

  #hasEndpoint(address: number): boolean {
    if ((address & 0x7f) === 0) return true;
    const endpoints = this.#description.interfaces.flatMap((one) => one.endpoints ?? []);
    return this.#configuration === 1 && endpoints.some((endpoint) => endpoint.address === address);
  }
}
