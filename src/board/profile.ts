import type { Amperes, Farads, LevelOfVdd, Milliseconds, Ohms, Volts } from '../base/units.ts';
import type { DielectricName } from './analysis/dielectrics.ts';
import type { Measured } from './calibration/measured.ts';
import type { HostLines, PowerCycle } from './circuit/host-lines.ts';
import type { MethodName, Wiring } from './circuit/plan.ts';
import type { SoftJump } from './soft-jump.ts';

/** The RC circuit on BOOT0: charged through `chargeResistor` and a diode, bled by `bleedResistor`. */
export interface Boot0Circuit {
  readonly chargeResistor: Ohms;
  readonly capacitor: Farads;
  readonly bleedResistor: Ohms;
  /** The board's own resistor from BOOT0 to ground, beside `bleedResistor`. */
  readonly boardPullDown?: Ohms;
  readonly diodeDrop: Volts;
  /** Of the capacitor, as a fraction: 0.2 is ±20 %. */
  readonly tolerance: number;
  /** Of the capacitor, where the profile names it. */
  readonly dielectric?: DielectricName;
  /** Share of its capacitance that a part of this dielectric keeps at worst and at best, beside its tolerance. */
  readonly kept?: { readonly low: number; readonly high: number };
  /** At `supply`. */
  readonly vih: Volts;
  readonly vil: Volts;
  readonly supply: Volts;
  /** How `vih` and `vil` follow the supply. If absent, they are proportional to it. */
  readonly levels?: { readonly vih: LevelOfVdd; readonly vil: LevelOfVdd };
  /** Current into the pin at most; 1 µA where this is absent. */
  readonly drain?: Amperes;
}

/** NRST: released to its pull-up, slowed by its capacitor (0 F where none is fitted). */
export interface NrstCircuit {
  /** Typical value. */
  readonly pullUp: Ohms;
  /** Its largest value, if the family's data sheet gives one. */
  readonly slowestPullUp?: Ohms;
  /** Its smallest value, likewise. */
  readonly fastestPullUp?: Ohms;
  readonly capacitor: Farads;
  readonly pulse: Milliseconds;
}

/** Hex ids are four lower-case digits. */
export interface UsbFilter {
  readonly path?: string;
  readonly vendorId: string;
  readonly productId: string;
}

/** Which adapter is the board's; an empty one names none. */
export interface AdapterFilter {
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
  /** USB path, for the many adapters without a serial number. */
  readonly path?: string;
}

/** How the running application is recognised after the leave. */
export type ApplicationProof =
  | {
      readonly expect: 'usb';
      readonly vendorId: string;
      readonly productId: string;
      /** Where it comes, if not where the bootloader is: at another connector of the board. */
      readonly path?: string;
      /** It may come at any place. */
      readonly isAnywhere?: true;
      readonly timeout: Milliseconds;
    }
  | { readonly expect: 'serial'; readonly match: string; readonly baudRate: number; readonly timeout: Milliseconds }
  | { readonly expect: 'none' };

/** One board, parsed and checked once: nothing after this validates it again. All times in ms. */
export interface BoardProfile {
  readonly id: string;
  readonly description: string;
  readonly target?: { readonly family: string };
  /** Where applications start, behind a bootloader of the board itself. Absent: at the start of the flash. */
  readonly applicationStart?: number;
  readonly adapter: AdapterFilter;
  readonly wiring: Wiring;
  /** Lines of this host that stand in the place of RTS or DTR in `wiring`; absent where both are an adapter's. */
  readonly hostLines?: HostLines;
  /** The last way to start the target anew; absent where it is the line of NRST, or nothing cuts the power. */
  readonly powerCycle?: PowerCycle;
  readonly idleEntersBootloader: boolean;
  /** Absent where BOOT0 is driven directly. */
  readonly boot0?: Boot0Circuit;
  readonly nrst: NrstCircuit;
  readonly usart: {
    readonly connected: boolean;
    /** The first rate, and the one to fall back to. */
    readonly baudRate: number;
    /** The fastest rate to try. If absent, the adapter's limit and the time saved decide. */
    readonly fastestBaudRate?: number;
  };
  /** `connected: false`: the target's own USB goes nowhere, and no DFU device can come from it. */
  readonly usb: UsbFilter & { readonly enumerationTimeout?: Milliseconds; readonly connected?: boolean };
  /** How often a rung is tried whose DFU device does not come. Absent: more often where one came badly than where none did. */
  readonly attempts?: number;
  readonly methods: readonly MethodName[];
  readonly softJump: readonly SoftJump[];
  readonly application: ApplicationProof;
  /** What `bootctl calibrate` has measured of this board. */
  readonly measured?: Measured;
}
