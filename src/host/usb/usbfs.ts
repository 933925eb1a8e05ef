import { type FileHandle, open } from 'node:fs/promises';
import type { Milliseconds } from '../../base/units.ts';
import type { ControlRequest, UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { addressOf, nativeIoctl } from '../system/ioctl.ts';
import { explainUsb, nameRequest, nameUsbDevice } from './errors.ts';
import { explainClaim } from './explain.ts';
import { keptConfiguration, usbAddress, usbfsPath } from './list.ts';

// Requests of usbfs on 64-bit x86, arm and riscv (linux/usbdevice_fs.h, asm-generic/ioctl.h)
const USBDEVFS_CONTROL = 0xc0185500; // _IOWR('U', 0, struct usbdevfs_ctrltransfer: 24 bytes)
const USBDEVFS_SETINTERFACE = 0x80085504; // _IOR('U', 4, { unsigned int interface, altsetting })
const USBDEVFS_CLAIMINTERFACE = 0x8004550f; // _IOR('U', 15, unsigned int)
const USBDEVFS_RELEASEINTERFACE = 0x80045510; // _IOR('U', 16, unsigned int)
const USBDEVFS_RESET = 0x5514; // _IO('U', 20)

const words = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

/** A USB device through the files of the Linux kernel, with the kernel's own timeouts. */
class UsbfsDevice implements UsbDevice {
  readonly info: UsbDeviceInfo;
  readonly configuration: Uint8Array | undefined;
  /** Each transfer waits for the one before it. */
  readonly keepsOrder = true;
  readonly #file: FileHandle;
  readonly #claimed = new Set<number>();
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(info: UsbDeviceInfo, file: FileHandle) {
    this.info = info;
    this.configuration = keptConfiguration(info);
    this.#file = file;
  }

  async claimInterface(interfaceNumber: number): Promise<void> {
    const action = `Claiming interface ${interfaceNumber}`;
    try {
      await this.#call(action, USBDEVFS_CLAIMINTERFACE, words(interfaceNumber));
    } catch (error) {
      throw await explainClaim(action, this.info, error);
    }
    this.#claimed.add(interfaceNumber);
  }

  async selectAlternate(interfaceNumber: number, alternateSetting: number): Promise<void> {
    const argument = words(interfaceNumber, alternateSetting);
    const action = `Selecting alternate setting ${alternateSetting}`;
    try {
      await this.#call(action, USBDEVFS_SETINTERFACE, argument);
    } catch (error) {
      throw explainUsb(action, this.info, error);
    }
  }

  async controlIn(request: ControlRequest, length: number, timeout: Milliseconds): Promise<Uint8Array> {
    const data = Buffer.alloc(length);
    return new Uint8Array(data.subarray(0, await this.#control(request, data, timeout)));
  }

  async controlOut(request: ControlRequest, data: Uint8Array, timeout: Milliseconds): Promise<void> {
    await this.#control(request, Buffer.from(data), timeout);
  }

  async reset(): Promise<void> {
    const action = 'USB reset';
    try {
      await this.#call(action, USBDEVFS_RESET, words(0));
    } catch (error) {
      throw explainUsb(action, this.info, error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** One after the other: each call blocks its own thread, and threads do not keep an order. */
  #control(request: ControlRequest, data: Buffer, timeout: Milliseconds): Promise<number> {
    const ended = this.#last.then(() => this.#transfer(request, data, timeout));
    this.#last = ended.catch(() => {});
    return ended;
  }

  async #transfer(request: ControlRequest, data: Buffer, timeout: Milliseconds): Promise<number> {
    const transfer = Buffer.alloc(24);
    transfer.writeUInt8(request.requestType, 0);
    transfer.writeUInt8(request.request, 1);
    transfer.writeUInt16LE(request.value, 2);
    transfer.writeUInt16LE(request.index, 4);
    transfer.writeUInt16LE(data.length, 6);
    transfer.writeUInt32LE(Math.max(1, Math.round(timeout)), 8); // 0 would be for ever
    if (data.length > 0) transfer.writeBigUInt64LE(await addressOf(data), 16);
    const action = nameRequest(request);
    try {
      return Math.min(await this.#call(action, USBDEVFS_CONTROL, transfer), data.length); // `data` stays referenced
    } catch (error) {
      throw explainUsb(action, this.info, error, timeout);
    }
  }

  async #call(action: string, request: number, argument: Buffer): Promise<number> {
    if (this.#closing) throw new Error(`${action}: ${nameUsbDevice(this.info)} is closed`);
    const ioctl = await nativeIoctl();
    return ioctl(this.#file.fd, request, argument);
  }

  async #close(): Promise<void> {
    const ioctl = await nativeIoctl();
    const releases = [...this.#claimed].map((claimed) =>
      ioctl(this.#file.fd, USBDEVFS_RELEASEINTERFACE, words(claimed)),
    );
    await Promise.allSettled(releases);
    await this.#file.close().catch(() => {}); // of a device that is gone
  }
}

/**
 * Opens a listed USB device without libusb, which finds only devices that udevd announced. A container has no udevd,
 * and there the DFU device always appears after libusb took its list. Rejects with the errno of open(2).
 */
export async function openUsbfsDevice(info: UsbDeviceInfo): Promise<UsbDevice> {
  return new UsbfsDevice(info, await open(usbfsPath(usbAddress(info)), 'r+'));
}

/** True if the numbers of this file are valid here. */
export const usbfsUsable = (): boolean => process.platform === 'linux' && /^(x64|arm64|riscv64)$/.test(process.arch);
