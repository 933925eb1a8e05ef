import type { CharacterFormat } from '../../bench/serial-link.ts';

/** One byte of this many is garbled. Our choice, not a divisor of a block. */
const period = 2_999;

/** Two bits, so that parity does not detect it. */
const hit = 0x18;

/** Wires that garble a byte now and then. */
export class LineNoise {
  readonly #above: number;
  #carried = 0;
  #spared = Number.POSITIVE_INFINITY;

  /** `above` is the highest baud rate that they carry without a fault. */
  constructor(above = Number.POSITIVE_INFINITY) {
    this.#above = above;
  }

  /** Garbles one byte after this many more bytes, at any rate, like a spark beside the wires. */
  hitOnceAfter(bytes: number): void {
    this.#spared = bytes;
  }

  /** The bytes as they arrive. */
  on(bytes: Uint8Array, { baudRate }: CharacterFormat): Uint8Array {
    const isHit = this.#spared < bytes.length;
    const spared = this.#spared;
    this.#spared = isHit ? Number.POSITIVE_INFINITY : spared - bytes.length;
    if (!isHit && baudRate <= this.#above) return bytes;
    const isGarbled = (index: number) => index === spared || (baudRate > this.#above && ++this.#carried % period === 0);
    return bytes.map((byte, index) => (isGarbled(index) ? byte ^ hit : byte));
  }
}
