import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { sleep } from '../../bench/clock.ts';
import type { ControlRequest, UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { ControlReply, SetupPacket, UsbFunction } from '../board/usb-function.ts';

export interface OpenDevice {
  readonly clock: Clock;
  /** Duration of one control transfer. */
  readonly transfer: Milliseconds;
  /** Order of waiting transfers. False: the one that was started last comes first. */
  readonly keepsOrder: boolean;
  readonly info: UsbDeviceInfo;
  readonly device: UsbFunction;
  /** Aborted with `target-lost` when the device leaves the bus. */
  readonly gone: AbortSignal;
}

/** SET_INTERFACE (USB 2.0 §9.4.10). */
const setInterface = { requestType: 0x01, request: 0x0b } as const;
const setInterfaceTimeout: Milliseconds = 1000;
const directionIn = 0x80;
/** Reset of a root port, and the recovery after it (USB 2.0 §7.1.7.5). */
const resetTime: Milliseconds = 50;
const recoveryTime: Milliseconds = 10;

/**
 * An open device of the in-process bus: each transfer takes time, and ends in an answer, a stall, a timeout or the
 * device's leaving.
 */
export class SimUsbDevice implements UsbDevice {
  readonly info: UsbDeviceInfo;
  readonly keepsOrder: boolean;
  readonly #parts: OpenDevice;
  readonly #closed = new AbortController();
  /** The device has left, or was closed. One for all transfers: to join two signals costs more than a transfer. */
  readonly #ended: AbortSignal;
  /** Ends with the last transfer that was started. */
  #pipe: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: OpenDevice) {
    this.info = parts.info;
    this.keepsOrder = parts.keepsOrder;
    this.#parts = parts;
    this.#ended = AbortSignal.any([parts.gone, this.#closed.signal]);
  }

  async claimInterface(): Promise<void> {
    await sleep(this.#parts.clock, 0, this.#ended);
  }

  async selectAlternate(interfaceNumber: number, alternateSetting: number): Promise<void> {
    const request = { ...setInterface, value: alternateSetting, index: interfaceNumber };
    await this.controlOut(request, new Uint8Array(0), setInterfaceTimeout);
  }

  async controlIn(request: ControlRequest, length: number, timeout: Milliseconds): Promise<Uint8Array> {
    const setup = { ...request, requestType: request.requestType | directionIn, length };
    return (await this.#transfer(setup, new Uint8Array(0), timeout)).slice(0, length);
  }

  async controlOut(request: ControlRequest, data: Uint8Array, timeout: Milliseconds): Promise<void> {
    await this.#transfer({ ...request, length: data.length }, data.slice(), timeout);
  }

  /** As on Linux: the device and its handle stay the same. A device that leaves the bus during the reset is lost. */
  async reset(): Promise<void> {
    await sleep(this.#parts.clock, resetTime, this.#ended);
    this.#parts.device.busReset?.();
    await sleep(this.#parts.clock, recoveryTime, this.#ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new BootctlError('target-lost', `The USB device at ${this.info.path} has been closed`));
  }

  /** Answer, stall, timeout or leaving, whichever comes first. */
  async #transfer(setup: SetupPacket, data: Uint8Array, timeout: Milliseconds): Promise<Uint8Array> {
    const { clock, transfer, device, keepsOrder } = this.#parts;
    const before = this.#pipe;
    const waiting = this.#waiting++;
    const answered = async (): Promise<ControlReply> => {
      if (keepsOrder) await before;
      await sleep(clock, keepsOrder ? transfer : transfer / (waiting + 1), this.#ended);
      return device.control(setup, data);
    };
    try {
      const first = this.#within(timeout, answered());
      this.#pipe = first.catch(() => {});
      const reply = await first;
      if (reply instanceof Uint8Array) return reply;
      const what = `request ${setup.request} (wValue ${setup.value})`;
      if (reply === 'garbled') {
        throw new BootctlError('target-lost', `The transfer to ${this.info.path} broke off: ${what}`);
      }
      throw new BootctlError('usb-stall', `The USB device at ${this.info.path} refused ${what}`);
    } finally {
      this.#waiting--;
    }
  }

  /** What comes first: the answer, the end of its time, or the end of the device. */
  #within(timeout: Milliseconds, answer: Promise<ControlReply>): Promise<ControlReply> {
    const { clock } = this.#parts;
    const { path } = this.info;
    return new Promise<ControlReply>((resolve, reject) => {
      const end = () => reject(this.#ended.reason);
      const tooLate = clock.setTimeout(() => {
        reject(new BootctlError('usb-timeout', `The USB device at ${path} did not answer within ${timeout} ms`));
      }, timeout);
      const forget = () => {
        clock.clearTimeout(tooLate);
        this.#ended.removeEventListener('abort', end);
      };
      if (this.#ended.aborted) end();
      this.#ended.addEventListener('abort', end, { once: true });
      answer.then(resolve, reject).finally(forget);
    });
  }
}
