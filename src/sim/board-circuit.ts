import type { Clock } from '../io/clock.ts';
import type { Pins, Wiring } from '../lines/plan.ts';
import type { Farads, Milliseconds, Ohms, Volts } from '../units.ts';
import { RcNode } from './rc-node.ts';

/** What is wrong with a board, apart from values that differ from its profile. */
export interface BoardFaults {
  /** BOOT0 is shorted to ground (0) or to the supply (1). */
  readonly boot0Stuck?: 0 | 1;
  /** How many resets that should have found BOOT0 high find its contact open instead. */
  readonly boot0Bounces?: number;
  /** The adapter does not reach NRST. */
  readonly nrstOpen?: true;
}

/** The electrical truth of a board: real values, not those that its profile claims. */
export interface BoardCircuit {
  readonly wiring: Wiring;
  readonly supply: Volts;
  /** Absent where BOOT0 is driven directly. */
  readonly boot0?: {
    readonly chargeResistor: Ohms;
    readonly diodeDrop: Volts;
    readonly capacitor: Farads;
    readonly bleedResistor: Ohms;
  };
  readonly nrst: { readonly pullUp: Ohms; readonly capacitor: Farads };
  /** Real input thresholds of the target, rising. */
  readonly thresholds: { readonly boot0: Volts; readonly nrst: Volts };
  readonly usartConnected: boolean;
  readonly faults?: BoardFaults;
}

/**
 * Rising thresholds of an STM32F405. BOOT0: 0.17 VDD + 0.7 V, so 1.26 V at 3.3 V (data sheet DS8626, I/O static
 * characteristics). NRST: VIH 2.0 V (TTL levels, as in the NRST pin characteristics of the STM32F103, DS5319), and no
 * more than 0.7 VDD at low supplies.
 */
export const f405Thresholds = (supply: Volts) => ({ boot0: 0.17 * supply + 0.7, nrst: Math.min(2.0, 0.7 * supply) });

/** The nodes BOOT0 and NRST of one board, driven by pins and read by the target. */
export class PinNodes {
  readonly #circuit: BoardCircuit;
  readonly #boot0: RcNode;
  readonly #nrst: RcNode;
  #bouncesLeft: number;
  #nrstHeld = false;
  #boot0Line: 0 | 1 = 0;
  #chargesItself = false;

  constructor(clock: Clock, circuit: BoardCircuit) {
    const { boot0, nrst, supply } = circuit;
    this.#circuit = circuit;
    this.#bouncesLeft = circuit.faults?.boot0Bounces ?? 0;
    this.#boot0 = new RcNode(clock, {
      capacitor: boot0?.capacitor ?? 0,
      rest: { volts: 0, ohms: boot0?.bleedResistor ?? Number.POSITIVE_INFINITY },
      initial: 0,
    });
    this.#nrst = new RcNode(clock, {
      capacitor: nrst.capacitor,
      rest: { volts: supply, ohms: nrst.pullUp },
      initial: supply,
    });
  }

  /** BOOT0 = 1 charges through diode and resistor, 0 only bleeds; NRST = 0 is pulled down hard, 1 rises by its pull-up. */
  drive(pins: Pins): void {
    this.#boot0Line = pins.boot0;
    this.#driveBoot0();
    this.#nrstHeld = pins.nrst === 0 && !this.#circuit.faults?.nrstOpen;
    if (this.#nrstHeld) this.#nrst.drive(0, 0);
    else this.#nrst.float();
  }

  /**
   * A pin of the target charges BOOT0 where the adapter's line does, or is an input again (LibreSolar MPPT-1210-HUS: PB12
   * behind the charge resistor).
   */
  chargeFromTarget(isOn: boolean): void {
    if (isOn === this.#chargesItself) return;
    this.#chargesItself = isOn;
    this.#driveBoot0();
  }

  /** An internal reset pulls NRST low, for 20 us at least (RM0090 §6.1.1); its capacitor is empty, and the pull-up fills it. */
  pulseNrst(): void {
    this.#nrst.drive(0, 0);
    this.#nrst.float();
  }

  #driveBoot0(): void {
    const { boot0, supply } = this.#circuit;
    const level = this.#chargesItself ? 1 : this.#boot0Line;
    if (!boot0) this.#boot0.drive(level * supply, 0);
    else if (level === 1) this.#boot0.drive(supply - boot0.diodeDrop, boot0.chargeResistor);
    else this.#boot0.float();
  }

  /** Instant at which the rising NRST lets the core go; undefined while it is held. */
  nrstReleaseAt(): Milliseconds | undefined {
    return this.#nrstHeld ? undefined : this.#nrst.crossingOf(this.#circuit.thresholds.nrst);
  }

  nrstIsLow(): boolean {
    return this.#nrst.voltageAt() < this.#circuit.thresholds.nrst;
  }

  /** Voltage on the capacitor's side of the BOOT0 contact. */
  boot0At(t: Milliseconds): Volts {
    const stuck = this.#circuit.faults?.boot0Stuck;
    return stuck === undefined ? this.#boot0.voltageAt(t) : stuck * this.#circuit.supply;
  }

  /** What the target latches at the end of a reset; uses up one bounce of a bad contact. */
  sampleBoot0(t: Milliseconds): { readonly volts: Volts; readonly level: 0 | 1; readonly bounced: boolean } {
    const volts = this.boot0At(t);
    const level = volts >= this.#circuit.thresholds.boot0 ? 1 : 0;
    if (level === 0 || this.#bouncesLeft === 0) return { volts, level, bounced: false };
    this.#bouncesLeft -= 1;
    return { volts: 0, level: 0, bounced: true };
  }
}
