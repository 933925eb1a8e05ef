import { BootctlError } from '../base/errors.ts';
import type { Bench } from '../bench/bench.ts';
import type { PortInfo } from '../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../bench/usb-bus.ts';
import { type DriversByPath, driversOfAdapters } from './job/adapter/without-port.ts';

/** Something that is there; without `trouble`, nothing speaks against using it. */
export interface Found<Info> {
  readonly info: Info;
  readonly trouble?: BootctlError;
}

/** Why a port would not open, found out without opening it. */
export type PortTrouble = (path: string) => Promise<BootctlError | undefined>;

/** What a host has for bootctl. */
export interface Inventory {
  readonly ports: readonly Found<PortInfo>[];
  readonly dfuDevices: readonly Found<UsbDeviceInfo>[];
  /** All that is on the USB bus. */
  readonly usbDevices: readonly UsbDeviceInfo[];
  /** Which drivers have the adapters, where the host says that. */
  readonly adapterDrivers?: DriversByPath;
  /** Why the USB bus cannot be seen at all. */
  readonly busTrouble?: BootctlError;
}

/** The ROM's DFU device: the same ids for every STM32 (AN2606). */
const romDfu = { vendorId: '0483', productId: 'df11' } as const;

export interface ListSpec {
  readonly bench: Bench;
  readonly portTrouble: PortTrouble;
}

/** Looks at everything and disturbs nothing: no port is opened, and no request is sent to a DFU device. */
export async function list({ bench, portTrouble }: ListSpec): Promise<Inventory> {
  const ports = await Promise.all(
    (await bench.serial.list()).map(async (info) => found(info, await portTrouble(info.path))),
  );
  try {
    const usbDevices = await bench.usb.list();
    const dfuDevices: Found<UsbDeviceInfo>[] = [];
    for (const info of usbDevices.filter(isDfu)) {
      dfuDevices.push(found(info, await openingTrouble(bench, info)));
    }
    return { ports, dfuDevices, usbDevices, adapterDrivers: await driversOfAdapters(bench.usb, usbDevices) };
  } catch (error) {
    if (error instanceof BootctlError) return { ports, dfuDevices: [], usbDevices: [], busTrouble: error };
    throw error;
  }
}

const found = <Info>(info: Info, trouble: BootctlError | undefined): Found<Info> =>
  trouble ? { info, trouble } : { info };

const isDfu = ({ vendorId, productId, product = '' }: UsbDeviceInfo): boolean =>
  (vendorId === romDfu.vendorId && productId === romDfu.productId) || /\bDFU\b/i.test(product);

/** Opens the USB device and closes it again: on the wire that is nothing. */
async function openingTrouble({ usb }: Bench, info: UsbDeviceInfo): Promise<BootctlError | undefined> {
  try {
    const device = await usb.open(info);
    await device[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
}
