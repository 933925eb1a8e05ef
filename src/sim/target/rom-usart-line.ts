import type { CharacterFormat } from '../../io/serial-link.ts';
import { an3155Reply, syncByte } from '../../protocol/an3155/constants.ts';
import { ByteQueue } from './byte-queue.ts';

const bits = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const hasOddOnes = (byte: number): boolean => bits.filter((bit) => (byte >> bit) & 1).length % 2 === 1;

/** The ROM's receiver and transmitter: locked to the baud rate of the first byte, 8E1 (AN3155 §2). */
export class RomUsartLine {
  readonly input = new ByteQueue();
  readonly #transmit: (bytes: Uint8Array, format: CharacterFormat) => void;
  #baudRate: number | undefined;
  #isDeaf = false;

  constructor(transmit: (bytes: Uint8Array, format: CharacterFormat) => void) {
    this.#transmit = transmit;
  }

  /** Time of one character on the wire, start to stop bit, in ms; only once synchronised. */
  get characterTime(): number {
    return (11 / this.#baudRate!) * 1000;
  }

  /** Returns true when these bytes have synchronised it. */
  receive(bytes: Uint8Array, format: CharacterFormat): boolean {
    return [...bytes].filter((byte) => this.#receiveByte(byte, format)).length > 0;
  }

  send(...bytes: readonly number[]): void {
    if (this.#isDeaf) return;
    this.#transmit(Uint8Array.from(bytes), { baudRate: this.#baudRate!, parity: 'even' });
  }

  close(): void {
    this.#isDeaf = true;
  }

  /**
   * 0x7F looks the same in 8N1 and 8E1: its parity bit is 1, like a stop bit. After it, an 8N1 sender is understood
   * only where the missing parity bit would have been 1. Anything else first locks a wrong rate until the next reset.
   */
  #receiveByte(byte: number, format: CharacterFormat): boolean {
    if (this.#isDeaf) return false;
    if (this.#baudRate === undefined) {
      this.#isDeaf = byte !== syncByte;
      if (this.#isDeaf) return false;
      this.#baudRate = format.baudRate;
      this.send(an3155Reply.ACK);
      return true;
    }
    const isReadable = format.baudRate === this.#baudRate && (format.parity === 'even' || hasOddOnes(byte));
    this.input.push(isReadable ? byte : undefined);
    return false;
  }
}
