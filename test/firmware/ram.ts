import { type Line, ramOrigin } from './lines.ts';
import type { Cpu } from './unicorn.ts';

const size = 0x2000;

/**
 * RAM in which the application and a request are. Behind a data cache, and with ECC (H7), a line that was not written back,
 * or half of a 64-bit word, is as before when the chip is reset (RM0433 §2.4, AN5342 §3.1; Cortex-M7 TRM §5). Without
 * power it becomes anything, and a request may not be read there before it was written: parity and ECC are wrong.
 */
export class Ram {
  readonly origin: number;
  readonly size = size;
  readonly #line: Line;
  readonly #halves = new Map<number, number>();
  readonly #held = new Map<number, Uint8Array>();
  #bytes: Uint8Array<ArrayBuffer>;
  #isUnwritten = false;
  #seed = 1;

  constructor(line: Line) {
    this.#line = line;
    this.origin = ramOrigin(line);
    this.#bytes = this.#noise();
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  losePower(): void {
    this.#bytes = this.#noise();
    this.#isUnwritten = true;
  }

  write(address: number, words: readonly number[]): void {
    const view = new DataView(this.#bytes.buffer);
    for (const [index, word] of words.entries()) view.setUint32(address - this.origin + 4 * index, word, true);
  }

  /** Watches all that a CPU does; `bad` is told what may not be done. */
  watch(cpu: Cpu, hasDataCache: () => boolean, bad: (what: string) => void): void {
    const token = this.#line.ramToken;
    if (token === undefined) return;
    cpu.onRead(token, token + 7, () => this.#isUnwritten && bad('RAM is read before it was written'));
    cpu.onWrite(token, token + 7, () => {
      this.#isUnwritten = false;
    });
    if (this.#line.core === 'cortex-m7') this.#hold(cpu, hasDataCache);
  }

  /** A line of the data cache is written back. */
  clean(address: number): void {
    this.#held.delete((address & ~31) >>> 0);
  }

  /** Before a run, and after it. */
  enter(cpu: Cpu): void {
    this.#held.clear();
    this.#halves.clear();
    cpu.setBytes(this.origin, this.#bytes);
  }

  leave(cpu: Cpu, isReset: boolean): void {
    this.#bytes = Uint8Array.from(cpu.bytes(this.origin, size));
    if (isReset) for (const [line, old] of this.#held) this.#bytes.set(old, line - this.origin);
  }

  #hold(cpu: Cpu, hasDataCache: () => boolean): void {
    const hasEcc = this.#line.device.startsWith('H7');
    cpu.onWrite(this.origin, this.origin + size - 1, (address, length) => {
      const line = (address & ~31) >>> 0;
      if (!hasDataCache() && !(hasEcc && length < 8)) return;
      if (!this.#held.has(line)) this.#held.set(line, cpu.bytes(line, 32));
      const seen = (this.#halves.get(address & ~7) ?? 0) | (1 << ((address >> 2) & 1));
      this.#halves.set(address & ~7, seen);
      if (!hasDataCache() && seen === 3) this.#held.delete(line);
    });
  }

  /** xorshift, Marsaglia 2003. */
  #noise(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: size }, () => {
      this.#seed ^= this.#seed << 13;
      this.#seed ^= this.#seed >>> 17;
      this.#seed ^= this.#seed << 5;
      return this.#seed & 0xff;
    });
  }
}
