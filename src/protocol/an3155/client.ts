import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { type CommandName, commandTitles, isProtected, notListed, protectable } from './commands.ts';
import { an3155Command, an3155ErasePages } from './constants.ts';
import { RomExchange } from './exchange.ts';
import {
  addressFrame,
  commandFrame,
  eraseFrame,
  extendedEraseFrame,
  type GetReply,
  globalEraseFrame,
  parseGet,
  parseId,
  parseVersion,
  readLengthFrame,
  type SpecialErase,
  specialEraseFrame,
  type VersionReply,
  writeMemoryFrame,
} from './frames.ts';
import { isListening, synchronise } from './sync.ts';
import { usartTimeouts } from './timeouts.ts';

export interface SyncOptions {
  readonly baudRate: number;
  readonly patience: Milliseconds;
  /** Called before the first byte, with the format set. */
  readonly onReady?: () => void;
  /** Goes on for all of that time, whatever else answers. */
  readonly isPersistent?: boolean;
  /** Checked between two 0x7F. Default: the client's own signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The ROM's USART bootloader (AN3155) at the other end of a link: one method per command, each finished when it
 * resolves. Each frame goes out in one write. The client waits for the ACK before the next frame, as the ROM has no
 * receive buffer. Methods throw BootctlError `usart-nack`, `usart-timeout`, `usart-malformed`, `readout-protected`,
 * those of the link, and RangeError for arguments that no frame can carry.
 */
export class An3155Client {
  readonly #line: RomExchange;
  #known: GetReply | undefined;
  /** Set after a command succeeded that readout protection forbids. A later NACK has another cause. */
  #isOpen = false;

  constructor(link: SerialLink, clock: Clock, signal?: AbortSignal) {
    this.#line = new RomExchange(link, clock, signal);
  }

  /** Of the port. */
  get path(): string {
    return this.#line.link.path;
  }

  /** It has taken a command that readout protection forbids. */
  get hasRead(): boolean {
    return this.#isOpen;
  }

  /**
   * Sets the link to 8E1 at `baudRate` and sends 0x7F until the ROM answers (AN3155 §2), for `patience` at most. It
   * keeps the rate until the next reset. The proof that a ROM answered is a `get` that succeeds.
   * @throws BootctlError `usart-no-sync`
   */
  async sync({
    baudRate,
    patience,
    isPersistent = false,
    onReady,
    signal = this.#line.signal,
  }: SyncOptions): Promise<void> {
    const { link, clock, reader } = this.#line;
    await this.#line.configure(baudRate);
    await reader.discard();
    onReady?.();
    await synchronise({ link, clock, reader, signal, baudRate, patience, isPersistent });
  }

