import type { Milliseconds } from '../../base/units.ts';
import type { TruthEvent } from '../truth.ts';
import type { FlashGeometry, FlashOptions, FlashSector } from './flash-geometry.ts';

/** Where truth about a memory goes: `record` of the target's context. */
export type RecordTruth = (event: TruthEvent) => void;

/** An erase or a program under way: `finish` after `duration`, or `cut` when a reset comes first. */
export interface MemoryOperation {
  readonly duration: Milliseconds;
  finish(): void;
  cut(elapsed: Milliseconds): void;
}

const usuallyErased = 0xff;

/** NOR flash: programming moves bits one way only, erasing puts whole sectors back. Survives resets; starts erased. */
export class FlashMemory {
  readonly geometry: FlashGeometry;
  readonly address: number;
  readonly size: number;
  readonly protectedSectors: Set<number>;
  readonly #content: Uint8Array;
  readonly #timeScale: number;
  readonly #stuck = new Map<number, number>();
  readonly #erased: number;
  /** Offsets of programmed units, for flash that can be programmed only once. */
  readonly #programmed = new Set<number>();
  /** Offsets of units with a double ECC error. */
  readonly #torn = new Set<number>();

  constructor(geometry: FlashGeometry, options: FlashOptions = {}) {
    const last = geometry.sectors.at(-1)!;
    this.geometry = geometry;
    this.address = geometry.sectors[0]!.address;
    this.size = last.address + last.size - this.address;
    this.protectedSectors = new Set(options.protectedSectors);
    this.#erased = geometry.erased ?? usuallyErased;
    this.#content = new Uint8Array(this.size).fill(this.#erased);
    this.#timeScale = options.timeScale ?? 1;
    for (const { address, mask } of options.faults?.stuckBits ?? []) {
      for (let byte = 0; byte < 4; byte++) this.#stuck.set(address - this.address + byte, (mask >>> (8 * byte)) & 0xff);
    }
  }

  contains(address: number, length = 1): boolean {
    return address >= this.address && address + length <= this.address + this.size;
  }

  /** Up to `length` bytes: fewer at the end of the flash, none outside. */
  read(address: number, length: number): Uint8Array {
    if (!this.contains(address)) return new Uint8Array();
    return this.#content.slice(address - this.address, address - this.address + length);
  }

  word(address: number): number {
    const bytes = this.read(address, 4);
    return bytes.length < 4 ? 0xffff_ffff : new DataView(bytes.buffer).getUint32(0, true);
  }

  /** Puts content there as a factory would: no time, no truth, no protection. */
  preload(address: number, data: Uint8Array): void {
    if (!this.contains(address, data.length))
      throw new RangeError(`Nothing of the flash is at 0x${address.toString(16)}`);
    this.#content.set(data, address - this.address);
  }

  /** Leaves the unit at `address` as after a reset during its programming. Only flash with ECC detects this. */
  tear(address: number): void {
    const offset = address - this.address;
    const unit = offset - (offset % this.geometry.unit);
    if (!this.geometry.programsOnce || !this.contains(address)) return;
    this.#torn.add(unit);
    this.#programmed.add(unit);
  }

