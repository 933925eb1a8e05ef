/** A system call that failed; `code` is the errno name, as in Node's own errors. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  readonly code: string;

  constructor(call: string, code: string) {
    super(`${code}: ${call}`);
    this.code = code;
  }
}

/** Calls ioctl(2) on an open descriptor; the kernel reads and fills `argument`. Resolves with its result. */
export type Ioctl = (descriptor: number, request: number, argument: Buffer) => Promise<number>;

export interface NativeIoctl extends Ioctl {
  /** The same on this thread: whatever the driver waits for, the whole program waits for. */
  readonly now: (descriptor: number, request: number, argument: Buffer) => number;
}

const load = async (): Promise<NativeIoctl> => {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null); // node itself: the C library is linked into it under every libc
  // not os.constants.errno, which lacks ESHUTDOWN, Linux's error for a USB device that leaves during a transfer
  const nameOf = (errno: number) => Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0];
  const check = (result: number, request: number): number => {
    const errno = koffi.errno();
    if (result < 0) throw new SystemCallError(`ioctl 0x${request.toString(16)}`, nameOf(errno) ?? `errno ${errno}`);
    return result;
  };
  if (process.platform === 'darwin') {
    // ioctl is variadic: Apple's arm64 ABI passes such arguments on the stack, and koffi calls those only synchronously
    const ioctl = library.func('int ioctl(int descriptor, unsigned long request, ...)');
    const now: NativeIoctl['now'] = (descriptor, request, argument) =>
      check(ioctl(descriptor, request, 'void *', argument), request);
    return Object.assign(async (...call: Parameters<Ioctl>) => now(...call), { now });
  }
  const ioctl = library.func('int ioctl(int descriptor, unsigned long request, void *argument)');
  const now: NativeIoctl['now'] = (descriptor, request, argument) =>
    check(ioctl(descriptor, request, argument), request);
  const onThread = (descriptor: number, request: number, argument: Buffer) =>
    new Promise<number>((resolve, reject) => {
      ioctl.async(descriptor, request, argument, (error: unknown, result: number) => {
        try {
          if (error) throw error;
          resolve(check(result, request)); // koffi restores the worker's errno while this callback runs
        } catch (failure) {
          reject(failure);
        }
      });
    });
  return Object.assign(onThread, { now });
};

let loaded: Promise<NativeIoctl> | undefined;

/** The native call, loaded when it is first needed; not on Windows. */
export const nativeIoctl = (): Promise<NativeIoctl> => {
  loaded ??= load();
  return loaded;
};

/** Address of a buffer's first byte, for structures that hold pointers. Keep the buffer referenced while it is used. */
export async function addressOf(buffer: Buffer): Promise<bigint> {
  const { default: koffi } = await import('koffi');
  return koffi.address(buffer);
}

/** Reads or writes the DCB of a serial port's handle; Windows only. */
export async function commStateCall(name: 'GetCommState' | 'SetCommState', handle: number, dcb: Buffer): Promise<void> {
  const { default: koffi } = await import('koffi');
  const call = koffi.load('kernel32.dll').func('__stdcall', name, 'int', ['intptr_t', 'void *']);
  if (call(handle, dcb) === 0) throw new SystemCallError(name, 'EINVAL');
}
