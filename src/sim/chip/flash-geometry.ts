import type { Milliseconds } from '../../base/units.ts';

/** Smallest erasable piece: page or sector, whatever the family calls it. */
export interface FlashSector {
  readonly address: number;
  readonly size: number;
  readonly eraseTime: Milliseconds;
}

/** Layout and typical times of a main flash. */
export interface FlashGeometry {
  readonly sectors: readonly FlashSector[];
  /** Bytes that the hardware programs at a time. */
  readonly unit: number;
  readonly unitTime: Milliseconds;
  readonly massEraseTime: Milliseconds;
  /** Value of an erased byte, if it is not 0xFF. Programming then sets bits, and only in erased units. */
  readonly erased?: 0x00;
  /**
   * A unit with ECC can be programmed once, even with 0xFF, and refuses the next time. If a reset interrupts the
   * programming or the erase of a unit, it has a double ECC error until its sector is erased.
   */
  readonly programsOnce?: true;
}

/** Defects of one piece of silicon. */
export interface FlashFaults {
  /** Bits of the little-endian 32-bit word at `address` that stay 1 when programmed. */
  readonly stuckBits?: readonly { readonly address: number; readonly mask: number }[];
}

export interface FlashOptions {
  /** Multiplies every time; 1 is the typical value of the datasheet. */
  readonly timeScale?: number;
  readonly faults?: FlashFaults;
  /**
   * Start addresses of write-protected sectors: erase and program pass them over without an error (hardware/QUIRKS.md
   * Q35).
   */
  readonly protectedSectors?: readonly number[];
}
