import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Run } from './runs.ts';

/** Blocks that are read together at most. */
const mostBlocks = 8;

/** How often a block is read that no two reads agree on. */
const mostReads = 4;

/** The failure of a read that needs every byte and got an empty piece. */
export const nothingRead = (address: number): BootctlError =>
  new BootctlError('dfu-malformed', `A read at ${address32(address)} returned no bytes`);

/**
 * Reads flash in whole blocks from the start of each contiguous memory, with one transfer a block, in any order. A
 * block that several sectors share is read only once. A caller that reads on gets more blocks at once, up to its own
 * `end`. A `checked` reader accepts a block only if two reads agree, which detects a host or a wire that garbles a
 * byte.
 */
export class FlashReader {
  readonly #bootloader: Bootloader;
  readonly #signal: AbortSignal;
  readonly #isChecked: boolean;
  /** Start and end of the memory of the last read. */
  #memory: readonly [number, number] = [0, 0];
  #block: { readonly address: number; readonly data: Uint8Array } | undefined;
  #blocks = 1;

  constructor(
    bootloader: Bootloader,
    signal: AbortSignal,
    { isChecked = false }: { readonly isChecked?: boolean } = {},
  ) {
    this.#bootloader = bootloader;
    this.#signal = signal;
    this.#isChecked = isChecked;
  }

  /** [`address`, `end`) piece by piece. If the bootloader ends early, the last piece is empty. */
  async *pieces(address: number, end: number): AsyncGenerator<Run> {
    for (let at = address; at < end; ) {
      const data = await this.#piece(at, end);
      yield { address: at, data };
      if (data.length === 0) return;
      at += data.length;
    }
  }

  /** The part of [`address`, `end`) that one read holds. */
  async #piece(address: number, end: number): Promise<Uint8Array> {
    const known = this.#block;
    const block =
      known && address >= known.address && address < known.address + known.data.length
        ? known
        : await this.#read(address, end);
    return block.data.subarray(address - block.address, Math.min(end - block.address, block.data.length));
  }

  #memoryOf(address: number): readonly [number, number] {
    const [start, end] = this.#memory;
    const isSame = address >= start && address < end;
    if (!isSame) this.#memory = memoryAround(this.#bootloader.layout.sectors, address);
    return this.#memory;
  }

  async #read(address: number, wanted: number) {
    const { readSize } = this.#bootloader;
    const [start, end] = this.#memoryOf(address);
    const from = address - ((address - start) % readSize);
    const isNext = this.#block !== undefined && from === this.#block.address + this.#block.data.length;
    this.#blocks = isNext ? Math.min(this.#blocks * 2, mostBlocks) : 1;
    const blocks = Math.min(this.#blocks, Math.ceil((wanted - from) / readSize));
    const read = () => this.#bootloader.read(from, Math.min(blocks * readSize, end - from), () => {}, this.#signal);
    const data = this.#isChecked ? await agreed(read, from) : await read();
    this.#block = { address: from, data };
    return this.#block;
  }
}

/** The bytes on which two reads in a row agree. @throws BootctlError `read-unsteady` */
export async function agreed(read: () => Promise<Uint8Array>, address: number): Promise<Uint8Array> {
  let last = await read();
  for (let count = 1; count < mostReads; count++) {
    const again = await read();
    if (Buffer.compare(again, last) === 0) return again;
    last = again;
  }
  throw new BootctlError('read-unsteady', `${mostReads} reads at ${address32(address)} gave different bytes each time`);
}

/** Start and end of the sectors that follow each other without a gap around `address`. */
function memoryAround(sectors: readonly Sector[], address: number): readonly [number, number] {
  let start = Number.NaN;
  let end = Number.NaN;
  for (const sector of sectors) {
    if (sector.address !== end) {
      if (address >= start && address < end) break;
      start = sector.address;
    }
    end = sector.address + sector.size;
  }
  return [start, end];
}
