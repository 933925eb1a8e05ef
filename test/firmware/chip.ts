import { Capacitor, type ChargeOptions } from './capacitor.ts';
import { CoreRegisters } from './core-registers.ts';
import type { Line, RomKind } from './lines.ts';
import { type Input, Outside } from './outside.ts';
import { type BackupDomain, Peripherals, type ResetCause } from './peripherals.ts';
import { Ram } from './ram.ts';
import { habits, obstacles, romStack } from './rom.ts';
import { Cpu } from './unicorn.ts';

const flashBase = 0x08000000;
const budget = 400_000;

export interface ChipOptions {
  /** Default: as the line's ROM is known. */
  readonly rom?: RomKind;
  /** BOOT0's level when the ROM looks. */
  readonly boot0?: boolean;
  /** A reset with BOOT0 at 1 starts the ROM. */
  readonly boot0Boots?: boolean;
  readonly battery?: boolean;
  /** How often the ROM resets the chip before it has recognized the crystal. */
  readonly crystalMisses?: number;
  /** First word of the second bank; erased L0 flash is 0. */
  readonly bank2?: number;
  /** Port whose pins read these bits. */
  readonly input?: { readonly port: number; readonly bits: number };
  /** Byte of the ROM's identification. */
  readonly romId?: { readonly address: number; readonly value: number };
  /** See app.c. */
  readonly manner?: number;
  /** How long DBP takes; after the reset of the application's own request, the second. */
  readonly dbpDelay?: number;
  readonly dbpDelayLater?: number;
  /** Milliseconds that have gone by between two looks at the clock. */
  readonly tick?: number;
  /** The application looks so often for bytes in vain before it counts as running. */
  readonly patience?: number;
  /** What charges BOOT0, which is sampled at each reset. */
  readonly charge?: ChargeOptions;
}

/** One STM32. Flash, RAM and the backup domain live here, and not in the CPU. */
export class Chip {
  static #last: Chip | undefined;
  readonly line: Line;
  readonly flash: DataView;
  readonly rom: RomKind;
  readonly bank2: number;
  boot0: boolean;
  crystalMisses: number;
  peripherals!: Peripherals;
  core!: CoreRegisters;
  cpu!: Cpu;
  /** PRIMASK at the end of the last run. */
  mask = 0;
  readonly #options: ChipOptions;
  readonly #backup: BackupDomain = new Map();
  readonly #ram: Ram;
  readonly #outside: Outside;
  readonly #page: Uint8Array;
  #event: string | undefined;
  #flags = 0;
  #capacitor: Capacitor | undefined;
  #instructions = 0;

  constructor(line: Line, image: Uint8Array, options: ChipOptions = {}) {
    this.line = line;
    this.#options = options;
    const flash = new Uint8Array(0x10000).fill(0xff);
    flash.set(image);
    this.flash = new DataView(flash.buffer);
    this.rom = options.rom ?? line.kind;
    this.bank2 = options.bank2 ?? 0;
    this.boot0 = options.boot0 ?? false;
    this.crystalMisses = options.crystalMisses ?? 0;
    this.#ram = new Ram(line);
    this.#outside = new Outside(options, line.registers.rccCr);
    this.#outside.onIdle = () => this.#end('application runs');
    this.#page = this.#romPage();
  }

  /** Runs from this reset until something lasts: all that has happened. */
  live(cause: ResetCause, input: Input = {}): string[] {
    this.#outside.send(input);
    const seen: string[] = [];
    for (let next: ResetCause | undefined = cause; next && seen.length < 20; ) {
      this.#reset(next);
      next = this.#after(this.#boot(), seen);
    }
    return seen;
  }

  /** The ROM starts the application without a reset: memory at 0, VTOR and its clocks stay (Betaflight, Panda, BMP). */
  leave(input: Input = {}): string[] {
    this.#outside.send(input);
    this.peripherals.write(this.line.registers.rccCr, this.peripherals.get(this.line.registers.rccCr) | (1 << 16));
    const seen: string[] = [];
    let next = this.#after(this.#run(this.#word(0), this.#word(4)), seen);
    while (next) {
      this.#reset(next);
      next = this.#after(this.#boot(), seen);
    }
    return seen;
  }

  /** What the application has told: 1 running, 2 asked, 3 could not enter. */
  get told(): readonly number[] {
    return this.#outside.told;
  }

  /** Milliseconds that the application has counted since the command was received. */
  get waited(): number {
    return this.#outside.now - this.#outside.askedAt;
  }

  /** How long it has charged BOOT0. */
  get charged(): number {
    return this.#capacitor?.drivenFor(this.#outside.now) ?? 0;
  }

  /** Words of the request that are left, in the backup registers. */
  get kept(): number[] {
    return [...this.#backup.values()].filter(Boolean);
  }

  writeRam(address: number, words: readonly number[]): void {
    this.#ram.write(address, words);
  }

  writeBackup(address: number, words: readonly number[]): void {
    for (const [index, word] of words.entries()) this.#backup.set(address + 4 * index, word);
  }

  /** Adds to `seen` what has happened; the reset that follows, if one does. */
  #after(event: string, seen: string[]): ResetCause | undefined {
    seen.push(event === 'rom' ? `ROM: ${this.#judge()}` : event);
    if (seen.at(-1) === 'ROM: starts the application')
      return this.#after(this.#run(this.#word(0), this.#word(4)), seen);
    return event === 'reset' || seen.at(-1) === 'ROM: resets the chip' ? 'software' : undefined;
  }

