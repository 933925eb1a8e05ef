import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbBus, UsbDevice, UsbDeviceInfo, UsbTrouble, UsbTroubles } from '../../bench/usb-bus.ts';
import type { UsbFunction, UsbSocket } from '../board/usb-function.ts';
import type { TruthEvent } from '../truth.ts';
import { enumerate, idsIn, troubleOf } from './enumeration.ts';
import type { ListedFunction } from './sim-cdc.ts';
import { SimUsbDevice } from './sim-usb-device.ts';

export interface SimUsbOptions {
  /**
   * From the pull-up to a device that the host lists: 100 ms of debounce (USB 2.0 §7.1.7.3), a reset and descriptors.
   */
  readonly enumeration?: Milliseconds;
  /** Duration of one control transfer. A full-speed host has one frame a millisecond. */
  readonly transfer?: Milliseconds;
  /** Unset if a request may overtake waiting ones. No document of WinUSB or macOS promises an order. */
  readonly keepsOrder?: boolean;
  /** Set if the user may list devices but not open them. */
  readonly denied?: boolean;
  /** Set if devices of one hub enumerate one after the other, as on Linux (drivers/usb/core/hub.c, hub_event). */
  readonly inTurn?: boolean;
  /** Unset if the host has no reset of a port. */
  readonly resetsPorts?: boolean;
  /** `vendor:product` of devices that the host never sees: a virtual machine is not given them. */
  readonly hidden?: string;
}

/** A device between its pull-up and its leaving; `gone` is aborted with the error that its open transfers end in. */
interface Attachment {
  readonly device: UsbFunction;
  readonly gone: AbortController;
  info?: UsbDeviceInfo;
}

/** Long enough for a real clock's first timers. */
const benchStart: Milliseconds = 5;

/** One socket of the in-process bus. A plugged-in device is listed after its enumeration. */
class SimUsbSocket implements UsbSocket {
  readonly path: string;
  readonly #bus: SimUsbBus;
  readonly #record: (event: TruthEvent) => void;
  #attachment: Attachment | undefined;

  constructor(bus: SimUsbBus, path: string, record: (event: TruthEvent) => void) {
    this.#bus = bus;
    this.path = path;
    this.#record = record;
  }

  get attachment(): Attachment | undefined {
    return this.#attachment;
  }

  /** A program of the host opens the plugged-in device. */
  noteOpening(): void {
    this.#record({ what: 'usb-opened', path: this.path });
  }

  attach(device: UsbFunction): void {
    this.detach();
    if (this.#bus.isHidden(device)) {
      this.#record({ what: 'fault', name: 'usb-hidden-from-host' });
      return;
    }
    const attachment: Attachment = { device, gone: new AbortController() };
    this.#attachment = attachment;
    this.#enumerate(attachment).catch((reason) => {
      if (!attachment.gone.signal.aborted) throw reason;
    });
  }

  detach(): void {
    const attachment = this.#attachment;
    if (!attachment) return;
    this.#attachment = undefined;
    attachment.gone.abort(new BootctlError('target-lost', `The USB device at ${this.path} left the bus`));
    if (attachment.info) this.#record({ what: 'vanished', path: this.path, device: attachment.device.name });
    attachment.device.detached?.();
    if (attachment.info) this.#bus.changed();
  }

  async #enumerate(attachment: Attachment): Promise<void> {
    const { device, gone } = attachment;
    await this.#bus.inTurn(() => sleep(this.#bus.clock, this.#bus.enumerationTime, gone.signal));
    this.#bus.plugged(this.path);
    const trouble = await troubleOf(device, this.#bus.clock, gone.signal);
    if (gone.signal.aborted) return;
    if (trouble) return this.#bus.giveUp(this.path, trouble);
    const read = await enumerate(device);
    if (gone.signal.aborted) return;
    this.#bus.settled(this.path);
    attachment.info = { path: this.path, instance: this.#bus.nextInstance(this.path), ...read };
    this.#record({ what: 'enumerated', path: this.path, device: device.name });
    this.#bus.changed();
  }
}

