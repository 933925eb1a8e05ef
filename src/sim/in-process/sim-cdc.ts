import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { CharacterFormat, ModemLines, PortInfo, SerialLink, SerialPorts } from '../../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { UsbFunction } from '../board/usb-function.ts';
import { descriptorType } from '../chip/usb-descriptors.ts';

/** A device on the bus, as the host's serial driver sees it. */
export interface ListedFunction {
  readonly info: UsbDeviceInfo;
  readonly device: UsbFunction;
  readonly gone: AbortSignal;
}

/** Requests of a CDC-ACM host driver (USB PSTN 1.2 table 13); bit 0 of the line state is DTR, bit 1 RTS (§6.3.12). */
const setLineCoding = { requestType: 0x21, request: 0x20, value: 0, index: 0, length: 7 } as const;
const setControlLineState = { requestType: 0x21, request: 0x22, index: 0, length: 0 } as const;
/** Interface class of CDC (USB CDC 1.2 §4.2), and bmAttributes of its data endpoints (USB 2.0 table 9-13). */
const communications = 0x02;
const bulk = 0x02;
const packet = 64;
const callLatency: Milliseconds = 1;

/** Bulk endpoint addresses of a CDC device; undefined for any other device. */
function bulkEndpoints({ configurationDescriptor: all }: UsbFunction): { in: number; out: number } | undefined {
  const found = { in: 0, out: 0, isCdc: false };
  for (let at = 0; at < all.length && all[at]! > 0; at += all[at]!) {
    const [, type = 0, , attributes = 0, , interfaceClass = 0] = all.subarray(at, at + all[at]!);
    if (type === descriptorType.interface && interfaceClass === communications) found.isCdc = true;
    const address = all[at + 2] ?? 0;
    if (type === descriptorType.endpoint && attributes === bulk) found[address & 0x80 ? 'in' : 'out'] = address;
  }
  return found.isCdc && found.in && found.out ? found : undefined;
}

/** dwDTERate, one stop bit, parity, 8 data bits (USB PSTN 1.2 table 17). */
function lineCoding({ baudRate, parity }: CharacterFormat): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, parity === 'even' ? 2 : 0, 8);
  new DataView(bytes.buffer).setUint32(0, baudRate, true);
  return bytes;
}

/** The open virtual COM port of a target's own firmware. It has only USB, no wires. */
class CdcLink implements SerialLink {
  readonly path: string;
  readonly #clock: Clock;
  readonly #function: ListedFunction;
  readonly #endpoints: { readonly in: number; readonly out: number };

  constructor(path: string, clock: Clock, listed: ListedFunction, endpoints: { in: number; out: number }) {
    this.path = path;
    this.#clock = clock;
    this.#function = listed;
    this.#endpoints = endpoints;
  }

  async setLines({ rts, dtr }: ModemLines): Promise<void> {
    const value = (dtr === 'asserted' ? 1 : 0) | (rts === 'asserted' ? 2 : 0);
    await this.#call(() => this.#function.device.control({ ...setControlLineState, value }, new Uint8Array(0)));
  }

  async configure(format: CharacterFormat): Promise<void> {
    await this.#call(() => this.#function.device.control(setLineCoding, lineCoding(format)));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += packet) {
      const data = bytes.slice(at, at + packet);
      await this.#call(async () => this.#function.device.write?.(this.#endpoints.out, data));
    }
  }

  async receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    const { device, gone } = this.#function;
    const tooLate = new AbortController();
    const timer = this.#clock.setTimeout(() => tooLate.abort(), timeout);
    const stop = AbortSignal.any([tooLate.signal, gone, ...(signal ? [signal] : [])]);
    try {
      return (await device.read?.(this.#endpoints.in, packet, stop)) ?? new Uint8Array(0);
    } catch (error) {
      signal?.throwIfAborted();
      if (gone.aborted) throw this.#lost();
      if (tooLate.signal.aborted) return new Uint8Array(0);
      throw error;
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async drainInput(): Promise<void> {
    while ((await this.receive(callLatency)).length > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#function.gone.aborted) await this.setLines({ rts: 'released', dtr: 'released' });
  }

  async #call(transfer: () => Promise<unknown>): Promise<void> {
    await sleep(this.#clock, callLatency, this.#function.gone).catch(() => {
      throw this.#lost();
    });
    await transfer();
  }

  #lost(): BootctlError {
    return new BootctlError('adapter-lost', `${this.path} has gone: the target left the bus`);
  }
}

/** The virtual COM ports of all listed devices, as `/dev/ttyACM0` and so on. */
export function cdcPorts(clock: Clock, listed: () => readonly ListedFunction[]): SerialPorts {
  const ports = () =>
    listed()
      .filter(({ device }) => bulkEndpoints(device))
      .map((one, index) => ({ one, path: `/dev/ttyACM${index}` }));
  const describe = ({ vendorId, productId, serialNumber, path: usbPath }: UsbDeviceInfo, path: string): PortInfo => ({
    path,
    vendorId,
    productId,
    usbPath,
    ...(serialNumber === undefined ? {} : { serialNumber }),
  });
  return {
    list: async () => ports().map(({ one, path }) => describe(one.info, path)),
    open: async (path, format) => {
      const port = ports().find((other) => other.path === path);
      if (!port) throw new BootctlError('adapter-missing', `There is no serial port ${path}`);
      const link = new CdcLink(path, clock, port.one, bulkEndpoints(port.one.device)!);
      await link.configure(format);
      // Linux asserts both on open, and nothing here is wired to them: firmware takes DTR for "a program is there".
      await link.setLines({ rts: 'asserted', dtr: 'asserted' });
      return link;
    },
  };
}
