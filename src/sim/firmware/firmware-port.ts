import type { Milliseconds } from '../../base/units.ts';

/** Actions of a firmware that listens at one of its ports. */
export interface FirmwarePort {
  /** Text of one byte a character, or bytes. */
  send(data: string | Uint8Array): void;
  /** Leaves the bus and enters the ROM, after the host has received all output. */
  toRom(): void;
  /** A note that a reset does not clear, and a reset: the start-up code finds it, and jumps into the ROM. */
  toRomByReset(): void;
  /** Charges BOOT0 for so long, and resets itself while it holds. */
  chargeBoot0(time: Milliseconds): void;
  /** A reset of its own: BOOT0 is sampled, and the application starts again. */
  restart(): void;
  /** The callback is not called if the firmware has ended before. */
  after(delay: Milliseconds, callback: () => void): void;
}

/** Receives the input of a port. */
export interface Listener {
  push(bytes: Uint8Array): void;
  /** DTR of a USB serial port has changed, at this line coding. A firmware without it enters the ROM by 1200 baud. */
  lineState?(baudRate: number, dtr: boolean): void;
}
