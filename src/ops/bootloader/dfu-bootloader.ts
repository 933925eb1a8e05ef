import type { Bootloader, OnBytes } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { sleep } from '../../bench/clock.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import { type Block, blocksOf, countedPlace, ownPlace, type Place, type Stream } from '../../protocol/dfuse/blocks.ts';
import type { DfuSeClient } from '../../protocol/dfuse/client.ts';
import type { MemoryLayout, Sector } from '../../protocol/dfuse/memory-layout.ts';
import { BlockNumbers } from './block-numbers.ts';
import type { DfuSession } from './dfu-session.ts';
import { bringToIdle } from './dfu-session.ts';
import { canReadBeside, failedRead } from './failed-read.ts';

/** Reads under way at once: the next one is with the target while the host takes in the last. */
const queuedReads = 4;

/** A requested block, and the pointer that it was counted from. */
interface Asked {
  readonly answer: Promise<Uint8Array>;
  readonly place: Place;
}

/** A target in its ROM's DFU mode: open, claimed, in dfuIDLE, its flash's alternate setting selected. */
export class DfuBootloader implements Bootloader {
  readonly kind = 'dfu';
  readonly #session: DfuSession;
  readonly #numbers = new BlockNumbers();
  #stream: Stream | undefined;
  #isCautious = false;
  #hasRead = false;

  constructor(session: DfuSession) {
    this.#session = session;
  }

  /** For memories other than the flash: src/ops/bootloader/dfu-memories.ts. */
  get session() {
    return this.#session;
  }
  get usb() {
    return this.#session.device.info;
  }
  get place(): string {
    return this.usb.path;
  }
  get product(): string {
    return this.usb.product ?? '';
  }
  get layout(): MemoryLayout {
    return this.#session.layout;
  }
  get transferSize(): number {
    return this.#session.transferSize;
  }
  get readSize(): number {
    return this.#session.transferSize;
  }
  get behaviour(): RomBehaviour {
    return this.#session.behaviour;
  }
  get quirks(): readonly string[] {
    return this.#session.quirks;
  }

  get isGuessing(): boolean {
    return this.#numbers.isGuess;
  }

  stopGuessing(): void {
    this.#numbers.giveUp();
  }

