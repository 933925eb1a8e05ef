import type { Bench } from '../../bench/bench.ts';
import type { UsbBus, UsbDeviceInfo } from '../../bench/usb-bus.ts';

/** A bench on which bootloaders that were there before are not seen, and those that come are noted. */
export interface WatchedBench {
  readonly bench: Bench;
  /** USB paths at which bootloaders have come. */
  readonly newcomers: () => readonly string[];
}

export type IsBootloader = (device: UsbDeviceInfo) => boolean;

/** What one job of a pairing sees of `bench`. `before` are the instances of bootloaders that were there when it began. */
export function watchedBench(bench: Bench, isBootloader: IsBootloader, before: ReadonlySet<string>): WatchedBench {
  const { usb } = bench;
  const seen = new Set<string>();
  const list = async () => {
    const devices = (await usb.list()).filter(({ instance }) => !before.has(instance));
    for (const device of devices) if (isBootloader(device)) seen.add(device.path);
    return devices;
  };
  const { turn, prepare, troubles, drivers } = usb;
  const watched: UsbBus = {
    host: usb.host ?? usb,
    list,
    onChange: (listener) => usb.onChange(listener),
    open: (device) => usb.open(device),
    ...(turn && { turn: (signal, onWait) => turn.call(usb, signal, onWait) }),
    ...(prepare && { prepare: () => prepare.call(usb) }),
    ...(troubles && { troubles: (mark) => troubles.call(usb, mark) }),
    ...(drivers && { drivers: (device) => drivers.call(usb, device) }),
  };
  // Not spread: a bench may have a getter, and its disposal stays with the one who opened it.
  const { clock, serial, gpio, commands } = bench;
  return {
    bench: {
      clock,
      serial,
      usb: watched,
      ...(gpio && { gpio }),
      ...(commands && { commands }),
      [Symbol.asyncDispose]: async () => {},
    },
    newcomers: () => [...seen].sort(),
  };
}
