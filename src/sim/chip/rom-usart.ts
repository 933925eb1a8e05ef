import type { Clock } from '../../bench/clock.ts';
import type { CharacterFormat } from '../../bench/serial-link.ts';
import { an3155BlockSize, an3155Command, an3155Reply } from '../../protocol/an3155/constants.ts';
import { sectorsToErase } from './an3155-erase.ts';
import type { FlashSector } from './flash-geometry.ts';
import type { MemoryOperation, RecordTruth } from './flash-memory.ts';
import { RomUsartLine } from './rom-usart-line.ts';
import type { TargetMemory } from './target-memory.ts';
import { Timers } from './timers.ts';
import { xor } from './xor.ts';

/** Callbacks and settings of the USART side. */
export interface RomUsartOptions {
  readonly memory: TargetMemory;
  readonly clock: Clock;
  readonly record: RecordTruth;
  transmit(bytes: Uint8Array, format: CharacterFormat): void;
  /** Go: hands over to the code at `address`. */
  go(address: number): void;
  reset(): void;
}

/** Commands that a readout-protected part still carries out (AN3155 §3; readout unprotect lifts the protection). */
const allowedWhenProtected: readonly number[] = (['get', 'getVersion', 'getId', 'readoutUnprotect'] as const).map(
  (name) => an3155Command[name],
);

/** AN3155's device side: locked to the baud rate of the first byte, 8E1, one command after the other. */
export class RomUsart {
  readonly #options: RomUsartOptions;
  readonly #memory: TargetMemory;
  readonly #timers: Timers;
  readonly #line: RomUsartLine;
  readonly #handlers: ReadonlyMap<number, () => Promise<void>>;
  #operation: { readonly operation: MemoryOperation; readonly startedAt: number } | undefined;

