import type { UsbFunction, UsbSocket } from '../../../src/sim/board/usb-function.ts';
import type { UsbipSocket } from '../../../src/sim/usbip/usbip-socket.ts';

/** A cable that can be pulled and put back: what it connects goes on meanwhile, and is seen again afterwards. */
export class Plug implements UsbSocket {
  readonly path: string;
  readonly #socket: UsbipSocket;
  #device: UsbFunction | undefined;
  #isIn: boolean;
  #isFrozen = false;

  constructor(socket: UsbipSocket, isIn: boolean) {
    this.#socket = socket;
    this.path = socket.path;
    this.#isIn = isIn;
  }

  attach(device: UsbFunction): void {
    this.#device = this.#freezable(device);
    if (this.#isIn) this.#socket.attach(this.#device);
  }

  detach(): void {
    this.#device = undefined;
    this.#socket.detach();
  }

  pull(): void {
    this.#isIn = false;
    this.#socket.detach();
  }

  putBack(): void {
    this.#isIn = true;
    this.#isFrozen = false;
    if (this.#device) this.#socket.attach(this.#device);
  }

  /** From now on the device NAKs for ever. */
  freeze(): void {
    this.#isFrozen = true;
  }

  #freezable(device: UsbFunction): UsbFunction {
    const { name, deviceDescriptor, configurationDescriptor } = device;
    const unlessFrozen = <T>(answer: Promise<T> | undefined): Promise<T> =>
      answer === undefined || this.#isFrozen ? new Promise<T>(() => {}) : answer;
    return {
      name,
      deviceDescriptor,
      configurationDescriptor,
      control: (setup, data) => unlessFrozen(this.#isFrozen ? undefined : device.control(setup, data)),
      write: (endpoint, data) => unlessFrozen(device.write?.(endpoint, data)),
      read: (endpoint, length, signal) => unlessFrozen(device.read?.(endpoint, length, signal)),
      detached: () => device.detached?.(),
    };
  }
}