/** The USB bus of a simulated host: devices in their sockets, control transfers that take time. */
export class SimUsbBus implements UsbBus {
  readonly clock: Clock;
  readonly options: Required<SimUsbOptions>;
  readonly #sockets: SimUsbSocket[] = [];
  readonly #listeners = new Set<() => void>();
  #log: (UsbTrouble & { readonly sequence: number })[] = [];
  #sequence = 0;
  readonly #startedAt: Milliseconds;
  #enumerations = 0;
  #lastInTurn: Promise<void> = Promise.resolve();
  #plugged = 0;

  constructor(clock: Clock, options: SimUsbOptions = {}) {
    this.clock = clock;
    this.#startedAt = clock.now();
    this.options = {
      enumeration: 120,
      transfer: 1,
      denied: false,
      keepsOrder: true,
      inTurn: false,
      resetsPorts: true,
      hidden: '',
      ...options,
    };
  }

  isHidden({ deviceDescriptor }: UsbFunction): boolean {
    return this.options.hidden === idsIn(deviceDescriptor);
  }

  /** A socket at bus and port numbers such as `1-2`; `record` receives what enumerates and vanishes there. */
  socket(path: string, record: (event: TruthEvent) => void): UsbSocket {
    const socket = new SimUsbSocket(this, path, record);
    this.#sockets.push(socket);
    return socket;
  }

  async list(): Promise<readonly UsbDeviceInfo[]> {
    await sleep(this.clock, this.options.transfer);
    return this.listed().map(({ info }) => info);
  }

  async troubles(mark = this.#sequence): Promise<UsbTroubles> {
    const troubles = this.#log.filter(({ sequence }) => sequence >= mark).map(({ path, text }) => ({ path, text }));
    return { mark: this.#sequence, troubles };
  }

  /** Linux's log entry for a pull-up (drivers/usb/core/hub.c). It counts as trouble until the enumeration ends. */
  plugged(path: string): void {
    this.#plugged += 1;
    this.#say(path, `new full-speed USB device number ${this.#plugged}`);
  }

  /** And of a device that cannot be read. */
  giveUp(path: string, trouble: string): void {
    this.#say(path, trouble);
    this.#say(path, 'unable to enumerate USB device');
  }

  settled(path: string): void {
    this.#log = this.#log.filter((trouble) => trouble.path !== path);
  }

  #say(path: string, text: string): void {
    this.#log.push({ path, text, sequence: this.#sequence++ });
  }

  /** Enumerated devices, for the host's own drivers. */
  listed(): readonly ListedFunction[] {
    return this.#sockets.flatMap(({ attachment }) => {
      if (!attachment?.info) return [];
      return [{ info: attachment.info, device: attachment.device, gone: attachment.gone.signal }];
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async open(info: UsbDeviceInfo): Promise<UsbDevice> {
    await sleep(this.clock, this.options.transfer);
    const found = this.listed().find((listed) => listed.info.instance === info.instance);
    if (!found) throw new BootctlError('target-lost', `No USB device is left at ${info.path}`);
    const isIn = ({ attachment }: SimUsbSocket) => attachment?.info?.instance === info.instance;
    if (this.options.denied) throw new BootctlError('usb-denied', `No right to open the USB device at ${info.path}`);
    this.#sockets.find(isIn)?.noteOpening();
    const { transfer, keepsOrder, resetsPorts } = this.options;
    const device = new SimUsbDevice({ ...found, clock: this.clock, transfer, keepsOrder });
    return resetsPorts ? device : Object.defineProperty(device, 'reset', { value: undefined });
  }

  /** A device that is plugged in when the bench starts counts as enumerated already. */
  get enumerationTime(): Milliseconds {
    return this.clock.now() - this.#startedAt < benchStart ? 0 : this.options.enumeration;
  }

  /** Runs the enumeration of a device after those that have begun before it, where the hub knows only one at a time. */
  inTurn(enumeration: () => Promise<void>): Promise<void> {
    if (!this.options.inTurn) return enumeration();
    const own = this.#lastInTurn.then(enumeration);
    this.#lastInTurn = own.catch(() => {});
    return own;
  }

  /** Notifies the listeners after the cause of the change has ended. */
  changed(): void {
    this.clock.setTimeout(() => {
      for (const listener of this.#listeners) listener();
    }, 0);
  }

  nextInstance(path: string): string {
    this.#enumerations += 1;
    return `${path}#${this.#enumerations}`;
  }
}
