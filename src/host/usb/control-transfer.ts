import type * as libusb from 'usb';
import type { Milliseconds } from '../../base/units.ts';

const setupLength = 8;

/** A transfer of libusb on endpoint 0, for one request after the other: making it costs more than sending it. */
export class ControlTransfer {
  readonly #transfer: libusb.Transfer;
  #onEnd: (error: Error | undefined, filled: Buffer, actual: number) => void = () => {};

  constructor({ Transfer, LIBUSB_TRANSFER_TYPE_CONTROL }: typeof libusb.usb, device: libusb.Device) {
    this.#transfer = new Transfer(device, 0, LIBUSB_TRANSFER_TYPE_CONTROL, 0, (error, filled, actual) =>
      this.#onEnd(error, filled, actual),
    );
  }

  /**
   * Sends a setup packet with its data, and resolves with the data that was transferred, a part of `buffer`. usb@2's own
   * timeout is noticed only when its event thread wakes up for something else, on Linux up to 60 s late. Our own timer
   * therefore cancels.
   */
  send(buffer: Buffer, timeout: Milliseconds): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.cancel(), timeout);
      this.#onEnd = (error, filled, actual) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(new Uint8Array(filled.buffer, filled.byteOffset + setupLength, actual));
      };
      try {
        this.#transfer.submit(buffer);
      } catch (error) {
        clearTimeout(timer);
        reject(error);
      }
    });
  }

  /**
   * libusb answers a cancel with an error if the device has just gone, and `usb` throws that error (src/transfer.cc,
   * Cancel). Thrown in a timer it would end the process. The transfer then completes by itself.
   */
  cancel(): void {
    try {
      this.#transfer.cancel();
    } catch {
      // the transfer's own callback reports the end
    }
  }
}
