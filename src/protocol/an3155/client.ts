import { BootctlError, isBootctlError } from '../../errors.ts';
import type { Clock } from '../../io/clock.ts';
import type { SerialLink } from '../../io/serial-link.ts';
import { address32, count } from '../../text.ts';
import type { Milliseconds } from '../../units.ts';
import { ByteReader } from './byte-reader.ts';
import { type CommandName, commands, isProtected, notListed } from './commands.ts';
import { an3155Command, an3155ErasePages, an3155Reply } from './constants.ts';
import {
  addressFrame,
  commandFrame,
  eraseFrame,
  extendedEraseFrame,
  type GetReply,
  globalEraseFrame,
  hexBytes,
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
import { usartTimeouts, wireTime } from './timeouts.ts';

/**
 * The ROM's USART bootloader (AN3155) at the other end of a link: one method per command, each finished when it
 * resolves. Each frame goes out in one write; between frames the ROM needs its ACK to be waited for, as it has no
 * receive buffer. Methods throw BootctlError `usart-nack`, `usart-timeout`, `usart-malformed`, `readout-protected`,
 * those of the link, and RangeError for arguments that no frame can carry.
 */
export class UsartBootloader {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: ByteReader;
  #baudRate = 115_200;
  #known: GetReply | undefined;

  constructor(link: SerialLink, clock: Clock, signal?: AbortSignal) {
    this.#link = link;
    this.#clock = clock;
    this.#signal = signal;
    this.#reader = new ByteReader(link, clock, signal);
  }

  /**
   * Sets the link to 8E1 at `baudRate` and sends 0x7F until the ROM answers (AN3155 §2), for `patience` at most. It
   * keeps the rate until the next reset. The proof that a ROM answered is a `get` that succeeds.
   * @throws BootctlError `usart-no-sync`
   */
  async sync({ baudRate, patience }: { readonly baudRate: number; readonly patience: Milliseconds }): Promise<void> {
    this.#baudRate = baudRate;
    await this.#link.configure({ baudRate, parity: 'even' });
    await this.#reader.discard();
    await synchronise({ ...this.#line, baudRate, patience });
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
    await this.#send(frames[0], what);
    await this.#send(frames[1], what);
    return this.#take(length, what);
  }

  /** 1 to 256 bytes (128 on an L0 or L1), padded with 0xFF to words; `address` is a multiple of 4. The flash must be erased. */
  async write(address: number, data: Uint8Array): Promise<void> {
    if (address % 4 !== 0) throw new RangeError(`Write Memory needs a multiple of 4, not ${address32(address)}`);
    const what = `Write Memory at ${address32(address)}`;
    const frames = [addressFrame(address), writeMemoryFrame(data)] as const;
    await this.#command('writeMemory');
    await this.#send(frames[0], what);
    await this.#send(frames[1], what, usartTimeouts.write);
  }

  /** Pages or sectors by number, in as many commands as it takes. The ROM reports no error for write-protected ones. */
  async erasePages(pages: readonly number[]): Promise<void> {
    const extended = await this.#hasExtendedErase();
    const size = an3155ErasePages[extended ? 'extended' : 'standard'];
    for (let at = 0; at < pages.length; at += size) {
      const chunk = pages.slice(at, at + size);
      const frame = extended ? extendedEraseFrame(chunk) : eraseFrame(chunk);
      await this.#command(extended ? 'extendedErase' : 'erase');
      await this.#send(frame, `Erase of ${count(chunk.length, 'page')}`, chunk.length * usartTimeouts.erasePage);
    }
  }

  /** The whole flash, or a bank where the ROM knows Extended Erase. L0 and L1 refuse it with `usart-nack` (AN2606). */
  async massErase(what: SpecialErase = 'mass'): Promise<void> {
    const extended = await this.#hasExtendedErase();
    if (!extended && what !== 'mass') throw notListed('extendedErase');
    await this.#command(extended ? 'extendedErase' : 'erase');
    const frame = extended ? specialEraseFrame(what) : globalEraseFrame();
    await this.#send(frame, `Mass erase (${what})`, usartTimeouts.massErase);
  }

  /** Starts the code whose vector table is at `address`; when it resolves the ROM is gone (AN3155 §3.5). */
  async go(address: number): Promise<void> {
    const frame = addressFrame(address);
    await this.#command('go');
    await this.#send(frame, `Go to ${address32(address)}`);
  }

  /** Erases flash and RAM, lifts the protection and resets (AN3155 §3.12): only on a person's explicit word. */
  async readoutUnprotect(): Promise<void> {
    await this.#command('readoutUnprotect');
    await this.#acknowledge('Readout Unprotect', usartTimeouts.massErase);
  }

  get #line() {
    return { link: this.#link, clock: this.#clock, reader: this.#reader, signal: this.#signal };
  }

  async #hasExtendedErase(): Promise<boolean> {
    const known = this.#known ?? (await this.get());
    if (known.commands.includes(an3155Command.extendedErase)) return true;
    if (known.commands.includes(an3155Command.erase)) return false;
    throw notListed('erase');
  }

  /** A command whose answer has a byte that tells, or stands for, how many more follow before the last ACK. */
  async #ask(name: CommandName, more: (first: number) => number): Promise<Uint8Array> {
    const { title } = commands[name];
    await this.#command(name);
    const [first = 0] = await this.#take(1, title);
    const rest = await this.#take(more(first), title);
    await this.#acknowledge(title);
    return Uint8Array.of(first, ...rest);
  }

  /**
   * The two bytes of a command and their ACK. Under readout protection ROMs refuse with one NACK, some old ones with
   * two or with none (AN2606 T30, T74, T155): a ROM that is alive and twice silent to the same command refuses it.
   */
  async #command(name: CommandName): Promise<void> {
    const { title, isProtectable } = commands[name];
    if (this.#known && !this.#known.commands.includes(an3155Command[name])) throw notListed(name);
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        return await this.#send(commandFrame(an3155Command[name]), title);
      } catch (error) {
        if (!isProtectable) throw error;
        if (isBootctlError(error, 'usart-nack')) throw isProtected(title, 'refuses', error);
        if (!isBootctlError(error, 'usart-timeout') || !(await isListening(this.#line))) throw error;
        if (isRepeated) throw isProtected(title, 'does not answer', error);
      }
    }
  }

  async #send(frame: Uint8Array, what: string, limit: Milliseconds = usartTimeouts.reply): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#link.write(frame);
    await this.#acknowledge(what, limit + wireTime(frame.length, this.#baudRate));
  }

  async #acknowledge(what: string, limit: Milliseconds = usartTimeouts.reply): Promise<void> {
    const [reply] = await this.#take(1, what, limit);
    if (reply === an3155Reply.ACK) return;
    if (reply !== an3155Reply.NACK) {
      const heard = hexBytes([reply!, ...this.#reader.rest()]);
      throw new BootctlError('usart-malformed', `${what}: the ROM answered ${heard} instead of ACK or NACK`);
    }
    const second = await this.#reader.take(1, usartTimeouts.secondNack);
    if (second && second[0] !== an3155Reply.NACK) this.#reader.pushBack(second);
    throw new BootctlError('usart-nack', `${what}: the ROM answered NACK`);
  }

  async #take(length: number, what: string, limit: Milliseconds = usartTimeouts.reply): Promise<Uint8Array> {
    const bytes = await this.#reader.take(length, limit + wireTime(length, this.#baudRate));
    if (bytes) return bytes;
    const heard = this.#reader.rest().length;
    const missing = length === 1 ? 'nothing' : `${heard} of ${length} bytes`;
    throw new BootctlError('usart-timeout', `${what}: the ROM answered ${missing} within ${limit} ms`);
  }
}
