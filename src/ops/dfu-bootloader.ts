import { sleep } from '../io/clock.ts';
import { firstDataBlock } from '../protocol/dfu/constants.ts';
import { type Block, blockAt, blocksOf } from '../protocol/dfuse/blocks.ts';
import type { DfuSeClient } from '../protocol/dfuse/client.ts';
import type { MemoryLayout, Sector } from '../protocol/dfuse/memory-layout.ts';
import type { RomBehaviour } from '../targets/rom-quirks.ts';
import type { Bootloader, OnBytes } from './bootloader.ts';
import { bringToIdle } from './bring-to-idle.ts';
import type { DfuFacts } from './dfu-facts.ts';

/** Reads under way at once: the next one is with the target while the host takes in the last. */
const queuedReads = 4;

/** What the last request has left: the direction in which blocks may follow, and the pointer that they count from. */
interface Stream {
  readonly direction: 'in' | 'out';
  readonly pointer: number;
}

/** A target in its ROM's DFU mode: open, claimed, in dfuIDLE, its flash's alternate setting selected. */
export class DfuBootloader implements Bootloader {
  readonly kind = 'dfu';
  readonly #facts: DfuFacts;
  #stream: Stream | undefined;
  #isCautious = false;

  constructor(facts: DfuFacts) {
    this.#facts = facts;
  }

  /** For what goes beyond the flash: src/ops/dfu-memories.ts. */
  get facts(): DfuFacts {
    return this.#facts;
  }
  get usb() {
    return this.#facts.device.info;
  }
  get place(): string {
    return this.usb.path;
  }
  get product(): string {
    return this.usb.product ?? '';
  }
  get layout(): MemoryLayout {
    return this.#facts.layout;
  }
  get transferSize(): number {
    return this.#facts.transferSize;
  }
  get readSize(): number {
    return this.#facts.transferSize;
  }
  get behaviour(): RomBehaviour {
    return this.#facts.behaviour;
  }
  get quirks(): readonly string[] {
    return this.#facts.quirks;
  }

  /** A readout-protected target refuses to read with errVENDOR (AN3156 §4.1). */
  async probe(signal: AbortSignal): Promise<void> {
    const { address } = this.layout.sectors[0]!;
    await this.#uploads([{ address, length: 4 }], signal);
  }

  async erase(sector: Sector, signal: AbortSignal): Promise<void> {
    const client = await this.#commanding(signal);
    await client.erase(sector.address);
    // Clones have pages of half the size that they name (GD32VF103).
    if (this.#isCautious && sector.size === 2048) await client.erase(sector.address + 1024);
    await this.#settle(signal);
  }

  async massErase(signal: AbortSignal): Promise<void> {
    const client = await this.#commanding(signal);
    await client.massErase();
    await this.#settle(signal);
  }

  async write(address: number, data: Uint8Array, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
    for (const block of blocksOf(address, data.length, this.transferSize)) {
      const offset = block.address - address;
      await this.#download(block.address, data.subarray(offset, offset + block.length), signal);
      onBytes(block.length);
    }
  }

  async read(address: number, length: number, onBytes: OnBytes, signal: AbortSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const blocks = blocksOf(address, length, this.transferSize);
    for (let index = 0; index < blocks.length; index += queuedReads) {
      const some = blocks.slice(index, index + queuedReads);
      const read = await this.#uploads(some, signal);
      parts.push(...read);
      onBytes(read.reduce((sum, part) => sum + part.length, 0));
      if (read.length < some.length || read.at(-1)!.length < some.at(-1)!.length) break;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async becomeCautious(signal: AbortSignal): Promise<void> {
    this.#isCautious = true;
    this.#facts.pacing.becomeCautious();
    this.#stream = undefined;
    await bringToIdle(this.#facts, signal);
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#idle(signal);
  }

  async unprotect(signal: AbortSignal): Promise<void> {
    const client = await this.#idle(signal);
    await client.readUnprotect();
  }

  async leave(address: number, signal: AbortSignal): Promise<void> {
    const client = await this.#idle(signal);
    await client.leave(address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#facts.device[Symbol.asyncDispose]();
  }

  /** One block: by its number from the pointer that stands, or with a pointer of its own. */
  async #download(address: number, data: Uint8Array, signal: AbortSignal): Promise<void> {
    const { pointer, number, isNew } = this.#placeOf('out', address, data.length);
    const client = isNew ? await this.#commanding(signal) : this.#facts.client(signal);
    if (isNew) await client.setAddressPointer(pointer);
    this.#stream = undefined;
    await client.download(number, data);
    this.#stream = { direction: 'out', pointer };
  }

  /** One request a block, queued where it needs no pointer of its own; ends with the first answer that is short. */
  async #uploads(blocks: readonly Pick<Block, 'address' | 'length'>[], signal: AbortSignal): Promise<Uint8Array[]> {
    const queued: Promise<Uint8Array>[] = [];
    let client = this.#facts.client(signal);
    for (const { address, length } of blocks) {
      const { pointer, number, isNew } = this.#placeOf('in', address, length);
      if (isNew) {
        if ((await Promise.allSettled(queued)).some(({ status }) => status === 'rejected')) break;
        client = await this.#idle(signal);
        // Reading is legal from dfuIDLE and dfuUPLOAD-IDLE only; the pointer survives the abort (AN3156 §4.1).
        await client.setAddressPointer(pointer);
        await client.abort();
      }
      queued.push(client.upload(number, length));
      this.#stream = { direction: 'in', pointer };
    }
    const answers = await Promise.allSettled(queued);
    const parts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const short = parts.findIndex((part, index) => part.length < blocks[index]!.length);
    // A short answer ends the upload (DFU 1.1 A.2.10).
    if (parts.length < blocks.length || short >= 0) this.#stream = undefined;
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    return short < 0 ? parts : parts.slice(0, short + 1);
  }

  /**
   * The ROM takes each request's own length as stride, so that only full blocks may share a pointer: that to the start
   * of the flash, which then serves for all of them in any order.
   */
  #placeOf(direction: Stream['direction'], address: number, length: number) {
    const own = { pointer: address, number: firstDataBlock, isNew: true };
    const isShared = length === this.transferSize && this.behaviour.pointer === 'once' && !this.#isCautious;
    if (!isShared) return own;
    const pointer = this.layout.sectors[0]!.address;
    const number = blockAt(pointer, address, length);
    if (number === undefined) return own;
    return { pointer, number, isNew: this.#stream?.direction !== direction || this.#stream.pointer !== pointer };
  }

  /** Commands are legal from dfuDNLOAD-IDLE as well: only reading has to be ended. */
  async #commanding(signal: AbortSignal): Promise<DfuSeClient> {
    const client = this.#facts.client(signal);
    if (this.#stream?.direction !== 'out') return this.#idle(signal);
    this.#stream = undefined;
    return client;
  }

  async #idle(signal: AbortSignal): Promise<DfuSeClient> {
    const client = this.#facts.client(signal);
    if (this.#stream?.direction === 'in') await client.abort();
    else await client.toIdle();
    this.#stream = undefined;
    return client;
  }

  /** The pointer that an erase leaves behind is the ROM's own affair. */
  async #settle(signal: AbortSignal): Promise<void> {
    this.#stream = { direction: 'out', pointer: Number.NaN };
    const { eraseSettles } = this.#facts.behaviour;
    if (eraseSettles > 0) await sleep(this.#facts.clock, eraseSettles, signal);
  }
}
