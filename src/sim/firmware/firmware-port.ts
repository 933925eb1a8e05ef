import type { Milliseconds } from '../../base/units.ts';

/** What a firmware that listens at one of its ports may do. */
export interface FirmwarePort {
  /** Text of one byte a character, or bytes. */
  send(data: string | Uint8Array): void;
  /** Off the bus and into the ROM, once the host has what was sent. */
  toRom(): void;
  /** A note that a reset does not clear, and a reset: the start-up code finds it, and jumps into the ROM. */
  toRomByReset(): void;
  /** Charges BOOT0 for so long, and resets itself while it holds. */
  chargeBoot0(time: Milliseconds): void;
  /** A reset of its own: BOOT0 is sampled, and the application starts again. */
  restart(): void;
  /** Nothing comes of it where the firmware has ended before. */
  after(delay: Milliseconds, callback: () => void): void;
}

/** Takes what arrives at a port. */
export interface Listener {
  push(bytes: Uint8Array): void;
}
