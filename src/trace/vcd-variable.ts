import type { Milliseconds } from '../units.ts';

/** A value from a moment on: a level, `x` where it is not known, or the name of a state. */
export interface Change {
  readonly t: Milliseconds;
  readonly value: string;
}

export interface Variable {
  readonly name: string;
  /** States are strings: an extension of IEEE 1364 that GTKWave shows and libsigrok passes over; vectors stop the latter. */
  readonly type: 'wire' | 'string';
  readonly changes: readonly Change[];
  readonly comment: string;
}
