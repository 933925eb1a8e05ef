import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import { type Clock, sleep } from '../../src/bench/clock.ts';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import type { ControlRequest, UsbDevice } from '../../src/bench/usb-bus.ts';

/** A control transfer to a DFU interface. */
export interface Request {
  readonly path: string;
  readonly t: number;
  /** Host to device: it may change something. */
  readonly isOut: boolean;
  readonly request: number;
}

/** What goes through the doors of a bench while jobs run on it. */
export class Doors {
  readonly requests: Request[] = [];
  /** When a device was first listed at each USB path. */
  listed = new Map<string, number>();
  /** Paths of the USB devices that were opened, in their order. */
  readonly opened: string[] = [];
  readonly bytesSent: { readonly path: string; readonly t: number; readonly bytes: number }[] = [];
  portsOpen = 0;
  usbOpen = 0;
  /** Numbers of transfers, counted from now on, that fail in this way. */
  readonly failing = new Map<number, 'stall' | 'no-answer'>();
  /** A mutant's: the next of these is not closed although its owner believes it. */
  leaks: 'port' | 'usb' | undefined;
  /** A mutant's: so many ports are refused. */
  deniedOpens = 0;
  readonly #clock: Clock;
  #transfers = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same bench, watched. */
  around<B extends Bench>(bench: B): B {
    const { serial, usb } = bench;
    return {
      ...bench,
      serial: decorated(serial, {
        open: async (path, format) => {
          if (this.deniedOpens-- > 0) throw new BootctlError('adapter-busy', `${path} is held by another program`);
          return this.#link(await serial.open(path, format));
        },
      }),
      usb: decorated(usb, {
        list: async () => {
          const devices = await usb.list();
          for (const { path } of devices) if (!this.listed.has(path)) this.listed.set(path, this.#clock.now());
          return devices;
        },
        open: async (info) => this.#device(await usb.open(info)),
      }),
    };
  }

  /** What is listed counts anew. */
  startRun(): void {
    this.listed = new Map();
  }

  /** Transfers are counted from here. */
  failAfter(transfers: number, how: 'stall' | 'no-answer'): void {
    this.failing.set(this.#transfers + transfers, how);
  }

  #link(link: SerialLink): SerialLink {
    this.portsOpen += 1;
    const close = once(() => {
      if (this.leaks !== 'port') this.portsOpen -= 1;
    });
    return decorated(link, {
      write: (bytes) => {
        this.bytesSent.push({ path: link.path, t: this.#clock.now(), bytes: bytes.length });
        return link.write(bytes);
      },
      [Symbol.asyncDispose]: async () => {
        close();
        await link[Symbol.asyncDispose]();
      },
    });
  }

  #device(device: UsbDevice): UsbDevice {
    this.usbOpen += 1;
    this.opened.push(device.info.path);
    const close = once(() => {
      if (this.leaks !== 'usb') this.usbOpen -= 1;
    });
    return decorated(device, {
      controlIn: async (request, length, timeout) => {
        await this.#transfer(device, request, false, timeout);
        return device.controlIn(request, length, timeout);
      },
      controlOut: async (request, data, timeout) => {
        await this.#transfer(device, request, true, timeout);
        return device.controlOut(request, data, timeout);
      },
      [Symbol.asyncDispose]: async () => {
        close();
        await device[Symbol.asyncDispose]();
      },
    });
  }

  async #transfer({ info }: UsbDevice, { requestType, request }: ControlRequest, isOut: boolean, timeout: number) {
    const isToInterface = (requestType & 0x60) === 0x20; // class requests (USB 2.0 table 9-2)
    if (isToInterface) this.requests.push({ path: info.path, t: this.#clock.now(), isOut, request });
    const failure = this.failing.get(this.#transfers);
    this.#transfers += 1;
    if (failure === 'stall') throw new BootctlError('usb-stall', `The USB device at ${info.path} refused a request`);
    if (failure !== 'no-answer') return;
    await sleep(this.#clock, timeout);
    throw new BootctlError('usb-timeout', `The USB device at ${info.path} did not answer within ${timeout} ms`);
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** An object with some of its members replaced; the others work on the object itself, private parts and all. */
function decorated<T extends object>(original: T, replaced: Partial<T>): T {
  return new Proxy(original, {
    get: (target, key) => {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key);
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
