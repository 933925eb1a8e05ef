import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import type { ControlRequest, UsbDeviceInfo } from '../../bench/usb-bus.ts';

interface UsbFailureRow {
  /** libusb numbers: a transfer's status is positive, an error negative (libusb 1.0.30, libusb.h). */
  readonly libusb: readonly number[];
  /** errno names of Linux usbfs (Documentation/driver-api/usb/error-codes.rst). */
  readonly errno: readonly string[];
  readonly code: ErrorCode;
  readonly text: string;
}

/** The meaning of failures of the USB layer. */
const usbFailures: readonly UsbFailureRow[] = [
  // TRANSFER_STALL, ERROR_PIPE
  { libusb: [4, -9], errno: ['EPIPE'], code: 'usb-stall', text: 'the target refused it (STALL)' },
  // TRANSFER_TIMED_OUT, TRANSFER_CANCELLED (only our own timer and a dispose cancel), ERROR_TIMEOUT, ERROR_INTERRUPTED
  { libusb: [2, 3, -7, -10], errno: ['ETIMEDOUT'], code: 'usb-timeout', text: 'no answer' },
  // TRANSFER_NO_DEVICE, ERROR_NO_DEVICE
  { libusb: [5, -4], errno: ['ENODEV', 'ESHUTDOWN', 'ENOENT'], code: 'target-lost', text: 'it has left the bus' },
  // TRANSFER_ERROR, ERROR_IO: cut off on the wire, as when a target resets in the middle of a transfer
  { libusb: [1, -1], errno: ['EPROTO', 'EILSEQ', 'EIO', 'ETIME'], code: 'target-lost', text: 'the transfer broke off' },
  // TRANSFER_OVERFLOW, ERROR_OVERFLOW
  { libusb: [6, -8], errno: ['EOVERFLOW'], code: 'dfu-malformed', text: 'the target sent more than was asked for' },
  // ERROR_NOT_FOUND, ERROR_INVALID_PARAM
  { libusb: [-5, -2], errno: ['EINVAL'], code: 'dfu-malformed', text: 'the target does not have it' },
  { libusb: [-3], errno: ['EACCES', 'EPERM'], code: 'usb-denied', text: 'access is denied' },
  { libusb: [-6], errno: ['EBUSY'], code: 'usb-busy', text: 'another program or driver uses it' },
  { libusb: [-12], errno: [], code: 'usb-driver-missing', text: 'the driver of this USB device is not WinUSB' },
];

/** The row of a failure: by libusb number or errno name; undefined for an error from elsewhere. */
export function usbFailure(error: unknown): Pick<UsbFailureRow, 'code' | 'text'> | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return usbFailures.find((row) => row.errno.includes(code));
  return usbFailures.find((row) => row.libusb.includes(errno ?? 0));
}

/** `DFU request 3 to interface 0`: class requests to an interface are DFU's (DFU 1.1 §3). */
export function nameRequest({ requestType, request, index }: ControlRequest): string {
  const kind = ['standard', 'class', 'vendor', 'reserved'][(requestType >> 5) & 3];
  if ((requestType & 0x1f) !== 1) return `${kind} request ${request}`;
  return `${kind === 'class' ? 'DFU' : kind} request ${request} to interface ${index & 0xff}`;
}

/** `USB device 1-2 (0483:df11)`. */
export const nameUsbDevice = ({ path, vendorId, productId }: UsbDeviceInfo): string =>
  `USB device ${path} (${vendorId}:${productId})`;

const notFound = -5; // LIBUSB_ERROR_NOT_FOUND

/**
 * The BootctlError for a failed USB reset. libusb cannot find a device again that has other descriptors after the reset
 * or leaves meanwhile (libusb_reset_device: "if re-enumeration is required, or if the device has been disconnected").
 */
export function explainReset(info: UsbDeviceInfo, error: unknown): unknown {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).errno !== notFound) {
    return explainUsb('USB reset', info, error);
  }
  const message = `USB reset of ${nameUsbDevice(info)}: it is another device after it, or has left the bus`;
  return new BootctlError('target-lost', `${message} (${error.message})`, { cause: error });
}

/** The BootctlError for a failed use of an open USB device. An error from elsewhere is returned unchanged. */
export function explainUsb(action: string, info: UsbDeviceInfo, error: unknown, limit?: number): unknown {
  const row = usbFailure(error);
  if (row === undefined) return error;
  const within = row.code === 'usb-timeout' && limit !== undefined ? ` within ${limit} ms` : '';
  const name = error instanceof Error ? ` (${error.message})` : '';
  return new BootctlError(row.code, `${action} of ${nameUsbDevice(info)}: ${row.text}${within}${name}`, {
    cause: error,
  });
}
