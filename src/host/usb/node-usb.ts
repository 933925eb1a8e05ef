import { setTimeout as delay } from 'node:timers/promises';
import type * as libusb from 'usb';
import { BootctlError, rowOf } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { UsbBus, UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { systemClock } from '../system/system-clock.ts';
import { UsbArrivals } from './arrivals.ts';
import { BusChanges } from './changes.ts';
import { LibusbDevice } from './device.ts';
import { nameUsbDevice, usbFailure } from './errors.ts';
import { explainUsbOpening, leftBus } from './explain.ts';
import { interfaceDrivers } from './interface-drivers.ts';
import { isListed, listSysfsDevices, usbAddress } from './list.ts';
import { KernelLog } from './log.ts';
import { hostTurn } from './turn.ts';
import { openUsbfsDevice, usbfsUsable } from './usbfs.ts';

/** udevd sets the permissions of a new device some time after the kernel announces it. */
const rightsLimit: Milliseconds = 1_000;
/** libusb hears of a new device from udevd, tens of ms after sysfs shows it. */
const listLimit: Milliseconds = 250;
const retryPause: Milliseconds = 5;

/** libusb, loaded when it is first needed, and without the package's other half, WebUSB. */
export async function loadLibusb(): Promise<typeof libusb.usb> {
  const { default: usb } = await import('usb/dist/usb/index.js');
  if (usb.INIT_ERROR !== 0) throw new Error(`libusb did not start (error ${usb.INIT_ERROR})`);
  return usb;
}

const unavailable = (error: unknown): BootctlError =>
  new BootctlError(
    'usb-unavailable',
    `USB cannot be used on this host: ${error instanceof Error ? error.message : error}`,
    {
      cause: error,
    },
  );

/** One for the process, as libusb is. */
const arrivals = new UsbArrivals();

async function listDevices(): Promise<readonly UsbDeviceInfo[]> {
  const known = process.platform === 'linux' ? await listSysfsDevices() : undefined;
  if (known) return known;
  try {
    const usb = await loadLibusb();
    return arrivals.scanned(usb.getDeviceList());
  } catch (error) {
    throw unavailable(error);
  }
}

/** Subscribes to libusb's hotplug events; they never keep the process alive. */
async function subscribe(onAttach: () => void, onDetach: (device: libusb.Device) => void): Promise<() => void> {
  const usb = await loadLibusb();
  usb.on('attach', onAttach);
  usb.on('detach', onDetach);
  usb.unrefHotplugEvents();
  return () => {
    usb.off('attach', onAttach);
    usb.off('detach', onDetach);
  };
}

/** One for the process, as libusb is. */
const changes = new BusChanges(subscribe, (device) => arrivals.left(device));

/** Linux names a device, and udevd announces it, before it has its interfaces. */
const isConfigured = ({ interfaces }: libusb.Device): boolean => interfaces?.length !== 0;

/** Opens through libusb. Undefined if libusb does not list the device, or cannot be loaded and is not needed. */
async function openLibusbDevice(info: UsbDeviceInfo): Promise<UsbDevice | undefined> {
  const usb = await loadLibusb().catch((error: unknown) => {
    if (!usbfsUsable()) throw unavailable(error);
  });
  const { bus, address } = usbAddress(info);
  const device = usb?.getDeviceList().find((one) => one.busNumber === bus && one.deviceAddress === address);
  if (usb === undefined || device === undefined) return undefined;
  if (device.interfaces) throw new BootctlError('usb-busy', `${nameUsbDevice(info)} is open in this process`);
  device.open();
  if (usbfsUsable() && !isConfigured(device)) return void device.close();
  return new LibusbDevice(info, usb, device);
}

/**
 * libusb first, and after `listLimit` the kernel's own file. libusb finds only devices that udevd announced to it. A
 * container has no udevd, and there the DFU device always appears after libusb took its list.
 */
async function tryOpen(info: UsbDeviceInfo, waited: number): Promise<UsbDevice | undefined> {
  const direct = usbfsUsable() && waited >= listLimit;
  try {
    const device = await openLibusbDevice(info);
    if (device || !direct) return device;
  } catch (error) {
    if (error instanceof BootctlError || !direct) throw error;
  }
  return openUsbfsDevice(info);
}

function passesByItself(error: unknown): boolean {
  const failure = usbFailure(error);
  return failure !== undefined && rowOf(failure.code).opensLater === true;
}

async function openDevice(info: UsbDeviceInfo): Promise<UsbDevice> {
  const start = systemClock.now();
  for (;;) {
    const waited = systemClock.now() - start;
    if (isListed(info) === false) throw leftBus(info);
    try {
      const device = await tryOpen(info, waited);
      if (device) return device;
      if (waited >= rightsLimit) throw leftBus(info);
    } catch (error) {
      if (error instanceof BootctlError) throw error;
      if (!passesByItself(error) || waited >= rightsLimit) throw await explainUsbOpening(info, error);
    }
    await delay(retryPause);
  }
}

/** One for the process: each job may have a bench of its own. */
const thisHost = {};
const log = new KernelLog();

/** The USB bus of this host. */
export const nodeUsbBus = (): UsbBus => ({
  host: thisHost,
  turn: hostTurn,
  // A failure is reported by the call that needs the library.
  prepare: () =>
    loadLibusb().then(
      () => {},
      () => {},
    ),
  list: listDevices,
  onChange: (listener) => changes.listen(listener),
  open: openDevice,
  ...(process.platform === 'linux'
    ? { troubles: (mark?: number) => log.troubles(mark), drivers: ({ path }: UsbDeviceInfo) => interfaceDrivers(path) }
    : {}),
});