  #judge(): string {
    const bad = obstacles.filter(({ when }) => when(this)).map(({ says }) => says(this));
    if (bad.length > 0) return `stuck: ${bad.join('; ')}`;
    const habit = habits.find(({ when }) => when(this))?.does;
    if (habit === 'resets the chip') this.crystalMisses -= 1;
    return habit ?? 'waits for a host';
  }

  #reset(cause: ResetCause): void {
    const { battery, input, dbpDelay = 0, dbpDelayLater } = this.#options;
    if (cause === 'power') {
      this.#ram.losePower();
      if (!battery) this.#backup.clear();
    }
    this.peripherals = new Peripherals(this.line, this.#backup, cause, this.#flags);
    this.peripherals.dbpDelay = cause === 'software' ? (dbpDelayLater ?? dbpDelay) : dbpDelay;
    if (input) this.peripherals.inputs.set(input.port, input.bits);
    this.core = new CoreRegisters(this.line.core);
  }

  #boot(): string {
    if (this.boot0 && (this.#options.boot0Boots || this.#capacitor)) return 'ROM by BOOT0';
    return this.#run(this.#word(0), this.#word(4));
  }

  #run(stack: number, entry: number): string {
    this.#open();
    const { cpu } = this;
    this.#event = undefined;
    this.#outside.restart();
    this.#instructions = 0;
    if (this.#options.charge) this.#capacitor = new Capacitor(this.#options.charge, this.line.core);
    this.core.onClean = (address) => this.#ram.clean(address);
    this.core.onReset = (kind) => this.#end(kind === 'SYSRESETREQ' ? 'reset' : 'VECTRESET');
    this.#ram.enter(cpu);
    cpu.reset(stack);
    const fault = cpu.run(entry, budget);
    if (fault) this.#event = `fault: ${fault} at ${cpu.get('PC').toString(16)}`;
    this.mask = cpu.get('PRIMASK');
    this.#ram.leave(cpu, this.#event === 'reset');
    if (this.#capacitor) this.boot0 = this.#capacitor.isCharged(this.#instructions, this.#outside.now);
    this.#flags = this.peripherals.flags;
    return this.#event ?? 'application runs';
  }

  /** One CPU is open at a time, that of the chip which ran last: to make one costs more than to run it. */
  #open(): void {
    if (Chip.#last === this) return;
    Chip.#last?.cpu.close();
    Chip.#last = this;
    const cpu = new Cpu(this.line.core);
    this.cpu = cpu;
    this.#mapMemory(cpu);
    this.#mapRegisters(cpu);
    this.#ram.watch(
      cpu,
      () => this.core.hasDataCache,
      (what) => this.#end(what),
    );
    cpu.onException((number) => this.#end(`exception ${number}`));
    if (!this.#options.charge) return;
    cpu.onInstruction(() => {
      this.#instructions += 1;
    });
  }

  #end(event: string): void {
    this.#event ??= event;
    this.cpu.stop();
  }

  #mapMemory(cpu: Cpu): void {
    const { rom } = this.line;
    cpu.map(flashBase, this.flash.byteLength, new Uint8Array(this.flash.buffer));
    cpu.map(this.#ram.origin, this.#ram.size, this.#ram.bytes);
    if (this.#ram.origin !== 0x20000000) cpu.map(0x20000000, 0x10000);
    const page = (rom & ~0xfff) >>> 0;
    cpu.map(page, 0x1000, this.#page);
    const { romId } = this.#options;
    if (romId) cpu.map((romId.address & ~0xfff) >>> 0, 0x1000, new Uint8Array(0x1000).fill(romId.value));
    cpu.io(
      0,
      0x10000,
      (address, size) => this.#low(address, size),
      () => {},
    );
    cpu.at(rom + 0x240, () => this.#end('rom'));
    cpu.at(rom + 0x300, () => this.#end('ROM: stuck in its default handler'));
  }

  #romPage(): Uint8Array {
    const { rom } = this.line;
    const page = new DataView(new ArrayBuffer(0x1000));
    const offset = rom & 0xfff;
    page.setUint32(offset, romStack, true);
    page.setUint32(offset + 4, rom + 0x241, true);
    for (let vector = 2; vector < 48; vector += 1) page.setUint32(offset + 4 * vector, rom + 0x301, true);
    page.setUint16(offset + 0x240, 0xe7fe, true); // b .
    page.setUint16(offset + 0x300, 0xe7fe, true);
    return new Uint8Array(page.buffer);
  }

  /** At 0: flash, or system memory, or RAM. */
  #low(address: number, size: number): number {
    const mode = this.peripherals.memoryMode;
    const rom = this.#page.subarray(this.line.rom & 0xfff);
    const seen = mode === 1 ? rom : mode === 3 ? this.#ram.bytes : new Uint8Array(this.flash.buffer);
    let value = 0;
    for (let byte = size - 1; byte >= 0; byte -= 1) value = value * 256 + (seen[address + byte] ?? 0);
    return value;
  }

  #mapRegisters(cpu: Cpu): void {
    const read = (address: number) =>
      this.#outside.has(address) ? this.#outside.read(address) : this.peripherals.read(address);
    const write = (address: number, value: number) => {
      this.#capacitor?.wrote(address, value, this.#instructions, this.#outside.now);
      if (this.#outside.has(address)) this.#outside.write(value);
      else this.peripherals.write(address, value);
    };
    cpu.io(0x40000000, 0x10000000, read, write);
    cpu.io(0x50000000, 0x100000, read, write);
    cpu.io(0x58000000, 0x100000, read, write);
    cpu.io(
      0xe000e000,
      0x1000,
      (address) => this.core.read(address),
      (address, value) => this.core.write(address, value),
    );
  }

  #word(offset: number): number {
    return this.flash.getUint32(offset, true);
  }
}
