import type { Core } from './unicorn.ts';

/** What charges BOOT0: a pin of the chip, through a resistor. */
export interface ChargeOptions {
  readonly port: number;
  readonly pin: number;
  /** Without its clock a port takes nothing. */
  readonly clock?: { readonly register: number; readonly mask: number };
  /** CRL and CRH instead of MODER. */
  readonly isF1?: boolean;
  readonly level: 0 | 1;
  /** How long it takes, and the clock of the core. */
  readonly ms: number;
  readonly hertz: number;
}

/**
 * Cycles of `subs` and a taken `bne`, at least: Cortex-M0 TRM r0p0 table 3-1, M0+ TRM r0p1 table 3-1, M3 and M4 TRM §3.3;
 * M7 may issue both at once; nothing is published for M33.
 */
const cyclesPerTurn: Readonly<Record<Core, number>> = {
  'cortex-m0': 4,
  'cortex-m0plus': 3,
  'cortex-m3': 3,
  'cortex-m4': 3,
  'cortex-m7': 1,
  'cortex-m33': 2,
};

/** BOOT0's capacitor. It counts as charged once its pin has been driven for long enough, by either measure of time. */
export class Capacitor {
  readonly #options: ChargeOptions;
  readonly #core: Core;
  #output = 0;
  #mode = 0;
  #isClocked = false;
  /** Instructions and milliseconds of the application when the pin was driven. */
  #since: { instructions: number; ms: number } | undefined;

  constructor(options: ChargeOptions, core: Core) {
    this.#options = options;
    this.#core = core;
  }

  wrote(address: number, value: number, instructions: number, ms: number): void {
    const { port, pin, isF1, level, clock } = this.#options;
    if (address === clock?.register) this.#isClocked = (value & clock.mask) !== 0;
    if (clock && !this.#isClocked) return;
    if (address === port + (isF1 ? 0x10 : 0x18)) this.#output = (this.#output | value) & ~(value >>> 16) & 0xffff;
    if (isF1 && address === port + (pin < 8 ? 0 : 4)) this.#mode = (value >>> (4 * (pin & 7))) & 15;
    if (!isF1 && address === port) this.#mode = (value >>> (2 * pin)) & 3;
    const isDriven = this.#mode === (isF1 ? 2 : 1) && ((this.#output >>> pin) & 1) === level;
    if (!isDriven) this.#since = undefined;
    else this.#since ??= { instructions, ms };
  }

  /** Milliseconds of the application for which its pin has been driven. */
  drivenFor(ms: number): number {
    return this.#since ? ms - this.#since.ms : 0;
  }

  isCharged(instructions: number, ms: number): boolean {
    if (!this.#since) return false;
    const { hertz, ms: needed } = this.#options;
    const cycles = ((instructions - this.#since.instructions) / 2) * cyclesPerTurn[this.#core];
    return (cycles / hertz) * 1000 >= needed || ms - this.#since.ms > needed;
  }
}
