import { oneLine } from '../base/text.ts';
import type { Milliseconds } from '../base/units.ts';

/** A value from a moment on: a level, `x` if it is unknown, or the name of a state. */
export interface Change {
  readonly t: Milliseconds;
  readonly value: string;
}

export interface Variable {
  readonly name: string;
  /**
   * States are strings: an extension of IEEE 1364 that GTKWave shows and libsigrok skips. A vector would stop
   * libsigrok.
   */
  readonly type: 'wire' | 'string';
  readonly changes: readonly Change[];
  readonly comment: string;
}

/**
 * A name or value of the file: printable, without the blanks that would end it and the `$` of a keyword (IEEE 1364
 * §18).
 */
export const vcdWord = (text: string): string => text.replace(/[^\x21-\x7e]+|\$/g, '_') || '_';

/** Free text. `$end` in it would end its section, and a trace may come from any source. */
export const vcdText = (text: string): string => oneLine(text).replaceAll('$end', '$_end');