  /** By the two blocks from `near` on, or the last two. */
  async provePlaces(near: number, signal: AbortSignal): Promise<void> {
    if (!this.#mayCount || this.#numbers.isProven) return;
    const both = 2 * this.transferSize;
    const end = endOfMemory(this.layout, near);
    await this.read(Math.min(near, end - both), both, () => {}, signal);
  }

  /**
   * Most readout-protected targets refuse Set Address Pointer with errVENDOR. An F105 accepts it (AN2662 §4.5.2) and
   * refuses the first read or erase. The probe sets the pointer that all full blocks count from.
   */
  async probe(signal: AbortSignal): Promise<void> {
    const { address } = this.layout.sectors[0]!;
    await this.#pointForReading(await this.#idle(signal), address);
  }

  /**
   * Sends one whole block that ends at `end`, and aborts it before the ROM carries it out. Nothing is sent if the ROM
   * refuses that address.
   */
  async sendInVain(end: number, signal: AbortSignal): Promise<void> {
    const client = await this.#idle(signal);
    try {
      await client.setAddressPointer(end - this.transferSize);
    } catch (error) {
      if (!isBootctlError(error, 'dfu-status')) throw error;
      await client.toIdle();
      return;
    }
    await client.sendInVain(new Uint8Array(this.transferSize));
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

  /** If the ROM takes no request while it programs a block, the next block waits in the host's queue. */
  async write(address: number, data: Uint8Array, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
    let before: Promise<void> = Promise.resolve();
    const blocks = blocksOf(address, data.length, this.transferSize);
    for (const [index, block] of blocks.entries()) {
      if (index === 1 && block.length === this.transferSize)
        await before.then(() => this.#proveByWritten(address, signal));
      const part = data.subarray(block.address - address, block.address - address + block.length);
      if (!this.#mayFollowAtOnce(block)) await before;
      const written = this.#download(block.address, part, signal).then(() => onBytes(block.length));
      const both = Promise.allSettled([before, written]);
      await before.catch((error) => both.then(() => Promise.reject(error)));
      before = written;
    }
    await before;
  }

  async read(address: number, length: number, onBytes: OnBytes, signal: AbortSignal): Promise<Uint8Array> {
    const blocks = blocksOf(address, length, this.transferSize);
    const asked: Asked[] = [];
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for (const [index, block] of blocks.entries()) {
        await this.#ask(blocks.slice(0, index + queuedReads), asked, index, signal);
        const { answer, place } = asked[index]!;
        const part = await answer.catch(async (error) => {
          await Promise.allSettled(asked.map((one) => one.answer));
          throw failedRead(await this.#unlessRefuted(error, block, signal), this.layout, block);
        });
        this.#hasRead = true;
        if (part.length === this.transferSize) this.#numbers.saw(place, part);
        parts.push(part);
        bytes += part.length;
        onBytes(part.length);
        if (part.length < block.length) break; // it ends the upload (DFU 1.1 A.2.10)
      }
    } finally {
      await Promise.allSettled(asked.map(({ answer }) => answer));
      if (bytes < length) this.#stream = undefined;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async becomeCautious(signal: AbortSignal): Promise<void> {
    this.#isCautious = true;
    this.#session.pacing.becomeCautious();
    this.#stream = undefined;
    await bringToIdle(this.#session, signal);
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#idle(signal);
  }

  async unprotect(signal: AbortSignal): Promise<void> {
    await (await this.#idle(signal)).readUnprotect();
  }

  async leave(address: number, signal: AbortSignal): Promise<void> {
    const client = await this.#idle(signal);
    await client.leave(address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.device[Symbol.asyncDispose]();
  }

  /** One block: by its number from the present pointer, or with its own pointer. */
  async #download(address: number, data: Uint8Array, signal: AbortSignal): Promise<void> {
    const { pointer, number, isNew } = this.#placeOf('out', address, data.length);
    const client = isNew ? await this.#commanding(signal) : this.#session.client(signal);
    if (isNew) await client.setAddressPointer(pointer);
    this.#stream = { direction: 'out', pointer };
    await client.download(number, data).catch((error) => {
      this.#stream = undefined;
      throw error;
    });
  }

  #mayFollowAtOnce({ address, length }: Block): boolean {
    const standsStill = this.behaviour.whileProgramming === 'stands-still' && this.#session.pacing.isHeld('program');
    return standsStill && !this.#placeOf('out', address, length).isNew;
  }

  /**
   * One request for each block not requested yet. A block's own pointer is set after all earlier ones are `answered`.
   */
  async #ask(blocks: readonly Block[], asked: Asked[], answered: number, signal: AbortSignal) {
    for (const { address, length } of blocks.slice(asked.length)) {
      const place = this.#placeOf('in', address, length);
      const { pointer, number, isNew } = place;
      if (isNew && asked.length > answered) return;
      const client = isNew ? await this.#idle(signal) : this.#session.client(signal);
      if (isNew) await this.#pointForReading(client, pointer);
      const answer = client.upload(number, length);
      answer.catch(() => {}); // awaited in its turn
      asked.push({ answer, place });
      this.#stream = { direction: 'in', pointer };
    }
  }

  /** If other reads succeed, a `readout-protected` refusal concerns only its own block. */
  async #unlessRefuted(error: unknown, block: Block, signal: AbortSignal): Promise<unknown> {
    if (!isBootctlError(error, 'readout-protected')) return error;
    this.#stream = undefined;
    const isRefuted = this.#hasRead || (await canReadBeside(await this.#idle(signal), this, block));
    return isRefuted ? new BootctlError('dfu-status', error.message, { cause: error }) : error;
  }

  /** Reading is legal from dfuIDLE and dfuUPLOAD-IDLE only; the pointer survives the abort (AN3156 §4.1). */
  async #pointForReading(client: DfuSeClient, pointer: number): Promise<void> {
    await client.setAddressPointer(pointer);
    await client.abort();
    this.#stream = { direction: 'in', pointer };
  }

  /**
   * The ROM multiplies the block number by the length of the request, so that only full blocks may share a pointer.
   * This pointer is the start of the flash, and blocks may follow in any order. Until the block numbers are proven
   * nothing is written by them, and blocks are read from the first one on, which is always correct.
   */
  #placeOf(direction: Stream['direction'], address: number, length: number): Place {
    const { isProven } = this.#numbers;
    const isCounted = length === this.transferSize && this.#mayCount && (isProven || direction === 'in');
    const start = isProven ? this.layout.sectors[0]!.address : undefined;
    const place = isCounted ? countedPlace(this.#stream, direction, { start, address, length }) : undefined;
    return place ?? ownPlace(address);
  }

  get #mayCount(): boolean {
    return this.behaviour.pointer === 'once' && !this.#isCautious && !this.#numbers.isUnused;
  }

  /** The first block of a blank flash differs from the one behind it as soon as it is written. */
  async #proveByWritten(address: number, signal: AbortSignal): Promise<void> {
    if (this.#numbers.isProven) return;
    this.#numbers.tryAgain();
    await this.provePlaces(address, signal);
    this.#numbers.giveUp();
  }

  /** Commands are legal from dfuDNLOAD-IDLE as well. Only reading has to be ended first. */
  async #commanding(signal: AbortSignal): Promise<DfuSeClient> {
    const client = this.#session.client(signal);
    if (this.#stream?.direction !== 'out') return this.#idle(signal);
    this.#stream = undefined;
    return client;
  }

  async #idle(signal: AbortSignal): Promise<DfuSeClient> {
    const client = this.#session.client(signal);
    if (this.#stream?.direction === 'in') await client.abort();
    else await client.toIdle();
    this.#stream = undefined;
    return client;
  }

  /** The pointer after an erase is undefined. */
  async #settle(signal: AbortSignal): Promise<void> {
    this.#stream = { direction: 'out', pointer: Number.NaN };
    const { eraseSettles } = this.#session.behaviour;
    if (eraseSettles > 0) await sleep(this.#session.clock, eraseSettles, signal);
  }
}

/** End of the sectors that follow each other without a gap from `address` on. */
function endOfMemory({ sectors }: MemoryLayout, address: number): number {
  let end = address;
  for (const sector of sectors) {
    if (sector.address <= end && end < sector.address + sector.size) end = sector.address + sector.size;
  }
  return end;
}
