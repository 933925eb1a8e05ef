import type { Milliseconds } from '../../base/units.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import type { WiringKey } from '../circuit/plan.ts';
import type { Hypothesis } from './hypotheses.ts';

/** A value, and what was seen for it. */
export interface Backed<Value> {
  readonly value: Value;
  readonly evidence: string;
}

/** A time of a capacitor; 0 where even the shortest one that was tried was long enough. */
export interface Span {
  readonly low: Milliseconds;
  readonly high: Milliseconds;
  readonly resets: number;
}

/** What was learned of a board. What is null is not known, and stands in `unknown` where it matters. */
export interface LearnedBoard {
  readonly adapter: PortInfo | null;
  readonly circuit: Hypothesis | null;
  /** Evidence for the levels of each pin, and for what carries BOOT0. */
  readonly nrst: string;
  readonly boot0: string;
  readonly storage: string;
  /** States in which BOOT0 is never read; the file has what the simplest circuit has. */
  readonly hidden: readonly WiringKey[];
  /** The line that resets, where nothing more is known of the circuit. */
  readonly resetLine: Backed<{ readonly line: 'rts' | 'dtr'; readonly asserted: 0 | 1 }> | null;
  readonly hold: Span | null;
  readonly charge: Span | null;
  readonly family: Backed<string> | null;
  /** Lines of STM32 that its ROM may be of. */
  readonly possible: readonly string[];
  readonly usbPath: Backed<string> | null;
  /** The target has no USB here, as far as was seen. */
  readonly withoutUsb: string | null;
  readonly usart: Backed<boolean> | null;
  readonly application: Backed<
    | { readonly expect: 'usb'; readonly vendorId: string; readonly productId: string; readonly path: string }
    | { readonly expect: 'serial'; readonly match: string }
  > | null;
  /** Sentences; each also a comment of the file. */
  readonly unknown: readonly string[];
}