  constructor(options: RomUsartOptions) {
    this.#options = options;
    this.#memory = options.memory;
    this.#timers = new Timers(options.clock);
    const { erase, version, autoBaud } = this.#memory.personality.usart;
    this.#line = new RomUsartLine({ ...options, autoBaud });
    this.#handlers = new Map<number, () => Promise<void>>([
      [an3155Command.get, async () => this.#get()],
      [an3155Command.getVersion, async () => this.#line.send(version, 0, 0, an3155Reply.ACK)],
      [an3155Command.getId, async () => this.#getId()],
      [an3155Command.readMemory, () => this.#readMemory()],
      [an3155Command.go, () => this.#go()],
      [an3155Command.writeMemory, () => this.#writeMemory()],
      [erase === 'standard' ? an3155Command.erase : an3155Command.extendedErase, () => this.#erase()],
      [an3155Command.writeProtect, () => this.#writeProtect()],
      [an3155Command.writeUnprotect, () => this.#unprotectWrite()],
      [an3155Command.readoutProtect, () => this.#setReadoutProtection(true)],
      [an3155Command.readoutUnprotect, () => this.#setReadoutProtection(false)],
    ]);
  }

  receive(bytes: Uint8Array, format: CharacterFormat): void {
    if (this.#line.receive(bytes, format)) void this.#serve();
  }

  /** Power loss or reset stops it and interrupts a running operation. */
  stop(): void {
    this.#timers.clear();
    this.#line.close();
    if (this.#operation) this.#operation.operation.cut(this.#options.clock.now() - this.#operation.startedAt);
    this.#operation = undefined;
  }

  /** Ends with the session. The promise for bytes that never arrive is dropped. */
  async #serve(): Promise<never> {
    for (;;) {
      const command = await this.#line.input.next();
      const complement = await this.#line.input.next();
      const isCommand = command !== undefined && complement === (command ^ 0xff);
      const handler = isCommand ? this.#handlers.get(command) : undefined;
      const isForbidden = this.#memory.readoutProtected && !allowedWhenProtected.includes(command ?? -1);
      if (!handler || isForbidden) this.#line.send(an3155Reply.NACK);
      else {
        this.#line.send(an3155Reply.ACK);
        await handler();
      }
    }
  }

  /** `count` bytes and their XOR; undefined where a byte was garbled or the checksum is wrong. */
  async #frame(count: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#line.input.take(count + 1);
    return bytes && xor(bytes) === 0 ? bytes.subarray(0, count) : undefined;
  }

  #get(): void {
    const commands = [...this.#handlers.keys()];
    this.#line.send(commands.length, this.#memory.personality.usart.version, ...commands, an3155Reply.ACK);
  }

  #getId(): void {
    const { productId } = this.#memory.personality;
    this.#line.send(1, productId >> 8, productId & 0xff, an3155Reply.ACK);
  }

  /** Four bytes, big-endian, and their XOR. Answers ACK, or NACK if there is no memory. */
  async #address(): Promise<number | undefined> {
    const bytes = await this.#frame(4);
    const address = bytes && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    const isValid = address !== undefined && this.#memory.contains(address);
    this.#line.send(isValid ? an3155Reply.ACK : an3155Reply.NACK);
    return isValid ? address : undefined;
  }

  async #readMemory(): Promise<void> {
    const address = await this.#address();
    if (address === undefined) return;
    const [count, complement] = (await this.#line.input.take(2)) ?? [];
    const bytes = this.#memory.readOn(address, (count ?? 0) + 1);
    if (count === undefined || complement !== (count ^ 0xff) || bytes.length <= count) {
      this.#line.send(an3155Reply.NACK);
      return;
    }
    if (this.#memory.isTorn(address, count + 1)) return this.#readTorn();
    this.#line.send(an3155Reply.ACK);
    this.#line.send(...bytes);
  }

  /** Called after the ACK of the length, or instead of it. A ROM that hangs receives nothing more. */
  #readTorn(): Promise<void> | void {
    const { tornRead = 'hangs' } = this.#memory.personality;
    this.#options.record({ what: 'fault', name: 'torn flash read' });
    const isRefused = tornRead === 'refuses' || tornRead === 'refuses-as-protected';
    this.#line.send(isRefused ? an3155Reply.NACK : an3155Reply.ACK);
    if (isRefused) return;
    if (tornRead === 'resets') this.#after(() => this.#options.reset());
    return new Promise<never>(() => {});
  }

  async #go(): Promise<void> {
    const address = await this.#address();
    if (address !== undefined) this.#after(() => this.#options.go(address));
  }

  async #writeMemory(): Promise<void> {
    const address = await this.#address();
    if (address === undefined) return;
    const count = await this.#line.input.next();
    const rest = count === undefined ? undefined : await this.#line.input.take(count + 2);
    const data = rest?.subarray(0, -1);
    const isValid = count !== undefined && rest !== undefined && xor(rest) === count && address % 4 === 0;
    const fits = data !== undefined && data.length % 4 === 0 && data.length <= an3155BlockSize;
    const operation = isValid && fits ? this.#memory.write(address, data, this.#options.record) : undefined;
    if (!operation) return this.#line.send(an3155Reply.NACK);
    await this.#run(operation);
    this.#line.send(an3155Reply.ACK);
    if (this.#memory.isOptionBytes(address)) this.#after(() => this.#options.reset());
  }

  async #erase(): Promise<void> {
    const { flash, personality } = this.#memory;
    const sectors = await sectorsToErase(this.#line.input, personality.usart, flash.geometry.sectors);
    if (!sectors) return this.#line.send(an3155Reply.NACK);
    const { record } = this.#options;
    const operation = sectors === 'all' ? this.#memory.massErase(record) : flash.eraseSectors(sectors, record);
    await this.#run(operation, personality.usart.earlyEraseAck);
    this.#line.send(an3155Reply.ACK);
  }

  async #writeProtect(): Promise<void> {
    const count = await this.#line.input.next();
    const rest = count === undefined ? undefined : await this.#line.input.take(count + 2);
    if (count === undefined || !rest || xor(rest) !== count) return this.#line.send(an3155Reply.NACK);
    const { geometry, protectedSectors } = this.#memory.flash;
    const chosen = [...rest.subarray(0, -1)].map((number) => geometry.sectors[number]);
    for (const sector of chosen.filter((one): one is FlashSector => one !== undefined))
      protectedSectors.add(sector.address);
    this.#acknowledgeAndReset();
  }

  async #unprotectWrite(): Promise<void> {
    this.#memory.unprotectWrite();
    this.#acknowledgeAndReset();
  }

  async #setReadoutProtection(isProtected: boolean): Promise<void> {
    if (!isProtected && this.#memory.readoutProtected) {
      await this.#run(this.#memory.flash.massErase(this.#options.record));
      this.#memory.clearRam();
    }
    this.#memory.readoutProtected = isProtected;
    this.#acknowledgeAndReset();
  }

  /** Commands that change option bytes end in a system reset after their second ACK (AN3155 §3.9-§3.12). */
  #acknowledgeAndReset(): void {
    this.#line.send(an3155Reply.ACK);
    this.#after(() => this.#options.reset());
  }

  /** After the ACK has left the shift register. */
  #after(then: () => void): void {
    this.#timers.after(this.#line.backlog, then);
  }

  /** Resolves `early` before the operation is over. */
  #run(operation: MemoryOperation, early = 0): Promise<void> {
    this.#operation = { operation, startedAt: this.#options.clock.now() };
    this.#timers.after(operation.duration, () => {
      this.#operation = undefined;
      operation.finish();
    });
    return new Promise((resolve) => this.#timers.after(operation.duration - early, resolve));
  }
}
