import type { ControlReply, SetupPacket, UsbFunction, UsbSocket } from './usb-function.ts';

/** USB 2.0 §9.4.7; bConfigurationValue is byte 5 of the configuration descriptor (table 9-10). */
const setConfiguration = { requestType: 0, request: 9, index: 0, length: 0 } as const;

/**
 * A resistor on the board pulls D+ up all the time, whatever the target does (black F407VET6 boards, early Blue Pills). A
 * hub takes a device for gone only when D+ falls, so that the host keeps what it has enumerated. The target's USB loses
 * its address in its reset (USB 2.0 §9.1.1.4) and is silent there until the host resets the port.
 */
export class FixedPullUp implements UsbSocket {
  readonly path: string;
  readonly #socket: UsbSocket;
  /** What the host takes the target for. */
  #held: Held | undefined;

  constructor(socket: UsbSocket) {
    this.path = socket.path;
    this.#socket = socket;
  }

  attach(device: UsbFunction): void {
    if (this.#held) {
      this.#held.present = device;
      return;
    }
    this.#held = new Held(device, () => this.#again());
    this.#socket.attach(this.#held);
  }

  /** The target is in reset, or drops its own pull-up: D+ stays high. */
  detach(): void {
    if (this.#held) this.#held.present = undefined;
  }

  /** The host drops what it has, and enumerates what is there: other descriptors after a reset of the port, or a cable that was out. */
  #again(): void {
    const present = this.#held?.present;
    this.#held = undefined;
    this.#socket.detach();
    if (present) this.attach(present);
  }
}

const isAlike = (one: UsbFunction, other: UsbFunction): boolean =>
  Buffer.compare(one.deviceDescriptor, other.deviceDescriptor) === 0;

/** The device as the host has enumerated it. It answers only while the target still is that device. */
class Held implements UsbFunction {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  #device: UsbFunction;
  readonly #again: () => void;
  #present: UsbFunction | undefined;
  #isAddressed = true;

  constructor(device: UsbFunction, again: () => void) {
    this.name = device.name;
    this.deviceDescriptor = device.deviceDescriptor;
    this.configurationDescriptor = device.configurationDescriptor;
    this.#device = device;
    this.#present = device;
    this.#again = again;
  }

  get present(): UsbFunction | undefined {
    return this.#present;
  }

  set present(device: UsbFunction | undefined) {
    this.#present = device;
    this.#isAddressed = false;
  }

  async control(setup: SetupPacket, data: Uint8Array): Promise<ControlReply> {
    return this.#isAddressed ? this.#device.control(setup, data) : 'garbled';
  }

  async write(endpoint: number, data: Uint8Array): Promise<void> {
    if (this.#isAddressed) await this.#device.write?.(endpoint, data);
  }

  async read(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const isRead = this.#isAddressed && this.#device.read !== undefined;
    return isRead ? this.#device.read!(endpoint, length, signal) : new Promise<never>(() => {});
  }

  /** Linux keeps a device whose descriptors are the same after the reset (drivers/usb/core/hub.c, usb_reset_and_verify_device). */
  busReset(): void {
    if (this.#isAddressed) this.#device.busReset?.();
    else if (this.#present && isAlike(this.#present, this.#device)) {
      this.#device = this.#present;
      this.#isAddressed = true;
      void this.#device.control(
        { ...setConfiguration, value: this.configurationDescriptor[5] ?? 1 },
        new Uint8Array(0),
      );
    } else this.#again();
  }

  detached(): void {
    this.#device.detached?.();
    this.#again();
  }
}