  /** Whether a read of these bytes meets a double ECC error. */
  isTorn(address: number, length = 1): boolean {
    if (this.#torn.size === 0) return false;
    const from = address - this.address;
    return [...this.#torn].some((unit) => unit < from + length && from < unit + this.geometry.unit);
  }

  sectorAt(address: number): FlashSector | undefined {
    return this.geometry.sectors.find((sector) => address >= sector.address && address < sector.address + sector.size);
  }

  eraseSectors(sectors: readonly FlashSector[], record: RecordTruth): MemoryOperation {
    const times = sectors.map((sector) => sector.eraseTime * this.#timeScale);
    return this.#erase(sectors, times, record);
  }

  massErase(record: RecordTruth): MemoryOperation {
    const { sectors, massEraseTime } = this.geometry;
    const each = (massEraseTime * this.#timeScale) / sectors.length;
    return this.#erase(
      sectors,
      sectors.map(() => each),
      record,
    );
  }

  /**
   * `data` is padded with 0xFF to whole programming units, as the ROM does; a unit that it shares is programmed again.
   */
  program(address: number, data: Uint8Array, record: RecordTruth): MemoryOperation {
    const { unit, unitTime } = this.geometry;
    const lead = (address - this.address) % unit;
    const units = Math.ceil((lead + data.length) / unit);
    const duration = units * unitTime * this.#timeScale;
    const run = (bytes: number) => this.#program(address, data.subarray(0, Math.max(0, bytes)), record);
    const cut = (elapsed: Milliseconds) => {
      const done = unit * Math.floor((elapsed / duration) * units) - lead;
      run(done);
      const next = address + Math.max(0, done);
      if (elapsed > 0 && done < data.length && !this.#isProtected(next)) this.tear(next);
    };
    return { duration, finish: () => run(data.length), cut };
  }

  #erase(sectors: readonly FlashSector[], times: readonly Milliseconds[], record: RecordTruth): MemoryOperation {
    const run = (elapsed: Milliseconds) => {
      let started = 0;
      sectors.forEach((sector, index) => {
        if (elapsed > started) this.#eraseSector(sector, Math.min(1, (elapsed - started) / times[index]!), record);
        started += times[index]!;
      });
    };
    return {
      duration: times.reduce((sum, time) => sum + time, 0),
      finish: () => run(Number.POSITIVE_INFINITY),
      cut: run,
    };
  }

  /** An interrupted erase leaves the rest of the sector unchanged, so that the sector does not look erased. */
  #eraseSector({ address, size }: FlashSector, fraction: number, record: RecordTruth): void {
    if (this.protectedSectors.has(address)) return;
    const bytes = Math.floor(size * fraction);
    const start = address - this.address;
    this.#content.fill(this.#erased, start, start + bytes);
    for (const units of [this.#programmed, this.#torn]) {
      for (const unit of units) if (unit >= start && unit + this.geometry.unit <= start + bytes) units.delete(unit);
    }
    if (fraction === 1) record({ what: 'erased', address, bytes });
    else this.tear(address + bytes);
  }

  #program(address: number, data: Uint8Array, record: RecordTruth): void {
    const start = address - this.address;
    // This is by far the usual case, and the kernel bench must not be slower than real flash.
    if (this.#hasNoFaults && this.#areBlank(start, start + data.length)) {
      this.#content.set(data, start);
    } else {
      const dirty = this.#programUnits(start, data);
      if (dirty !== undefined) record({ what: 'programmed-without-erase', address: this.address + dirty });
    }
    if (data.length > 0) record({ what: 'programmed', address, bytes: data.length });
  }

  /** All units that have a part between the offsets. */
  #areBlank(start: number, end: number): boolean {
    const { unit } = this.geometry;
    return isFilled(this.#content, start - (start % unit), Math.ceil(end / unit) * unit, this.#erased);
  }

  get #hasNoFaults(): boolean {
    return !this.geometry.programsOnce && this.#stuck.size === 0 && this.protectedSectors.size === 0;
  }

  /** Offset of the first unit that was not blank and would have had to be. */
  #programUnits(start: number, data: Uint8Array): number | undefined {
    const { unit, programsOnce } = this.geometry;
    let dirty: number | undefined;
    for (let offset = 0, end = 0; offset < data.length; offset = end) {
      const at = start + offset;
      const whole = at - (at % unit);
      end = Math.min(whole + unit - start, data.length);
      if (this.#isProtected(this.address + at)) continue;
      const isRefused = this.#refuses(whole);
      if (programsOnce) this.#programmed.add(whole);
      if (isFilled(data, offset, end, this.#erased)) continue;
      if (isRefused || !this.#isBlank(whole)) dirty ??= whole;
      if (isRefused) continue;
      for (let index = offset; index < end; index++) this.#programByte(start + index, data[index]!);
    }
    return dirty;
  }

  #programByte(offset: number, byte: number): void {
    const before = this.#content[offset]!;
    const stuck = this.#stuck.get(offset) ?? 0;
    this.#content[offset] = this.#erased === usuallyErased ? before & (byte | stuck) : before | byte;
  }

  #isProtected(address: number): boolean {
    return this.protectedSectors.size > 0 && this.protectedSectors.has(this.sectorAt(address)!.address);
  }

  #isBlank(offset: number): boolean {
    return isFilled(this.#content, offset, offset + this.geometry.unit, this.#erased);
  }

  /**
   * An L0 programs erased units only (RM0376, NOTZEROERR); so does flash with ECC, and a unit only once (RM0444,
   * PROGERR).
   */
  #refuses(offset: number): boolean {
    const takesOnlyBlank = this.#erased !== usuallyErased || this.geometry.programsOnce === true;
    return this.#programmed.has(offset) || (takesOnlyBlank && !this.#isBlank(offset));
  }
}

/**
 * Whether bytes from `start` up to `end` all are `value`. A plain loop: on the emulated processor of the kernel bench it was
 * faster than what compares whole buffers.
 */
function isFilled(bytes: Uint8Array, start: number, end: number, value: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] !== value) return false;
  return true;
}
