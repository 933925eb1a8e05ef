import type { Interval } from './threshold.ts';

/** An interval, and from how many resets it comes. */
export interface MeasuredInterval extends Interval {
  readonly resets?: number;
}

/** What `bootctl calibrate` has measured of a board and its adapter. */
export interface Measured {
  /** Day of the measurement. */
  readonly at: string;
  /**
   * From the release of BOOT0's line to the release of NRST's line, at most: BOOT0 is still read as 1. The rise of NRST comes
   * after that, and is not in it.
   */
  readonly hold?: MeasuredInterval;
  /** How long BOOT0's line has to charge an empty capacitor, at least, with the pulse of the profile after it. */
  readonly charge?: MeasuredInterval;
  /** How long one move of RTS and DTR takes. */
  readonly adapterLatency?: Interval;
  /** From the release of NRST's line until the ROM has answered: its DFU device is there, or its USART has. */
  readonly enumeration?: Interval;
}
