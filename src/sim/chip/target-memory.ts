import type { FlashOptions } from './flash-geometry.ts';
import { FlashMemory, type MemoryOperation, type RecordTruth } from './flash-memory.ts';
import type { MemoryKind, MemoryRegion, RomPersonality } from './rom-personality.ts';
import { uniqueIdOf } from './unique-id.ts';

const isWritable: Readonly<Record<MemoryKind, boolean>> = {
  ram: true,
  'option-bytes': true,
  otp: true,
  feature: true,
  eeprom: true,
  system: false,
};

/** Erased value of each kind of small memory. */
const blank: Readonly<Record<MemoryKind, number>> = {
  ram: 0,
  'option-bytes': 0xff,
  otp: 0xff,
  feature: 0,
  eeprom: 0,
  system: 0,
};

/** RAM, option bytes, OTP and the other memories beside the main flash; writing them takes no time. */
export class SmallMemory {
  readonly region: MemoryRegion;
  readonly #content: Uint8Array;

  constructor(region: MemoryRegion) {
    this.region = region;
    this.#content = new Uint8Array(region.size).fill(blank[region.kind]);
  }

  contains(address: number, length = 1): boolean {
    return address >= this.region.address && address + length <= this.region.address + this.region.size;
  }

  read(address: number, length: number): Uint8Array {
    const offset = address - this.region.address;
    return this.#content.slice(offset, offset + length);
  }

  write(address: number, data: Uint8Array): void {
    const offset = address - this.region.address;
    const keeps = this.region.kind === 'otp';
    data.forEach((byte, index) => {
      this.#content[offset + index] = keeps ? this.#content[offset + index]! & byte : byte;
    });
  }

  clear(): void {
    this.#content.fill(blank[this.region.kind]);
  }
}

/** What stands between and behind the words of the id (our choice). */
const besideUniqueId = 0xa5;
/** Of the region that holds them: as much as an F4 shows at once. */
const uniqueIdRegion = 240;
/** Of a board that is given none (our choice). */
const [usualLot, usualPart] = [315_684, 529_842];

export interface TargetMemoryOptions extends FlashOptions {
  /** RDP level 1. */
  readonly readoutProtected?: boolean;
}

/** Everything in one target that survives a reset: main flash, small memories, protection. */
export class TargetMemory {
  readonly personality: RomPersonality;
  readonly flash: FlashMemory;
  readonly others: readonly SmallMemory[];
  readoutProtected: boolean;
  readonly #uniqueId: SmallMemory | undefined;

  constructor(personality: RomPersonality, options: TargetMemoryOptions = {}) {
    this.personality = personality;
    this.flash = new FlashMemory(personality.geometry, options);
    const { uniqueId } = personality;
    const id = uniqueId && new SmallMemory({ kind: 'system', address: uniqueId.address, size: uniqueIdRegion });
    const listed = [...personality.ram, ...personality.memories].map((region) => new SmallMemory(region));
    this.others = id && !uniqueId?.isHidden ? [...listed, id] : listed;
    this.#uniqueId = id;
    this.burnUniqueId(uniqueIdOf(usualLot, usualPart));
    this.readoutProtected = options.readoutProtected ?? false;
    this.#burnBootloaderId();
    this.#storeProtection();
  }

  /** Twelve bytes, as the factory writes them. Does nothing if the personality has no address for them. */
  burnUniqueId(bytes: Uint8Array): void {
    const { address = 0, offsets = [0, 4, 8] } = this.personality.uniqueId ?? {};
    this.#uniqueId?.write(address, new Uint8Array(uniqueIdRegion).fill(besideUniqueId));
    for (const [word, offset] of offsets.entries())
      this.#uniqueId?.write(address + offset, bytes.subarray(4 * word, 4 * word + 4));
  }

  /** Of all sectors. */
  unprotectWrite(): void {
    this.flash.protectedSectors.clear();
    this.#storeProtection();
  }

  /** Writes the protection state into the option bytes. */
  #storeProtection(): void {
    const { optionBytes } = this.personality;
    if (!optionBytes) return;
    const { sectors } = this.flash.geometry;
    const isOpen = (index: number) => !this.flash.protectedSectors.has(sectors[index]?.address ?? 0);
    const open = Array.from({ length: 12 }, (_, index) => (isOpen(index) ? 1 << index : 0)).reduce((a, b) => a | b);
    const value = 0xf000 | open;
    const bytes = new Uint8Array(16).fill(0xff);
    bytes.set([0xef, this.readoutProtected ? 0x00 : 0xaa]);
    bytes.set([value & 0xff, value >> 8], 8);
    this.#otherAt(optionBytes.address)?.write(optionBytes.address, bytes);
  }

  contains(address: number, length = 1): boolean {
    return this.flash.contains(address, length) || this.#otherAt(address, length) !== undefined;
  }

  /** Up to `length` bytes of the memory at `address`; none if there is no memory. */
  read(address: number, length: number): Uint8Array {
    return this.#otherAt(address)?.read(address, length) ?? this.flash.read(address, length);
  }

  /** The same for a ROM that looks only where a read begins: it goes on into a hidden unique id. */
  readOn(address: number, length: number): Uint8Array {
    const bytes = this.read(address, length);
    const end = address + bytes.length;
    if (bytes.length === length || bytes.length === 0 || end !== this.#uniqueId?.region.address) return bytes;
    return Buffer.concat([bytes, this.#uniqueId.read(end, length - bytes.length)]);
  }

  /** Whether reading these bytes meets a double ECC error. */
  isTorn(address: number, length: number): boolean {
    return this.#otherAt(address) === undefined && this.flash.isTorn(address, length);
  }

  /** Does nothing if there is no writable memory from `address` on. */
  write(address: number, data: Uint8Array, record: RecordTruth): MemoryOperation | undefined {
    if (this.flash.contains(address, data.length)) return this.flash.program(address, data, record);
    const memory = this.#otherAt(address, data.length);
    if (!memory || !isWritable[memory.region.kind]) return undefined;
    return { duration: 0, finish: () => memory.write(address, data), cut: () => {} };
  }

  /** After such a write an F4 resets itself (AN3156, option bytes). */
  isOptionBytes(address: number): boolean {
    return this.#otherAt(address)?.region.kind === 'option-bytes';
  }

  massErase(record: RecordTruth): MemoryOperation {
    const operation = this.flash.massErase(record);
    const { lostByMassErase } = this.personality;
    if (lostByMassErase === undefined) return operation;
    record({ what: 'fault', name: `${lostByMassErase} erased` });
    return operation;
  }

  clearRam(): void {
    for (const memory of this.others) if (memory.region.kind === 'ram') memory.clear();
  }

  /** Whether the word at `address` is a stack pointer into RAM: the ROM's test for code (AN3156 §4, Leave DFU). */
  hasStackPointer(address: number): boolean {
    const bytes = this.read(address, 4);
    if (bytes.length < 4 || this.isTorn(address, 4)) return false;
    const pointer = new DataView(bytes.buffer).getUint32(0, true);
    return this.personality.ram.some((ram) => pointer > ram.address && pointer <= ram.address + ram.size);
  }

  #otherAt(address: number, length = 1): SmallMemory | undefined {
    return this.others.find((memory) => memory.contains(address, length));
  }

  #burnBootloaderId(): void {
    const { address, id } = this.personality.bootloader;
    this.#otherAt(address)?.write(address, Uint8Array.of(id));
  }
}
