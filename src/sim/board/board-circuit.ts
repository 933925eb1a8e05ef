import type { Amperes, Farads, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { Pins, Wiring } from '../../board/circuit/plan.ts';
import { type Boot0Input, boot0InputOf, inputLevels } from './boot0-inputs.ts';
import { RcNode } from './rc-node.ts';
import { type InputLevels, SchmittInput } from './schmitt-input.ts';

/** Faults of a board, apart from values that differ from its profile. */
export interface BoardFaults {
  /** BOOT0 is shorted to ground (0) or to the supply (1). */
  readonly boot0Stuck?: 0 | 1;
  /** How many resets that should have found BOOT0 high find its contact open instead. */
  readonly boot0Bounces?: number;
  /** The adapter does not reach NRST. */
  readonly nrstOpen?: true;
  /** Level of the adapter's pin while its line is released, instead of the target's supply. */
  readonly releasedLevel?: Volts;
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
    /** The board's own resistor to ground. */
    readonly boardPullDown?: Ohms;
    /** Leakage of the pin and of other parts on the node. A positive current charges the node. */
    readonly leakage?: Amperes;
  };
  readonly nrst: { readonly pullUp: Ohms; readonly capacitor: Farads };
  /** Real input thresholds of the target; of NRST, rising. */
  readonly thresholds: { readonly boot0: InputLevels; readonly nrst: Volts };
  /** From base to emitter of the PNP at BOOT0. Default: 10 kΩ. */
  readonly baseEmitter?: Ohms;
  /**
   * Levels of the pins while the adapter has no power. Default: as if both lines were asserted, because the PNP and the
   * diode of the reference circuit sink through the adapter's pins.
   */
  readonly unpowered?: Pins;
  readonly usartConnected: boolean;
  readonly faults?: BoardFaults;
}

/** NRST: VIH 2.0 V (TTL levels, DS5319, NRST pin characteristics), and no more than 0.7 VDD at low supplies. */
const nrstThreshold = (supply: Volts): Volts => Math.min(2.0, 0.7 * supply);

/** Thresholds of a target: BOOT0 as this family reads it. */
export const thresholdsOf = (input: Boot0Input, supply: Volts): BoardCircuit['thresholds'] => ({
  boot0: inputLevels(input, supply),
  nrst: nrstThreshold(supply),
});

/** Those of an STM32F405. */
export const f405Thresholds = (supply: Volts): BoardCircuit['thresholds'] => thresholdsOf(boot0InputOf('F405'), supply);

/**
 * The resistor from the base of that PNP to the adapter's pin, and the one to its emitter where a board has not its
 * own.
 */
const baseResistor: Ohms = 10e3;
const usualBaseEmitter: Ohms = 10e3;
/** Across base and emitter, from here on a small-signal PNP charges BOOT0 (ngspice, hardware/circuits/corners.cir). */
const pnpConductsFrom: Volts = 0.54;

/** Whether the PNP between the target's supply and BOOT0 conducts while the adapter's pin is at `pin`. */
const pnpConducts = ({ supply, baseEmitter = usualBaseEmitter }: BoardCircuit, pin: Volts): boolean =>
  ((supply - pin) * baseEmitter) / (baseResistor + baseEmitter) > pnpConductsFrom;

const toGround = ({ bleedResistor, boardPullDown }: NonNullable<BoardCircuit['boot0']>): Ohms =>
  boardPullDown === undefined ? bleedResistor : 1 / (1 / bleedResistor + 1 / boardPullDown);

/** The nodes BOOT0 and NRST of one board, driven by pins and read by the target. */
export class PinNodes {
  readonly #circuit: BoardCircuit;
  readonly #boot0: RcNode;
  readonly #nrst: RcNode;
  readonly #boot0Input: SchmittInput;
  #bouncesLeft: number;
  #nrstHeld = false;
  #boot0Line: 0 | 1 = 0;
  #chargesItself = false;
  #isButtonHeld = false;

  constructor(clock: Clock, circuit: BoardCircuit) {
    const { boot0, nrst, supply } = circuit;
    this.#circuit = circuit;
    this.#bouncesLeft = circuit.faults?.boot0Bounces ?? 0;
    const pullDown = boot0 ? toGround(boot0) : Number.POSITIVE_INFINITY;
    this.#boot0 = new RcNode(clock, {
      capacitor: boot0?.capacitor ?? 0,
      rest: { volts: boot0?.leakage ? boot0.leakage * pullDown : 0, ohms: pullDown },
      initial: 0,
    });
    this.#boot0Input = new SchmittInput(circuit.thresholds.boot0);
    this.#nrst = new RcNode(clock, {
      capacitor: nrst.capacitor,
      rest: { volts: supply, ohms: nrst.pullUp },
      initial: supply,
    });
  }

  /**
   * BOOT0 = 1 charges through diode and resistor, 0 lets it discharge. NRST = 0 is pulled down, 1 rises by its pull-up.
   */
  drive(pins: Pins): void {
    this.#boot0Line = pins.boot0;
    this.#driveBoot0();
    this.#nrstHeld = pins.nrst === 0 && !this.#circuit.faults?.nrstOpen;
    if (this.#nrstHeld) this.#nrst.drive(0, 0);
    else this.#nrst.float();
  }

  /** A person holds the boot button, which connects BOOT0 to the supply. */
  holdBoot0(isHeld: boolean): void {
    this.#isButtonHeld = isHeld;
    this.#driveBoot0();
  }

  /**
   * A pin of the target charges BOOT0 at the same node as the adapter's line, or is an input again (LibreSolar
   * MPPT-1210-HUS: PB12 behind the charge resistor).
   */
  chargeFromTarget(isOn: boolean): void {
    if (isOn === this.#chargesItself) return;
    this.#chargesItself = isOn;
    this.#driveBoot0();
  }

  /**
   * An internal reset pulls NRST low, for 20 us at least (RM0090 §6.1.1); its capacitor is empty, and the pull-up fills
   * it.
   */
  pulseNrst(): void {
    this.#nrst.drive(0, 0);
    this.#nrst.float();
  }

  #driveBoot0(): void {
    const { boot0, supply, faults } = this.#circuit;
    // The input follows the node up to this instant, on the course that ends here.
    this.#boot0Input.follow(this.#boot0.voltageAt());
    const leaks = faults?.releasedLevel !== undefined && pnpConducts(this.#circuit, faults.releasedLevel);
    const level = this.#chargesItself || leaks ? 1 : this.#boot0Line;
    if (this.#isButtonHeld) this.#boot0.drive(supply, 0);
    else if (!boot0) this.#boot0.drive(level * supply, 0);
    else if (level === 1) this.#boot0.drive(supply - boot0.diodeDrop, boot0.chargeResistor);
    else this.#boot0.float();
  }

  /** Instant at which the rising NRST releases the core. Undefined while the core is held. */
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

  /** The level that the target latches at the end of a reset. Uses up one bounce of a bad contact. */
  sampleBoot0(t: Milliseconds): { readonly volts: Volts; readonly level: 0 | 1; readonly bounced: boolean } {
    const volts = this.boot0At(t);
    const level = this.#boot0Input.follow(volts);
    if (level === 0 || this.#bouncesLeft === 0) return { volts, level, bounced: false };
    this.#bouncesLeft -= 1;
    return { volts: 0, level: 0, bounced: true };
  }
}
