import type { Milliseconds } from '../../base/units.ts';
import type { LineMove, ModemLines } from '../../bench/serial-link.ts';
import { nativeIoctl } from '../system/ioctl.ts';
import { systemClock } from '../system/system-clock.ts';
import { usingCode } from './errors.ts';

/** The part of a serialport binding that moves modem lines; `fd` is a descriptor, on Windows a handle. */
export interface LinesPort {
  readonly fd: number | null;
  set(options: { rts: boolean; dtr: boolean; brk: boolean }): Promise<void>;
}

interface ModemRequests {
  readonly get: number;
  readonly set: number;
  readonly endBreak?: number;
}

/** ioctl requests of the modem lines: asm-generic/ioctls.h; macOS sys/ttycom.h. Bits: the same files. */
const modemRequests: Partial<Record<NodeJS.Platform, ModemRequests>> = {
  linux: { get: 0x5415, set: 0x5418, endBreak: 0x5428 }, // TIOCMGET, TIOCMSET, TIOCCBRK
  darwin: { get: 0x4004746a, set: 0x8004746d }, // _IOR('t', 106, int), _IOW('t', 109, int)
};
const TIOCM_DTR = 0x002;
const TIOCM_RTS = 0x004;
/** OUT1, OUT2 and LOOP: outputs as well, and on a PC's own port OUT2 lets its interrupts through (8250). */
const otherOutputs = 0x2000 | 0x4000 | 0x8000;

/** Moves of the lines of one port. */
interface LineMoves {
  move(lines: ModemLines): Promise<void>;
  /** As `pulseLines` of a link. */
  pulse(first: ModemLines, hold: Milliseconds, second: ModemLines): Promise<readonly [LineMove, LineMove]>;
}

/** The whole program stands still. A timer of its event loop would come up to a millisecond late, and later beside other work. */
const block = (time: Milliseconds): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);

/** Argument of TIOCMSET: both lines, and the outputs that are not to move. */
function argumentOf(others: number, { rts, dtr }: ModemLines): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeInt32LE(others | (rts === 'asserted' ? TIOCM_RTS : 0) | (dtr === 'asserted' ? TIOCM_DTR : 0));
  return bits;
}

/**
 * Moves both lines with TIOCMSET on the open descriptor, which is one USB transfer. Asked once is how the outputs stand that
 * are not to move; a break that another program has left ends once. Each call runs on a thread: a driver waits up to 5 s for
 * an adapter that was just unplugged, and the jobs of other boards must not wait with it.
 * @throws SystemCallError where the driver has no modem lines
 */
async function directMoves(descriptor: number, platform: NodeJS.Platform): Promise<LineMoves> {
  const requests = modemRequests[platform];
  if (requests === undefined) throw new Error(`TIOCMSET is not known on ${platform}`);
  const ioctl = await nativeIoctl();
  const bits = Buffer.alloc(4);
  await ioctl(descriptor, requests.get, bits);
  const others = bits.readInt32LE() & otherOutputs;
  try {
    if (requests.endBreak !== undefined) await ioctl(descriptor, requests.endBreak, bits);
  } catch {
    // A driver without breaks has none to end.
  }
  const bitsOf = (lines: ModemLines) => argumentOf(others, lines);
  const moveNow = (wanted: Buffer): LineMove => {
    const from = systemClock.now();
    ioctl.now(descriptor, requests.set, wanted);
    return { from, to: systemClock.now() };
  };
  // A driver that has waited in vain for an unplugged adapter says ETIMEDOUT. Asked again, it says that it is gone.
  const askedAgain = async (error: unknown): Promise<never> => {
    await ioctl(descriptor, requests.get, bits);
    throw error;
  };
  return {
    move: (lines) => ioctl(descriptor, requests.set, bitsOf(lines)).then(() => {}, askedAgain),
    async pulse(first, hold, second) {
      const [opening, closing] = [bitsOf(first), bitsOf(second)];
      try {
        const opened = moveNow(opening);
        block(hold);
        return [opened, moveNow(closing)];
      } catch (error) {
        return askedAgain(error);
      }
    },
  };
}

export interface ModemLineDriver {
  move(lines: ModemLines): Promise<void>;
  /** As `pulseLines` of a link. */
  pulse(...pulse: Parameters<LineMoves['pulse']>): Promise<readonly [LineMove, LineMove] | undefined>;
}

/**
 * Drives RTS and DTR of an open port. serialport's `set()` asks for the lines, ends a break and then moves them: three USB
 * transfers, each with a thread between. A driver that refuses the break moves no line: a CDC-ACM adapter without the
 * break capability answers EOPNOTSUPP (src/serialport_unix.cpp, SetBaton). So Linux is asked directly, which is one
 * transfer. Elsewhere, and without the native call, it is serialport's way, and the direct one where that is refused.
 */
export function modemLineDriver(port: LinesPort, platform = process.platform): ModemLineDriver {
  let direct: Promise<LineMoves | undefined> | undefined;
  const onDescriptor = () => {
    if (platform === 'linux' && port.fd !== null) direct ??= directMoves(port.fd, platform).catch(() => undefined);
    return direct;
  };
  const setByLibrary = async (lines: ModemLines) => {
    const flags = { rts: lines.rts === 'asserted', dtr: lines.dtr === 'asserted', brk: false };
    await port.set(flags);
    // usbser.sys sends a change of RTS only with the next DTR request (WICG/serial#173)
    if (platform === 'win32') await port.set(flags);
  };
  const move = async (lines: ModemLines) => {
    const known = await onDescriptor();
    if (known) return known.move(lines);
    try {
      return await setByLibrary(lines);
    } catch (error) {
      if (modemRequests[platform] === undefined || usingCode(error, true) === 'adapter-lost') throw error;
    }
    if (port.fd === null) throw new Error('Port is not open');
    const refused = await directMoves(port.fd, platform);
    await refused.move(lines);
    direct = Promise.resolve(refused);
  };
  return { move, pulse: async (...pulse) => (await onDescriptor())?.pulse(...pulse) };
}
