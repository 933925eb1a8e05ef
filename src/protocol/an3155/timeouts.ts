import type { Milliseconds } from '../../base/units.ts';

/** How long the ROM may take, without the time that the bytes spend on the wire. */
export const usartTimeouts = {
  /**
   * From a frame to its ACK. The ROM takes microseconds, but an FTDI adapter keeps a lone byte for 16 ms by default
   * (its latency timer), and a loaded host may delay this process longer.
   */
  reply: 1_000,
  /** 256 bytes: stm32flash gives a block 1 s (`STM32_BLKWRITE_TIMEOUT`); doubled. */
  write: 2_000,
  /** One page or sector: stm32flash gives 5 s (`STM32_PAGEERASE_TIMEOUT`); the slowest F4 sector takes 4 s (DS8626). */
  erasePage: 5_000,
  /** The whole flash, also by Readout Unprotect: stm32flash gives 35 s (`STM32_MASSERASE_TIMEOUT`); doubled. */
  massErase: 70_000,
  /** Between two 0x7F. Longer than any answer takes, so that an answer belongs to the last one (our choice). */
  syncPeriod: 100,
  /** A second NACK of an old ROM under readout protection follows the first at once (AN2606 T30, T74, T155). */
  secondNack: 50,
} as const satisfies Record<string, Milliseconds>;

/** Time on the wire at 8E1: start bit, 8 data bits, parity, stop bit. */
export const wireTime = (bytes: number, baudRate: number): Milliseconds => ((bytes * 11) / baudRate) * 1_000;
