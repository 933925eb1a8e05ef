import type { Line } from './lines.ts';

export type ResetCause = 'power' | 'pin' | 'software';

/** Registers that are kept when the chip is reset, and lost without power. */
export type BackupDomain = Map<number, number>;

const inRegister = (value: number | undefined, mask: number | undefined): boolean => ((value ?? 0) & (mask ?? 0)) !== 0;

/**
 * RCC, PWR, SYSCFG, RTC or TAMP or BKP, and GPIO, for as much of them as the kit uses. A register whose clock is off reads
 * 0 and keeps its value (reference manuals, "peripheral clock enable": "reads 0, writes have no effect").
 */
export class Peripherals {
  readonly #line: Line;
  readonly #values: Map<number, number>;
  readonly #backup: BackupDomain;
  readonly #afterReset: ReadonlyMap<number, number>;
  /** Turns of DBP's register that read as before: it takes some cycles on the real one. */
  dbpDelay = 0;
  /** Writes that were lost, with their reason. */
  readonly lost: string[] = [];
  /** Input of pins: bits by the address of a port. */
  readonly inputs = new Map<number, number>();

  constructor(line: Line, backup: BackupDomain, cause: ResetCause, oldFlags: number) {
    const { registers: r } = line;
    this.#line = line;
    this.#backup = backup;
    // Bits of no concern are set here and there, so that a register is not only given back as 0.
    this.#values = new Map([[r.rccCr, 0x83]]);
    for (const [register, mask] of this.#gates()) this.#values.set(register, (0x00020011 & ~mask) >>> 0);
    if (line.rtcClockOn && r.rtcApbReg) this.#set(r.rtcApbReg, this.get(r.rtcApbReg) | (r.rtcApbMask ?? 0));
    if (r.dbpReg) this.#set(r.dbpReg, 0x4000 & ~(r.dbpMask ?? 0));
    this.#afterReset = new Map(this.#values);
    this.#set(r.rstReg, 3 | (cause === 'power' ? 0 : oldFlags) | flagsOf(line, cause));
  }

  /** Raw content, without the question of its clock. */
  get(register: number): number {
    return this.#values.get(register) ?? 0;
  }

  get flags(): number {
    return (this.get(this.#line.registers.rstReg) & flagMask(this.#line)) >>> 0;
  }

  /** MEM_MODE: what is at address 0. */
  get memoryMode(): number {
    const { memrmp } = this.#line.registers;
    return memrmp ? this.get(memrmp) & 3 : 0;
  }

  read(address: number): number {
    const port = address & ~0x3ff;
    if (this.inputs.has(port) && address - port === 0x10) return this.inputs.get(port)!;
    if (!this.#isClocked(address)) return 0;
    return this.#isBackup(address) ? (this.#backup.get(address) ?? 0) : this.get(address);
  }

  write(address: number, value: number): void {
    const { registers: r } = this.#line;
    const at = address.toString(16);
    if (!this.#isClocked(address)) this.lost.push(`${at}: no clock`);
    else if (this.#isBackup(address)) this.#writeBackup(address, value);
    else if (address === r.rstReg) {
      const isCleared = (value & r.rmvf) !== 0;
      const flags = isCleared ? 0 : this.get(address) & flagMask(this.#line);
      this.#set(address, (value & ~flagMask(this.#line)) | flags);
    } else this.#set(address, value);
  }

  /** What differs from its value after a reset, but for the remap and the reset flags. */
  changed(): string[] {
    const { rstReg, memrmp } = this.#line.registers;
    return [...this.#values]
      .filter(([register, value]) => register !== rstReg && register !== memrmp && value !== this.#reset(register))
      .map(([register, value]) => `${register.toString(16)}=${value.toString(16)}`);
  }

  #writeBackup(address: number, value: number): void {
    const { dbpReg, dbpMask, bkpDR1 } = this.#line.registers;
    if (dbpReg && inRegister(this.get(dbpReg), dbpMask) && this.dbpDelay > 0) this.dbpDelay -= 1;
    else if (dbpReg && !inRegister(this.get(dbpReg), dbpMask)) this.lost.push(`${address.toString(16)}: no DBP`);
    else this.#backup.set(address, bkpDR1 ? value & 0xffff : value);
  }

  #isBackup(address: number): boolean {
    const { bkp0, tampBkp0, pwrBkp0, bkpDR1 } = this.#line.registers;
    const within = (first: number | undefined, bytes: number) =>
      first !== undefined && address >= first && address < first + bytes;
    return within(bkp0, 80) || within(tampBkp0, 80) || within(pwrBkp0, 16) || within(bkpDR1, 40);
  }

  #isClocked(address: number): boolean {
    const { registers: r } = this.#line;
    const on = (register?: number, mask?: number) => register === undefined || inRegister(this.get(register), mask);
    if (address === r.memrmp) return on(r.syscfgEnReg, r.syscfgEnMask);
    if (address === r.dbpReg) return on(r.pwrEnReg, r.pwrEnMask);
    if (!this.#isBackup(address)) return true;
    if (r.pwrBkp0) return on(r.pwrEnReg, r.pwrEnMask);
    return on(r.bkpEnReg, r.bkpEnMask) && on(r.rtcApbReg, r.rtcApbMask);
  }

  /** Registers of RCC with a clock that the kit turns on, and their masks. */
  #gates(): Map<number, number> {
    const { registers: r } = this.#line;
    const gates = new Map<number, number>();
    const add = (register?: number, mask = 0) => register && gates.set(register, (gates.get(register) ?? 0) | mask);
    add(r.syscfgEnReg, r.syscfgEnMask);
    add(r.pwrEnReg, r.pwrEnMask);
    add(r.bkpEnReg, r.bkpEnMask);
    add(r.rtcApbReg, r.rtcApbMask);
    return gates;
  }

  #reset(register: number): number {
    return this.#afterReset.get(register) ?? 0;
  }

  #set(register: number, value: number): void {
    this.#values.set(register, value >>> 0);
  }
}

/** The flags are the bits above RMVF, in each of these registers. */
const flagMask = ({ registers: { rmvf } }: Line): number => ~(rmvf | (rmvf - 1)) >>> 0;

/** Each reset of the chip pulls NRST low as well (reference manuals, "reset circuit"), so its flag comes with the others. */
function flagsOf({ registers: r }: Line, cause: ResetCause): number {
  const pin = r.rmvf === 0x10000 ? 1 << 22 : 1 << 26;
  if (cause === 'software') return r.sftrst | pin;
  return cause === 'pin' ? pin : pin | (r.porrst ?? r.borrst ?? 1 << 27);
}
