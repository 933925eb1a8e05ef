import { writeSync } from 'node:fs';

/** The part of a serialport binding that writes. Only that of POSIX has a poller. */
export interface WritePort {
  readonly isOpen: boolean;
  readonly fd: number | null;
  readonly poller?: unknown;
  write(buffer: Buffer): Promise<void>;
}

/**
 * Writes to an open port. On Linux and macOS the kernel takes a frame at once, and a port that was opened with O_NONBLOCK
 * never waits: a thread for it would only add its own start to each frame. What the kernel does not take goes
 * serialport's way, which waits until there is room, as does all of it on Windows.
 */
export async function writeAll(port: WritePort, bytes: Uint8Array): Promise<void> {
  const taken = port.poller !== undefined && port.isOpen && port.fd !== null ? writeNow(port.fd, bytes) : 0;
  if (taken < bytes.length) await port.write(Buffer.from(bytes.subarray(taken)));
}

function writeNow(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
