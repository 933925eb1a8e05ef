import type { CharacterFormat } from '../../io/serial-link.ts';

/** One byte of so many is hit; ours, and not a divisor of a block. */
const period = 2_999;

/** Wires that garble a byte now and then, by two bits, which parity does not tell. */
export class LineNoise {
  readonly #above: number;
  #carried = 0;

  /** `above` is the highest baud rate that they carry without a fault. */
  constructor(above = Number.POSITIVE_INFINITY) {
    this.#above = above;
  }

  /** What arrives of the bytes. */
  on(bytes: Uint8Array, { baudRate }: CharacterFormat): Uint8Array {
    if (baudRate <= this.#above) return bytes;
    return bytes.map((byte) => (++this.#carried % period === 0 ? byte ^ 0x18 : byte));
  }
}
