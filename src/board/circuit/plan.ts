import type { Milliseconds } from '../../base/units.ts';
import type { LineState, ModemLines } from '../../bench/serial-link.ts';
import type { SoftJump } from '../soft-jump.ts';

/**
 * Logic levels that the wiring puts on the two pins that decide how an STM32 starts. With an RC circuit, BOOT0 = 0 only
 * lets the capacitor discharge.
 */
export interface Pins {
  readonly boot0: 0 | 1;
  readonly nrst: 0 | 1;
}

/** A row of a board's truth table. */
export type WiringKey = `rts ${LineState}, dtr ${LineState}`;
/** Pin levels for each state of RTS and DTR. Four rows cover direct, inverted, swapped and cross-coupled circuits. */
export type Wiring = Readonly<Record<WiringKey, Pins>>;

/** One step of a timed sequence: put both lines so, then hold. */
export interface LineStep {
  readonly lines: ModemLines;
  readonly pins: Pins;
  readonly hold: Milliseconds;
  /** Purpose of the step, in the words of the documents: `charge BOOT0`. */
  readonly purpose: string;
  /** Once the lines stand so, the power of the target is cut and restored; then comes the hold. */
  readonly cutsPower?: true;
}

/**
 * The capacitor must carry BOOT0 from the moment its line is released until the target samples it.
 * `limit` is the worst-corner hold time, `needed` the planned time from the release to the sampling.
 */
export interface HoldWindow {
  /** Index of the step that releases BOOT0. */
  readonly opens: number;
  /** Index of the step that releases NRST. */
  readonly closes: number;
  /** NRST's own rise after that step, worst corner. */
  readonly nrstRelease: Milliseconds;
  readonly needed: Milliseconds;
  readonly limit: Milliseconds;
}

/** A timed sequence, made from wiring and physics. Pure data: drive it, draw it, assert on it. */
export interface LinePlan {
  readonly steps: readonly LineStep[];
  readonly window?: HoldWindow;
  /** Worst-case margin: of the hold window, or of the charge time if the line holds BOOT0. */
  readonly margin: Milliseconds;
  /** Worst-case time from the end of the last step with BOOT0 = 1 until BOOT0 is below VIL. 0 if BOOT0 is driven. */
  readonly clear: Milliseconds;
}

/** Ways of reaching a bootloader. */
export const methodNames = ['lines', 'rc-cap', 'soft-jump', 'manual'] as const;
export type MethodName = (typeof methodNames)[number];

/** One attempt of the ladder: a method with its times. `change` is the difference from the rung before. */
export interface Rung {
  readonly method: MethodName;
  readonly change: 'nominal' | 'longer charge' | 'longer pulse' | 'shorter pulse' | 'power cycle';
  /** Absent for methods that move no line. */
  readonly plan?: LinePlan;
  /** The same with a pulse cut to what NRST needs, for the tries after a missed window. Absent where that is not shorter. */
  readonly shorter?: LinePlan;
  /** The request to the application. Only for the method `soft-jump`. */
  readonly softJump?: SoftJump;
}
