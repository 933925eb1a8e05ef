import type { UsbFunction, UsbSocket } from './usb-function.ts';

/** A USB cable between a board and the host's socket: while it is pulled, nothing gets through. */
export class Cable implements UsbSocket {
  readonly path: string;
  readonly #socket: UsbSocket;
  #device: UsbFunction | undefined;
  #isPulled = false;

  constructor(socket: UsbSocket) {
    this.path = socket.path;
    this.#socket = socket;
  }

  attach(device: UsbFunction): void {
    this.#device = device;
    if (!this.#isPulled) this.#socket.attach(device);
  }

  detach(): void {
    this.#device = undefined;
    if (!this.#isPulled) this.#socket.detach();
  }

  pull(): void {
    if (this.#isPulled) return;
    this.#isPulled = true;
    this.#socket.detach();
  }

  plug(): void {
    if (!this.#isPulled) return;
    this.#isPulled = false;
    if (this.#device) this.#socket.attach(this.#device);
  }
}
