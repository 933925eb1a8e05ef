import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { nativeIoctl } from '../../src/host/system/ioctl.ts';

const TIOCGPTN = 0x80045430; // linux asm-generic/ioctls.h
const TIOCSPTLCK = 0x40045431;

/** A pseudo-terminal: `path` is what a program opens as its port, the rest is the other end. */
export interface Pty extends Disposable {
  readonly path: string;
  send(bytes: Uint8Array): void;
  /** What has arrived so far, possibly nothing. */
  taken(): Buffer;
}

/** Pseudo-terminals are made with Linux ioctls. */
export const ptyPossible = process.platform === 'linux' && existsSync('/dev/ptmx');

export async function openPty(): Promise<Pty> {
  const ioctl = await nativeIoctl();
  const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const number = Buffer.alloc(4);
  await ioctl(master, TIOCGPTN, number);
  await ioctl(master, TIOCSPTLCK, Buffer.alloc(4));
  let open = true;
  return {
    path: `/dev/pts/${number.readUInt32LE()}`,
    send: (bytes) => {
      writeSync(master, bytes);
    },
    taken: () => {
      const buffer = Buffer.alloc(4096);
      try {
        return buffer.subarray(0, readSync(master, buffer));
      } catch {
        return buffer.subarray(0, 0);
      }
    },
    [Symbol.dispose]: () => {
      if (open) closeSync(master);
      open = false;
    },
  };
}
