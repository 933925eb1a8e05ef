import { access } from 'node:fs/promises';
import { BootctlError } from '../../base/errors.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { findHolders, nameHolders } from '../system/file-holder.ts';
import { explainUsb, nameUsbDevice, usbFailure } from './errors.ts';
import { usbAddress, usbfsPath } from './list.ts';

/** The USB device is not where it was. */
export const leftBus = (info: UsbDeviceInfo, cause?: unknown): BootctlError =>
  new BootctlError('target-lost', `${nameUsbDevice(info)} has left the bus`, { cause });

/** The udev rule that lets the seated user, or group plugdev, open this kind of USB device. */
const ruleOf = ({ vendorId, productId }: UsbDeviceInfo): string =>
  `SUBSYSTEM=="usb", ATTR{idVendor}=="${vendorId}", ATTR{idProduct}=="${productId}", MODE="0660", GROUP="plugdev", TAG+="uaccess"`;

/** Missing rights in words, with the udev rule and the command that installs it. */
export function explainUsbDenied(info: UsbDeviceInfo, node: string): BootctlError {
  // A separate name, because bootctl itself ships 60-bootctl.rules.
  const file = `/etc/udev/rules.d/61-bootctl-${info.vendorId}-${info.productId}.rules`;
  const install = `echo '${ruleOf(info)}' | sudo tee ${file} && sudo udevadm control --reload && sudo udevadm trigger`;
  return new BootctlError('usb-denied', `This user may not open ${nameUsbDevice(info)}, ${node}`, {
    hint: `Install the udev rule, then plug the target in again: ${install}`,
  });
}

/** A USB device that the kernel lists, but whose file is missing or forbidden in this container. */
const explainContainer = (info: UsbDeviceInfo, file: string): BootctlError =>
  new BootctlError('usb-denied', `The kernel lists ${nameUsbDevice(info)}, but ${file} cannot be opened here`, {
    hint: "In a container, add `-v /dev/bus/usb:/dev/bus/usb --device-cgroup-rule='c 189:* rmw'`.",
  });

/** Why a listed USB device did not open. */
export async function explainUsbOpening(info: UsbDeviceInfo, error: unknown): Promise<unknown> {
  if (process.platform !== 'linux') return explainUsb('Opening', info, error);
  const file = usbfsPath(usbAddress(info));
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists || (error as NodeJS.ErrnoException).code === 'EPERM') return explainContainer(info, file);
  return usbFailure(error)?.code === 'usb-denied' ? explainUsbDenied(info, file) : explainUsb('Opening', info, error);
}

/** usbfs answers ENOENT (measured, Linux 6.1), usb@2 throws an error of its own (dist/usb/device.js). */
const isNoInterface = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ENOENT' || /^Interface not found/.test((error as Error).message);

/** Why an interface was not claimed, with the process that holds the USB device if this user may see it. */
export async function explainClaim(action: string, info: UsbDeviceInfo, error: unknown): Promise<unknown> {
  if (isNoInterface(error)) {
    return new BootctlError('dfu-malformed', `${action} of ${nameUsbDevice(info)}: there is no such interface`, {
      cause: error,
    });
  }
  const failure = explainUsb(action, info, error);
  if (!(failure instanceof BootctlError) || failure.code !== 'usb-busy' || process.platform !== 'linux') return failure;
  const holders = await findHolders(usbfsPath(usbAddress(info)));
  const names = nameHolders(holders.filter(({ pid }) => pid !== process.pid));
  return names
    ? new BootctlError('usb-busy', `${nameUsbDevice(info)} is in use by ${names}`, { cause: error })
    : failure;
}
