import type * as libusb from 'usb';
import type { Milliseconds } from '../../base/units.ts';
import { sysfsNames } from './list.ts';

const lookEvery: Milliseconds = 10;

/** libusb's hotplug events: takes the listeners, and returns the function that ends them. */
export type Subscribe = (onAttach: () => void, onDetach: (device: libusb.Device) => void) => Promise<() => void>;

/**
 * Hints that the bus may have changed. One look at sysfs and one subscription serve all listeners of the process: each
 * job has several, and libusb's emitter warns of a leak from the eleventh on.
 */
export class BusChanges {
  readonly #subscribe: Subscribe;
  readonly #onDetach: (device: libusb.Device) => void;
  readonly #listeners = new Set<{ readonly hint: () => void }>();
  #stop = () => {};

  constructor(subscribe: Subscribe, onDetach: (device: libusb.Device) => void) {
    this.#subscribe = subscribe;
    this.#onDetach = onDetach;
  }

  /** Calls `listener` with each hint. Returns the unsubscriber. */
  listen(listener: () => void): () => void {
    const own = { hint: listener };
    if (this.#listeners.size === 0) this.#stop = this.#start();
    this.#listeners.add(own);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop();
    };
  }

  #start(): () => void {
    const hint = () => {
      for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener.hint();
    };
    const unwatch = watchNames(hint);
    const onDetach = (device: libusb.Device) => {
      this.#onDetach(device);
      hint();
    };
    const subscription = this.#subscribe(hint, onDetach).catch(() => () => {}); // no hints then; the caller lists anyway
    return () => {
      unwatch();
      subscription.then((unsubscribe) => unsubscribe());
    };
  }
}

/** sysfs lists a device at once, while udevd informs libusb later. No device comes back within `lookEvery`. */
function watchNames(listener: () => void): () => void {
  let known = sysfsNames();
  if (known === undefined) return () => {};
  const timer = setInterval(() => {
    const names = sysfsNames();
    if (names === known) return;
    known = names;
    listener();
  }, lookEvery);
  return () => clearInterval(timer);
}