  /**
   * Finds a ROM that is synchronised, and has lost the thread, at the start of a command: one that was there already
   * takes a first 0x7F for half a command, and refuses it with the second.
   * @throws BootctlError `usart-no-sync`
   */
  async recall(): Promise<void> {
    await this.#line.reader.discard();
    if (await isListening(this.#line)) return;
    throw new BootctlError('usart-no-sync', 'The ROM no longer answers 0x7F');
  }

  async get(): Promise<GetReply> {
    this.#known = parseGet(await this.#ask('get', (first) => first + 1));
    return this.#known;
  }

  async getVersion(): Promise<VersionReply> {
    return parseVersion(await this.#ask('getVersion', () => 2));
  }

  /** Product id of the target, such as 0x413. */
  async getId(): Promise<number> {
    return parseId(await this.#ask('getId', (first) => first + 1));
  }

  /** 1 to 256 bytes. */
  async read(address: number, length: number): Promise<Uint8Array> {
    const what = `Read Memory at ${address32(address)}`;
    const frames = [addressFrame(address), readLengthFrame(length)] as const;
    await this.#command('readMemory');
    await this.#line.send(frames[0], what);
    await this.#line.send(frames[1], what);
    return this.#line.take(length, what);
  }

  /**
   * 1 to 256 bytes (128 on an L0 or L1), padded with 0xFF to words; `address` is a multiple of 4. The flash must be
   * erased.
   */
  async write(address: number, data: Uint8Array): Promise<void> {
    if (address % 4 !== 0) throw new RangeError(`Write Memory needs a multiple of 4, not ${address32(address)}`);
    const what = `Write Memory at ${address32(address)}`;
    const frames = [addressFrame(address), writeMemoryFrame(data)] as const;
    await this.#command('writeMemory');
    await this.#line.send(frames[0], what);
    await this.#line.send(frames[1], what, usartTimeouts.write);
  }

  /** Pages or sectors by number, in as many commands as it takes. The ROM reports no error for write-protected ones. */
  async erasePages(pages: readonly number[]): Promise<void> {
    const extended = await this.#hasExtendedErase();
    const size = an3155ErasePages[extended ? 'extended' : 'standard'];
    for (let at = 0; at < pages.length; at += size) {
      const chunk = pages.slice(at, at + size);
      const frame = extended ? extendedEraseFrame(chunk) : eraseFrame(chunk);
      await this.#command(extended ? 'extendedErase' : 'erase');
      await this.#line.send(frame, `Erase of ${count(chunk.length, 'page')}`, chunk.length * usartTimeouts.erasePage);
    }
  }

  /** The whole flash, or a bank if the ROM supports Extended Erase. L0 and L1 refuse it with `usart-nack` (AN2606). */
  async massErase(what: SpecialErase = 'mass'): Promise<void> {
    const extended = await this.#hasExtendedErase();
    if (!extended && what !== 'mass') throw notListed('extendedErase');
    await this.#command(extended ? 'extendedErase' : 'erase');
    const frame = extended ? specialEraseFrame(what) : globalEraseFrame();
    await this.#line.send(frame, `Mass erase (${what})`, usartTimeouts.massErase);
  }

  /** Starts the code whose vector table is at `address`. The ROM no longer runs when it resolves (AN3155 §3.5). */
  async go(address: number): Promise<void> {
    const frame = addressFrame(address);
    await this.#command('go');
    await this.#line.send(frame, `Go to ${address32(address)}`);
  }

  /** Lifts the write protection of all sectors, erases nothing, and resets (AN3155 §3.10). */
  async writeUnprotect(): Promise<void> {
    await this.#command('writeUnprotect');
    await this.#line.acknowledge('Write Unprotect', usartTimeouts.write);
  }

  /** Erases flash and RAM, lifts the protection and resets (AN3155 §3.12): only on a person's explicit word. */
  async readoutUnprotect(): Promise<void> {
    await this.#command('readoutUnprotect').catch((error) => {
      if (!isBootctlError(error, 'usart-nack')) throw error;
      throw new BootctlError('unprotect-refused', error.message, { cause: error });
    });
    await this.#line.acknowledge('Readout Unprotect', usartTimeouts.massErase);
  }

  async #hasExtendedErase(): Promise<boolean> {
    const known = this.#known ?? (await this.get());
    return known.commands.includes(an3155Command.extendedErase);
  }

  /** A command whose answer has a byte from which the number of bytes before the last ACK follows. */
  async #ask(name: CommandName, more: (first: number) => number): Promise<Uint8Array> {
    const title = commandTitles[name];
    await this.#command(name);
    const [first = 0] = await this.#line.take(1, title);
    const rest = await this.#line.take(more(first), title);
    await this.#line.acknowledge(title);
    return Uint8Array.of(first, ...rest);
  }

  /**
   * The two bytes of a command and their ACK. Under readout protection ROMs refuse with one NACK, some old ones with
   * two or with none (AN2606 T30, T74, T155): a ROM that is alive and twice silent to the same command refuses it.
   */
  async #command(name: CommandName): Promise<void> {
    const title = commandTitles[name];
    const isProtectable = protectable.has(name);
    if (this.#known && !this.#known.commands.includes(an3155Command[name])) throw notListed(name);
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        await this.#line.send(commandFrame(an3155Command[name]), title);
        this.#isOpen ||= isProtectable;
        return;
      } catch (error) {
        if (!isProtectable || this.#isOpen) throw error;
        if (isBootctlError(error, 'usart-nack')) throw isProtected(title, 'refuses', error);
        if (!isBootctlError(error, 'usart-timeout') || !(await isListening(this.#line))) throw error;
        if (isRepeated) throw isProtected(title, 'does not answer', error);
      }
    }
  }
}
