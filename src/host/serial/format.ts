import type { CharacterFormat } from '../../bench/serial-link.ts';
import { commStateCall, nativeIoctl } from '../system/ioctl.ts';

/** Where each system keeps the parity bits of an open port; serialport changes only the baud rate of one. */
interface TermiosLayout {
  readonly get: number;
  readonly set: number;
  readonly size: number;
  /** Byte offset of the little-endian `c_cflag`. */
  readonly controlFlags: number;
  readonly PARENB: number;
  readonly PARODD: number;
}

const layouts: Partial<Record<NodeJS.Platform, TermiosLayout>> = {
  // TCGETS2, TCSETS2 and struct termios2: asm-generic/ioctls.h, asm-generic/termbits.h (x86, arm, riscv).
  // Not TCSETS: it would lose a custom baud rate.
  linux: { get: 0x802c542a, set: 0x402c542b, size: 44, controlFlags: 8, PARENB: 0x100, PARODD: 0x200 },
  // TIOCGETA, TIOCSETA and struct termios with 64-bit flags: macOS sys/ttycom.h, sys/termios.h
  darwin: { get: 0x40487413, set: 0x80487414, size: 72, controlFlags: 16, PARENB: 0x1000, PARODD: 0x2000 },
};

type Parity = CharacterFormat['parity'];

async function setTermiosParity(descriptor: number, parity: Parity, layout: TermiosLayout): Promise<Parity> {
  const ioctl = await nativeIoctl();
  const termios = Buffer.alloc(layout.size);
  await ioctl(descriptor, layout.get, termios);
  const others = termios.readUInt32LE(layout.controlFlags) & ~(layout.PARENB | layout.PARODD);
  termios.writeUInt32LE((others | (parity === 'even' ? layout.PARENB : 0)) >>> 0, layout.controlFlags);
  await ioctl(descriptor, layout.set, termios);
  await ioctl(descriptor, layout.get, termios);
  return (termios.readUInt32LE(layout.controlFlags) & layout.PARENB) === 0 ? 'none' : 'even';
}

/** Windows: `fParity` is bit 1 of the flags at byte 8, `Parity` is byte 19 of the 28-byte DCB (winbase.h). */
async function setDcbParity(handle: number, parity: Parity): Promise<Parity> {
  const dcb = Buffer.alloc(28);
  dcb.writeUInt32LE(dcb.length);
  await commStateCall('GetCommState', handle, dcb);
  dcb.writeUInt8(parity === 'even' ? dcb.readUInt8(8) | 2 : dcb.readUInt8(8) & ~2, 8);
  dcb.writeUInt8(parity === 'even' ? 2 : 0, 19); // EVENPARITY, NOPARITY
  await commStateCall('SetCommState', handle, dcb);
  await commStateCall('GetCommState', handle, dcb);
  return dcb.readUInt8(19) === 2 ? 'even' : 'none';
}

/**
 * Changes the parity of an open port in place: closing it would release the lines. Resolves with the parity that it has
 * then, as read back: the driver of a Raspberry Pi's mini UART takes the bit away without an error (linux, UART_CAP_MINI),
 * and so does a pseudo-terminal.
 */
export async function setParity(descriptor: number, parity: Parity, platform = process.platform): Promise<Parity> {
  if (platform === 'win32') return setDcbParity(descriptor, parity);
  const layout = layouts[platform];
  if (layout === undefined) throw new Error(`the layout of termios is not known on ${platform}`);
  return setTermiosParity(descriptor, parity, layout);
}

/** The part of an open serialport binding that changes its format. */
export interface FormatPort {
  readonly fd: number | null;
  update(options: { baudRate: number }): Promise<void>;
}

/**
 * Changes only what differs, parity first, and resolves with the parity of the port; undefined where that was not changed. On macOS IOSSIOSPEED sets a custom rate, which termios does not know.
 * Setting termios for the parity may therefore drop that rate, so on macOS the rate is always set again.
 */
export async function changeFormat(
  port: FormatPort,
  from: CharacterFormat,
  to: CharacterFormat,
  platform = process.platform,
  parity = setParity,
): Promise<Parity | undefined> {
  const isOtherParity = to.parity !== from.parity;
  const taken = isOtherParity ? await parity(port.fd ?? -1, to.parity, platform) : undefined;
  if (to.baudRate !== from.baudRate || (isOtherParity && platform === 'darwin'))
    await port.update({ baudRate: to.baudRate });
  return taken;
}

/**
 * TIOCGSERIAL, TIOCSSERIAL and struct serial_struct: asm-generic/ioctls.h, linux/serial.h; `flags` is its fifth int.
 */
const linuxSerial = { get: 0x541e, set: 0x541f, size: 72, flags: 16, ASYNC_LOW_LATENCY: 0x2000 };

/**
 * Asks the driver to hand over each byte at once. Otherwise an FTDI adapter keeps a short answer for 16 ms, and each
 * exchange with the ROM takes that long. Other drivers and other systems are left unchanged.
 */
export async function lowerLatency(descriptor: number, platform = process.platform): Promise<void> {
  if (platform !== 'linux') return;
  try {
    const ioctl = await nativeIoctl();
    const settings = Buffer.alloc(linuxSerial.size);
    await ioctl(descriptor, linuxSerial.get, settings);
    settings.writeInt32LE(settings.readInt32LE(linuxSerial.flags) | linuxSerial.ASYNC_LOW_LATENCY, linuxSerial.flags);
    await ioctl(descriptor, linuxSerial.set, settings);
  } catch {
    // Only slower.
  }
}
