import { promisify } from 'node:util';
import type * as libusb from 'usb';
import type { Milliseconds } from '../../base/units.ts';
import type { ControlRequest, UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { ControlTransfer } from './control-transfer.ts';
import { explainReset, explainUsb, nameRequest, nameUsbDevice } from './errors.ts';
import { explainClaim } from './explain.ts';
import { keptConfiguration } from './list.ts';

/** Setup packet of a control transfer (USB 2.0 §9.3), followed by the data or by room for it, which may hold anything. */
export function controlBuffer(request: ControlRequest, length: number, data?: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(8 + length);
  buffer.writeUInt8(request.requestType, 0);
  buffer.writeUInt8(request.request, 1);
  buffer.writeUInt16LE(request.value, 2);
  buffer.writeUInt16LE(request.index, 4);
  buffer.writeUInt16LE(length, 6);
  if (data) buffer.set(data, 8);
  return buffer;
}

/** A USB device over libusb, already open. */
export class LibusbDevice implements UsbDevice {
  readonly info: UsbDeviceInfo;
  readonly configuration: Uint8Array | undefined;
  /**
   * Linux has a queue of requests for each endpoint (Documentation/driver-api/usb/URB.rst). No document promises this
   * for WinUSB or macOS.
   */
  readonly keepsOrder: boolean;
  readonly #usb: typeof libusb.usb;
  readonly #device: libusb.Device;
  readonly #claimed = new Map<number, libusb.Interface>();
  /** Those that have ended well and can be used again. */
  readonly #idle: ControlTransfer[] = [];
  readonly #pending = new Map<ControlTransfer, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(info: UsbDeviceInfo, usb: typeof libusb.usb, device: libusb.Device, platform = process.platform) {
    this.keepsOrder = platform === 'linux';
    this.info = info;
    this.configuration = keptConfiguration(info);
    this.#usb = usb;
    this.#device = device;
  }

  async claimInterface(interfaceNumber: number): Promise<void> {
    const action = `Claiming interface ${interfaceNumber}`;
    this.#refuseClosed(action);
    try {
      const claimed = this.#device.interface(interfaceNumber);
      claimed.claim();
      this.#claimed.set(interfaceNumber, claimed);
    } catch (error) {
      throw await explainClaim(action, this.info, error);
    }
  }

  selectAlternate(interfaceNumber: number, alternateSetting: number): Promise<void> {
    return this.#use(`Selecting alternate setting ${alternateSetting}`, async () => {
      const chosen = this.#device.interface(interfaceNumber);
      await promisify(chosen.setAltSetting).call(chosen, alternateSetting);
    });
  }

  controlIn(request: ControlRequest, length: number, timeout: Milliseconds): Promise<Uint8Array> {
    return this.#use(nameRequest(request), () => this.#transfer(controlBuffer(request, length), timeout), timeout);
  }

  async controlOut(request: ControlRequest, data: Uint8Array, timeout: Milliseconds): Promise<void> {
    const buffer = controlBuffer(request, data.length, data);
    await this.#use(nameRequest(request), () => this.#transfer(buffer, timeout), timeout);
  }

  async reset(): Promise<void> {
    this.#refuseClosed('USB reset');
    try {
      await promisify(this.#device.reset).call(this.#device);
    } catch (error) {
      throw explainReset(this.info, error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Resolves with the data that was transferred. */
  async #transfer(buffer: Buffer, timeout: Milliseconds): Promise<Uint8Array> {
    const transfer = this.#idle.pop() ?? new ControlTransfer(this.#usb, this.#device);
    const done = transfer.send(buffer, timeout);
    this.#pending.set(transfer, done);
    try {
      const data = await done;
      this.#idle.push(transfer);
      return data;
    } finally {
      this.#pending.delete(transfer);
    }
  }

  #refuseClosed(action: string): void {
    if (this.#closing) throw new Error(`${action}: ${nameUsbDevice(this.info)} is closed`);
  }

  async #use<T>(action: string, run: () => Promise<T>, limit?: Milliseconds): Promise<T> {
    this.#refuseClosed(action);
    try {
      return await run();
    } catch (error) {
      throw explainUsb(action, this.info, error, this.#closing ? undefined : limit);
    }
  }

  /** libusb refuses to close while a transfer is pending. A device that is gone leaves only its handle. */
  async #close(): Promise<void> {
    for (const transfer of this.#pending.keys()) transfer.cancel();
    await Promise.allSettled(this.#pending.values());
    await Promise.allSettled([...this.#claimed.values()].map((claimed) => claimed.releaseAsync()));
    try {
      this.#device.close();
    } catch {
      // gone
    }
  }
}
