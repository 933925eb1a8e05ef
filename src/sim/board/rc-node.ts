import type { Farads, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';

/** Permanent parts of a node: its capacitor and the resistor that pulls it to rest. */
export interface RcNodeParts {
  /** 0 F without a capacitor. The node then follows at once. */
  readonly capacitor: Farads;
  /** Pull-up or pull-down; `Infinity` ohms without one. */
  readonly rest: { readonly volts: Volts; readonly ohms: Ohms };
  readonly initial: Volts;
}

/** Where the node is heading, and how fast. */
interface Course {
  readonly since: Milliseconds;
  readonly from: Volts;
  readonly to: Volts;
  readonly tau: Milliseconds;
}

/**
 * One capacitor with a resistor to rest and, at times, a source: exact exponentials between events.
 * All instants are on the clock of the bench, in ms.
 */
export class RcNode {
  readonly #clock: Clock;
  readonly #parts: RcNodeParts;
  #course: Course;

  constructor(clock: Clock, parts: RcNodeParts) {
    this.#clock = clock;
    this.#parts = parts;
    const since = clock.now();
    this.#course = { since, from: parts.initial, to: parts.initial, tau: 0 };
    this.float(since);
  }

  /** Connects a source of `volts` behind `ohms`; 0 ohms clamps the node. */
  drive(volts: Volts, ohms: Ohms, at: Milliseconds = this.#clock.now()): void {
    const { rest } = this.#parts;
    if (ohms === 0) {
      this.#steer(volts, 0, at);
      return;
    }
    // Thevenin equivalent of the source and the resistor to rest.
    const admittance = 1 / ohms + 1 / rest.ohms;
    this.#steer((volts / ohms + rest.volts / rest.ohms) / admittance, 1 / admittance, at);
  }

  /** Disconnects the source: only the resistor to rest is left. */
  float(at: Milliseconds = this.#clock.now()): void {
    const { volts, ohms } = this.#parts.rest;
    if (ohms === Infinity) this.#steer(this.voltageAt(at), 0, at);
    else this.#steer(volts, ohms, at);
  }

  /** Voltage at an instant that is not before the last event. */
  voltageAt(t: Milliseconds = this.#clock.now()): Volts {
    const { since, from, to, tau } = this.#course;
    if (tau === 0) return to;
    return to + (from - to) * Math.exp(-Math.max(0, t - since) / tau);
  }

  /**
   * Time from now until the node crosses `threshold` on its present course, in ms. 0 if it crosses now. Undefined if it
   * never crosses, or already has.
   */
  timeUntil(threshold: Volts): Milliseconds | undefined {
    const crossing = this.crossingOf(threshold);
    return crossing === undefined || crossing < this.#clock.now() ? undefined : crossing - this.#clock.now();
  }

  /** Past or future instant at which the present course crosses `threshold`. Undefined if it does not. */
  crossingOf(threshold: Volts): Milliseconds | undefined {
    const { since, from, to, tau } = this.#course;
    const passed = (threshold - from) * (to - threshold);
    if (passed < 0 || threshold === to) return undefined;
    return since + tau * Math.log((from - to) / (threshold - to));
  }

  #steer(to: Volts, ohms: Ohms, at: Milliseconds): void {
    const from = this.voltageAt(at);
    this.#course = { since: at, from, to, tau: ohms * this.#parts.capacitor * 1e3 };
  }
}
