import type { UsbFunction } from '../board/usb-function.ts';
import { parseRequest, type Submit, submitReply, unlinkReply, urbStatus } from './urb.ts';

/** bRequest of USB 2.0 table 9-4. */
const SET_CONFIGURATION = 9;

/** A URB that the device has not answered yet. */
interface Pending {
  readonly submit: Submit;
  readonly abort: AbortController;
  /** The host took it back: its answer is dropped. */
  unlinked: boolean;
}

/**
 * Device side of the URB phase for one UsbFunction: bytes of the host go in at `receive`, answers leave through `send`.
 * Each endpoint answers in the order it was asked, one transfer at a time, as hardware does.
 */
export class UrbServer {
  readonly #device: UsbFunction;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #pipes = new Map<string, Pending[]>();
  #unparsed: Uint8Array = new Uint8Array(0);
  #closed = false;
  #isUnplugged = false;
  readonly #onConfigured: () => void;

  /** `onConfigured` is called when the host has configured the device: drivers and libusb see it from then on. */
  constructor(device: UsbFunction, send: (bytes: Uint8Array) => void, onConfigured: () => void = () => {}) {
    this.#device = device;
    this.#send = send;
    this.#onConfigured = onConfigured;
  }

  /** Bytes from the host, cut anywhere. @throws Error when they are not USB/IP */
  receive(chunk: Uint8Array): void {
    this.#unparsed = this.#unparsed.length === 0 ? chunk : Buffer.concat([this.#unparsed, chunk]);
    for (let parsed = parseRequest(this.#unparsed); parsed; parsed = parseRequest(this.#unparsed)) {
      this.#unparsed = this.#unparsed.subarray(parsed.size);
      if (parsed.request.command === 'submit') this.#enqueue(parsed.request);
      else this.#unlink(parsed.request.seqnum, parsed.request.victim);
    }
  }

  /** The cable is out, and the host has not noticed yet. Its requests fail at once, as on a bus. */
  unplug(): void {
    if (this.#closed || this.#isUnplugged) return;
    this.#isUnplugged = true;
    const pending = [...this.#pipes.values()].flat();
    this.#pipes.clear();
    for (const { submit, abort, unlinked } of pending) {
      abort.abort();
      if (!unlinked) this.#refuse(submit);
    }
    this.#device.detached?.();
  }

  /** The host or the cable is gone: nothing is answered any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const pending of [...this.#pipes.values()].flat()) pending.abort.abort();
    this.#pipes.clear();
    if (!this.#isUnplugged) this.#device.detached?.();
  }

  #refuse({ seqnum }: Submit): void {
    this.#send(submitReply(seqnum, urbStatus.noDevice, 0));
  }

  #enqueue(submit: Submit): void {
    if (this.#isUnplugged) {
      this.#refuse(submit);
      return;
    }
    const name = submit.endpoint === 0 ? '0' : `${submit.endpoint} ${submit.direction}`;
    const pipe = this.#pipes.get(name) ?? [];
    this.#pipes.set(name, pipe);
    pipe.push({ submit, abort: new AbortController(), unlinked: false });
    if (pipe.length === 1) void this.#serve(pipe);
  }

  #unlink(seqnum: number, victim: number): void {
    for (const pipe of this.#pipes.values()) {
      const position = pipe.findIndex(({ submit, unlinked }) => submit.seqnum === victim && !unlinked);
      if (position < 0) continue;
      const pending = pipe[position]!;
      pending.unlinked = true;
      pending.abort.abort();
      // The device still works on the first one. The next must wait for it.
      if (position > 0) pipe.splice(position, 1);
      this.#send(unlinkReply(seqnum, urbStatus.connectionReset));
      return;
    }
    this.#send(unlinkReply(seqnum, urbStatus.ok));
  }

  async #serve(pipe: Pending[]): Promise<void> {
    for (let pending = pipe[0]; pending; pending = pipe[0]) {
      const reply = await this.#answer(pending);
      if (this.#closed || this.#isUnplugged) return;
      if (!pending.unlinked) this.#send(reply);
      pipe.shift();
    }
  }

  async #answer({ submit, abort }: Pending): Promise<Uint8Array> {
    const { seqnum, endpoint, direction, setup, data, length } = submit;
    if (endpoint === 0) {
      const reply = await this.#device.control(setup, data);
      if (reply === 'stall') return submitReply(seqnum, urbStatus.stall, 0);
      if (reply === 'garbled') return submitReply(seqnum, urbStatus.protocol, 0);
      if (setup.requestType === 0 && setup.request === SET_CONFIGURATION && setup.value !== 0) this.#onConfigured();
      if (direction === 'out') return submitReply(seqnum, urbStatus.ok, data.length);
      const taken = reply.subarray(0, Math.min(length, setup.length));
      return submitReply(seqnum, urbStatus.ok, taken.length, taken);
    }
    if (direction === 'out') {
      await this.#device.write?.(endpoint, data);
      return submitReply(seqnum, urbStatus.ok, data.length);
    }
    const read = await this.#read(endpoint, length, abort.signal);
    return submitReply(seqnum, urbStatus.ok, read.length, read);
  }

  /** Data of an IN endpoint; an endpoint that the function does not have NAKs until the host gives up. */
  async #read(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const gaveUp = new Promise<Uint8Array>((resolve) => {
      signal.addEventListener('abort', () => resolve(new Uint8Array(0)), { once: true });
    });
    if (signal.aborted || !this.#device.read) return gaveUp;
    const read = this.#device.read(endpoint, length, signal);
    return Promise.race([
      gaveUp,
      read.catch((error: unknown) => {
        if (signal.aborted) return new Uint8Array(0);
        throw error;
      }),
    ]);
  }
}
