import type { Bench } from '../../bench/bench.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { watchBus } from '../job/watch-usb.ts';

/** Where a device is and what it calls itself: the same again after a reset. */
export const keyOf = ({ path, vendorId, productId }: UsbDeviceInfo): string => `${path} ${vendorId}:${productId}`;

/** What came and what left on the bus since it was begun. */
export class BusRecord {
  readonly #before: readonly UsbDeviceInfo[];
  readonly #left = new Set<UsbDeviceInfo>();
  readonly #seen = new Map<string, UsbDeviceInfo>();
  readonly #stop: () => void;
  #now: readonly UsbDeviceInfo[];

  private constructor(bench: Pick<Bench, 'usb' | 'clock'>, before: readonly UsbDeviceInfo[]) {
    this.#before = before;
    this.#now = before;
    this.#stop = watchBus(bench, (devices) => this.#listed(devices));
  }

  static async begin(bench: Pick<Bench, 'usb' | 'clock'>): Promise<BusRecord> {
    await bench.usb.prepare?.();
    return new BusRecord(bench, await bench.usb.list());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
  }

  #listed(devices: readonly UsbDeviceInfo[]): void {
    this.#now = devices;
    for (const device of devices) this.#seen.set(device.instance, device);
    const instances = new Set(devices.map(({ instance }) => instance));
    for (const device of this.#before) if (!instances.has(device.instance)) this.#left.add(device);
  }

  /** Devices that are there now, and were not at the beginning. */
  newcomers(): readonly UsbDeviceInfo[] {
    const known = new Set(this.#before.map(({ instance }) => instance));
    return this.#now.filter(({ instance }) => !known.has(instance));
  }

  /** Devices that were there at the beginning, and have not left. */
  stayed(): readonly UsbDeviceInfo[] {
    return this.#before.filter((device) => !this.#left.has(device));
  }

  /** One of these has left and is there again; a ROM does not count, because it is looked for by itself. */
  cameBack(keys: readonly string[]): boolean {
    return this.newcomers().some((device) => keys.includes(keyOf(device)) && !keyOf(device).endsWith(' 0483:df11'));
  }

  isThere(keys: readonly string[]): boolean {
    return this.#now.some((device) => keys.includes(keyOf(device)));
  }

  changes(): Record<'left' | 'stayed' | 'came' | 'passed', readonly string[]> {
    const known = new Set([...this.#before, ...this.#now].map(({ instance }) => instance));
    const passed = [...this.#seen.values()].filter(({ instance }) => !known.has(instance));
    const keys = (devices: Iterable<UsbDeviceInfo>) => [...devices].map(keyOf);
    return { left: keys(this.#left), stayed: keys(this.stayed()), came: keys(this.newcomers()), passed: keys(passed) };
  }
}
