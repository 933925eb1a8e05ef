import type { Bootloader, OnBytes } from '../../machines/bootloader.ts';
import { BootctlError } from '../../src/base/errors.ts';
import { type RomBehaviour, usualBehaviour } from '../../src/chips/rom-behaviour.ts';
import { type MemoryLayout, parseMemoryLayout, type Sector } from '../../src/protocol/dfuse/memory-layout.ts';

export const flashBase = 0x0800_0000;

interface Setup {
  /** Name of the alternate setting. Default: eight pages of 1 KiB. */
  readonly layout?: string;
  /** Bytes of a block. */
  readonly block?: number;
  readonly behaviour?: Partial<RomBehaviour>;
  /** What the flash holds at first, from `flashBase` on; the rest is blank. */
  readonly content?: Uint8Array;
  readonly kind?: Bootloader['kind'];
  /** It can lift write protection. */
  readonly unprotectWrite?: boolean;
  /** What a read gives, by what the flash holds. The number counts the reads from 1. */
  readonly reads?: (found: Uint8Array, address: number, count: number) => Uint8Array;
  /** What an erase does instead. */
  readonly erases?: (sector: Sector) => void;
}

/** A bootloader whose flash is an array: an erase makes it blank, and programming moves bits one way only. */
export class MemoryBootloader implements Bootloader {
  readonly kind: Bootloader['kind'];
  readonly usb = null;
  readonly place = '1-2';
  readonly product = 'made up';
  readonly layout: MemoryLayout;
  readonly transferSize: number;
  readonly readSize: number;
  readonly behaviour: RomBehaviour;
  readonly quirks = [];
  readonly unprotectWrite?: () => Promise<void>;
  /** What was asked of it: `read 0 64`, with the offset in the flash. */
  readonly log: string[] = [];
  readonly #bytes = new Map<number, number>();
  readonly #setup: Setup;
  #reads = 0;

  constructor(setup: Setup = {}) {
    this.#setup = setup;
    this.kind = setup.kind ?? 'dfu';
    this.layout = parseMemoryLayout(setup.layout ?? '@Internal Flash /0x08000000/08*001Kg');
    this.transferSize = setup.block ?? 64;
    this.readSize = this.transferSize;
    this.behaviour = { ...usualBehaviour, ...setup.behaviour };
    if (setup.unprotectWrite) this.unprotectWrite = async () => {};
    setup.content?.forEach((byte, index) => {
      this.#bytes.set(flashBase + index, byte);
    });
  }

  /** What the flash holds, without a request. */
  at(offset: number, length: number): Uint8Array {
    return Uint8Array.from(
      { length },
      (_, index) => this.#bytes.get(flashBase + offset + index) ?? this.behaviour.erased,
    );
  }

  async probe(): Promise<void> {
    this.log.push('probe');
  }

  async erase(sector: Sector): Promise<void> {
    this.log.push(`erase ${sector.address - flashBase}`);
    if (this.#setup.erases) this.#setup.erases(sector);
    else for (let at = 0; at < sector.size; at++) this.#bytes.delete(sector.address + at);
  }

  async massErase(): Promise<void> {
    this.log.push('mass erase');
    this.#bytes.clear();
  }

  async write(address: number, data: Uint8Array, onBytes: OnBytes): Promise<void> {
    this.log.push(`write ${address - flashBase} ${data.length}`);
    const held = this.at(address - flashBase, data.length);
    const isHigh = this.behaviour.erased === 0xff;
    data.forEach((byte, index) => {
      this.#bytes.set(address + index, isHigh ? byte & held[index]! : byte | held[index]!);
    });
    onBytes(data.length);
  }

  async read(address: number, length: number, onBytes: OnBytes): Promise<Uint8Array> {
    this.log.push(`read ${address - flashBase} ${length}`);
    if (length <= 0) throw new RangeError(`a read of ${length} bytes`);
    const found = this.at(address - flashBase, length);
    const given = this.#setup.reads?.(found, address, ++this.#reads) ?? found;
    onBytes(given.length);
    return given;
  }

  async settle(): Promise<void> {
    this.log.push('settle');
  }

  async becomeCautious(): Promise<void> {
    this.log.push('cautious');
  }

  async unprotect(): Promise<void> {
    throw new BootctlError('unprotect-refused', 'made up');
  }

  async leave(): Promise<void> {
    this.log.push('leave');
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Bytes in which no two neighbours are equal, and none is blank. */
export const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => ((index * 7 + seed * 13 + (index >> 6)) % 200) + 1);
