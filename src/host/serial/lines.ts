import type { ModemLines } from '../../bench/serial-link.ts';
import { nativeIoctl } from '../system/ioctl.ts';
import { usingCode } from './errors.ts';

/** The part of a serialport binding that moves modem lines; `fd` is a descriptor, on Windows a handle. */
export interface LinesPort {
  readonly fd: number | null;
  set(options: { rts: boolean; dtr: boolean; brk: boolean }): Promise<void>;
}

/** ioctl requests of the modem lines: asm-generic/ioctls.h; macOS sys/ttycom.h. Bits: the same file on both. */
const modemRequests: Partial<Record<NodeJS.Platform, { readonly get: number; readonly set: number }>> = {
  linux: { get: 0x5415, set: 0x5418 }, // TIOCMGET, TIOCMSET
  darwin: { get: 0x4004746a, set: 0x8004746d }, // _IOR('t', 106, int), _IOW('t', 109, int)
};
const TIOCM_DTR = 0x002;
const TIOCM_RTS = 0x004;

/** Moves both lines with TIOCMSET on the open descriptor, in one USB transfer. Other modem bits are kept. */
async function setDirectly(descriptor: number, lines: ModemLines, platform: NodeJS.Platform): Promise<void> {
  const requests = modemRequests[platform];
  if (requests === undefined) throw new Error(`TIOCMSET is not known on ${platform}`);
  const ioctl = await nativeIoctl();
  const bits = Buffer.alloc(4);
  await ioctl(descriptor, requests.get, bits);
  const rts = lines.rts === 'asserted' ? TIOCM_RTS : 0;
  const dtr = lines.dtr === 'asserted' ? TIOCM_DTR : 0;
  bits.writeInt32LE((bits.readInt32LE() & ~(TIOCM_RTS | TIOCM_DTR)) | rts | dtr);
  await ioctl(descriptor, requests.set, bits);
}

/**
 * Drives RTS and DTR of an open port. serialport's `set()` clears the break condition first. If the driver refuses
 * that, it moves no line: a CDC-ACM adapter without the break capability answers EOPNOTSUPP (src/serialport_unix.cpp,
 * SetBaton). From then on the lines are moved directly.
 */
export function modemLineDriver(port: LinesPort, platform = process.platform): (lines: ModemLines) => Promise<void> {
  let direct = false;
  return async (lines) => {
    const flags = { rts: lines.rts === 'asserted', dtr: lines.dtr === 'asserted', brk: false };
    if (!direct) {
      try {
        await port.set(flags);
        // usbser.sys sends a change of RTS only with the next DTR request (WICG/serial#173)
        if (platform === 'win32') await port.set(flags);
        return;
      } catch (error) {
        if (modemRequests[platform] === undefined || usingCode(error, true) === 'adapter-lost') throw error;
      }
    }
    if (port.fd === null) throw new Error('Port is not open');
    await setDirectly(port.fd, lines, platform);
    direct = true;
  };
}
