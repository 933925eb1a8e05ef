import type { Bootloader, OnBytes } from '../../../machines/bootloader.ts';
import { isBootctlError } from '../../base/errors.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { UniqueIdPlace } from '../../chips/chip.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import type { An3155Client } from '../../protocol/an3155/client.ts';
import { an3155BlockSize } from '../../protocol/an3155/constants.ts';
import type { MemoryLayout, Sector } from '../../protocol/dfuse/memory-layout.ts';
import { failedRead } from './failed-read.ts';
import { readAround } from './read-around.ts';
import type { UsartSpeed } from './usart-speed.ts';

export interface UsartSession {
  /** Synchronised, and it has answered. Its exchanges are never torn: the signals of the methods count between them. */
  readonly rom: An3155Client;
  readonly link: SerialLink;
  readonly profile: BoardProfile;
  readonly clock: Clock;
  /** At which the ROM has answered first. */
  readonly baudRate: number;
  readonly behaviour: RomBehaviour;
  /** Ids of the rows of src/chips/rom-quirks.ts that fit. */
  readonly quirks: readonly string[];
  readonly product: string;
  /** Sectors in the order of their numbers for Erase. */
  readonly layout: MemoryLayout;
  /** Bytes of one Write Memory. */
  readonly transferSize: number;
  /** Of the chip that its product id names. */
  readonly uniqueIdPlace: UniqueIdPlace | undefined;
  /** Present if the target can be entered again. */
  readonly speed?: UsartSpeed | undefined;
}

/** On every chip. The ROM uses a part of the RAM, and may refuse to read that. */
const startOfRam = 0x2000_0000;

/**
 * A target in its ROM's USART bootloader. It shares the adapter with the modem lines: disposing it only gives back the
 * format.
 */
export class UsartBootloader implements Bootloader {
  readonly kind = 'usart';
  readonly usb = null;
  readonly #session: UsartSession;

  constructor(session: UsartSession) {
    this.#session = session;
  }

  get place(): string {
    return this.#session.link.path;
  }
  get product(): string {
    return this.#session.product;
  }
  get layout(): MemoryLayout {
    return this.#session.layout;
  }
  get transferSize(): number {
    return this.#session.transferSize;
  }

  get readSize(): number {
    return an3155BlockSize;
  }
  get behaviour(): RomBehaviour {
    return this.#session.behaviour;
  }
  get quirks(): readonly string[] {
    return this.#session.quirks;
  }

  get uniqueIdPlace(): UniqueIdPlace | undefined {
    return this.#session.uniqueIdPlace;
  }

  async readOutside(address: number, length: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    signal.throwIfAborted();
    return readAround(this.#session.rom, address, length, { block: this.transferSize });
  }

  /**
   * A readout-protected target refuses Read Memory before the address (AN3155 §3.4), so any memory shows the
   * protection.
   */
  async probe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { rom } = this.#session;
    if (rom.hasRead) return; // as it was opened
    try {
      await rom.read(startOfRam, 1);
    } catch (error) {
      const answer = isBootctlError(error) ? error.row.answer : undefined;
      if (!rom.hasRead || !answer) throw error; // of the command itself, or the port has gone
      if (answer === 'none') await rom.recall();
    }
  }

  async prepareFor(bytes: number, signal: AbortSignal): Promise<void> {
    await this.#session.speed?.raiseFor(bytes, signal);
  }

  async erase({ address }: Sector, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const number = this.layout.sectors.findIndex((sector) => sector.address === address);
    await this.#session.rom.erasePages([number]);
    await this.#settle(signal);
  }

  async massErase(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#session.rom.massErase();
    await this.#settle(signal);
  }

  async write(address: number, data: Uint8Array, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
    for (const { offset, length } of blocks(address, data.length, this.transferSize)) {
      signal.throwIfAborted();
      await this.#session.rom.write(address + offset, data.subarray(offset, offset + length));
      onBytes(length);
    }
  }

  async read(address: number, length: number, onBytes: OnBytes, signal: AbortSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const block of blocks(address, length, an3155BlockSize)) {
      signal.throwIfAborted();
      const place = { address: address + block.offset, length: block.length };
      const part = await this.#session.rom.read(place.address, place.length).catch((error) => {
        throw failedRead(error, this.layout, place);
      });
      parts.push(part);
      onBytes(block.length);
    }
    return Buffer.concat(parts);
  }

  async settle(): Promise<void> {}

  /**
   * A reset brings the ROM back from any state, and to its usual rate. Without a way back it can only be synchronised.
   */
  async becomeCautious(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { rom, speed } = this.#session;
    await (speed ? speed.lower(signal) : rom.recall());
  }

  async unprotect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#session.rom.readoutUnprotect();
  }

  async unprotectWrite(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#session.rom.writeUnprotect();
  }

  /**
   * Go. A listener for the application has set its format before. The ROM gets 8E1 first, then that format is restored.
   */
  async leave(address: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { rom, link, profile, speed } = this.#session;
    await link.configure({ baudRate: speed?.baudRate ?? this.#session.baudRate, parity: 'even' });
    await rom.go(address);
    const { application, usart } = profile;
    const { baudRate } = application.expect === 'serial' ? application : usart;
    await link.configure({ baudRate, parity: 'none' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await restoreFormat(this.#session.link, this.#session.profile);
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const { clock, behaviour } = this.#session;
    if (behaviour.eraseSettles > 0) await sleep(clock, behaviour.eraseSettles, signal);
  }
}

/** 8N1 again, as the port was opened. If the port is gone, its next user reports that. */
export async function restoreFormat(link: SerialLink, { usart }: BoardProfile): Promise<void> {
  await link.configure({ baudRate: usart.baudRate, parity: 'none' }).catch(() => {});
}

/**
 * Pieces of at most `size` bytes that do not cross a multiple of `size`: no piece then crosses a half page of an L0 or
 * L1.
 */
function* blocks(address: number, length: number, size: number): Generator<{ offset: number; length: number }> {
  for (let offset = 0; offset < length; ) {
    const room = size - ((address + offset) % size);
    const piece = Math.min(room, length - offset);
    yield { offset, length: piece };
    offset += piece;
  }
}
