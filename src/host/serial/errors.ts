import type { ErrorCode } from '../../base/errors.ts';

/**
 * serialport reports most failures only as strerror(3) text or as its own words, so the texts are the interface
 * (@serialport/bindings-cpp 13.0.0: src/serialport_unix.cpp, src/serialport_win.cpp, dist/unix-*.js).
 * The errno texts are those of glibc 2.36, musl 1.2 and macOS 14, in that order where they differ.
 */
const causeTexts: readonly (readonly [text: RegExp, cause: string])[] = [
  [/Resource temporarily unavailable/, 'EAGAIN'], // flock: "Error Resource temporarily unavailable Cannot lock port"
  [/Device or resource busy|Resource busy/, 'EBUSY'], // TIOCEXCL of another program
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'], // the device cgroup of a container
  [/No such file or directory/, 'ENOENT'],
  [/No such device or address|Device not configured/, 'ENXIO'],
  [/No such device|Operation not supported by device/, 'ENODEV'],
  [/Input\/output error|I\/O error/, 'EIO'],
  [/Bad file descriptor/, 'EBADF'],
  [/Protocol error/, 'EPROTO'],
  [/Broken pipe/, 'EPIPE'],
  [/Inappropriate ioctl for device|Not a tty/, 'ENOTTY'],
  [/Invalid argument/, 'EINVAL'],
  [/Operation not supported|Not supported/, 'EOPNOTSUPP'],
  [/Port is not open|Canceled/, 'EBADF'], // dist/linux.js, dist/poller.js
  [/: File not found/, 'ENOENT'], // ERROR_FILE_NOT_FOUND
  [/: Access denied/, 'ERROR_ACCESS_DENIED'],
  [/: Invalid handle/, 'EBADF'], // ERROR_INVALID_HANDLE
  [/: Operation aborted/, 'EBADF'], // ERROR_OPERATION_ABORTED: Windows cancels pending operations on a removed port
  [/: Unknown error code (22|31|433|1167)\b/, 'ENODEV'], // BAD_COMMAND, GEN_FAILURE, NO_SUCH_DEVICE, DEVICE_NOT_CONNECTED
];

/** The errno name of a failure, from Node's own `code` or from the text. Undefined if neither is known. */
export function causeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code;
  return causeTexts.find(([text]) => text.test(error.message))?.[1];
}

/** The text of a failure, without serialport's leading `Error:`. */
export const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^Error:? /, '');

type AdapterCode = Extract<ErrorCode, `adapter-${string}`>;

/** Failures while a port is opened. */
const openingCodes: Readonly<Record<string, AdapterCode>> = {
  ENOENT: 'adapter-missing',
  ENXIO: 'adapter-missing', // a node without hardware behind it, such as /dev/ttyS9
  ENODEV: 'adapter-missing',
  EACCES: 'adapter-denied',
  EPERM: 'adapter-denied',
  EAGAIN: 'adapter-busy',
  EBUSY: 'adapter-busy',
  ERROR_ACCESS_DENIED: 'adapter-busy', // Windows opens ports exclusively: CreateFile, dwShareMode 0
};

/** Failures of an open port. A hung-up tty answers every ioctl and write with EIO (linux/drivers/tty/tty_io.c). */
const usingCodes: Readonly<Record<string, AdapterCode>> = {
  EIO: 'adapter-lost',
  ENODEV: 'adapter-lost',
  ENXIO: 'adapter-lost',
  EBADF: 'adapter-lost',
  EPROTO: 'adapter-lost', // a control transfer that was cut off while the adapter left
  ERROR_ACCESS_DENIED: 'adapter-lost', // Windows, on a port whose adapter was removed
  ENOTTY: 'adapter-lines-unsupported', // tty_tiocmset without a driver for it, as on a pty
  EINVAL: 'adapter-lines-unsupported', // the same before Linux 5.12
  EOPNOTSUPP: 'adapter-lines-unsupported',
  EPIPE: 'adapter-lines-unsupported', // the adapter stalls SET_CONTROL_LINE_STATE (USB PSTN 1.2 §6.3.12)
};

/** The error code for a failure to open a port. */
export const openingCode = (error: unknown): AdapterCode => openingCodes[causeOf(error) ?? ''] ?? 'adapter-failed';

/** The error code for a failure of an open port. `lines`: a move of modem lines failed. */
export function usingCode(error: unknown, lines: boolean): AdapterCode {
  const code = usingCodes[causeOf(error) ?? ''] ?? 'adapter-failed';
  return code === 'adapter-lines-unsupported' && !lines ? 'adapter-failed' : code;
}
