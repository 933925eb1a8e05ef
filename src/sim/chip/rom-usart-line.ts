import type { Clock } from '../../bench/clock.ts';
import type { CharacterFormat } from '../../bench/serial-link.ts';
import { an3155Reply, syncByte } from '../../protocol/an3155/constants.ts';
import { ByteQueue } from './byte-queue.ts';
import type { RecordTruth } from './flash-memory.ts';
import { hasOddOnes } from './odd-ones.ts';
import type { AutoBaud } from './rom-personality.ts';
import { Timers } from './timers.ts';

/** Both sides may differ by so much (AN3155 §2.2). */
const mostDeviation = 0.025;

/**
 * Relative error of a ROM at `baudRate`. The divisor is a whole number of clock cycles, and the ROM measures the byte's
 * eight bit times from its first edge to its last with an error of a few cycles. Both errors grow with the rate.
 */
export function deviationOf({ clock, jitter }: AutoBaud, baudRate: number): number {
  const actual = clock / Math.round(clock / baudRate);
  return Math.abs(actual - baudRate) / baudRate + (jitter * baudRate) / (8 * clock);
}

export interface RomUsartLineOptions {
  readonly autoBaud: AutoBaud;
  readonly clock: Clock;
  readonly record: RecordTruth;
  transmit(bytes: Uint8Array, format: CharacterFormat): void;
}

/** The ROM's receiver and transmitter: locked to the baud rate of the first byte, 8E1 (AN3155 §2). */
export class RomUsartLine {
  readonly input = new ByteQueue();
  readonly #options: RomUsartLineOptions;
  readonly #timers: Timers;
  /** When the last byte will have left. */
  #busyUntil = 0;
  #baudRate: number | undefined;
  /** Nearer to the host's rate than the deviation allows. */
  #isTrue = true;
  #isDeaf = false;

  constructor(options: RomUsartLineOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  /** Time of one character on the wire, start to stop bit, in ms; only once synchronised. */
  get characterTime(): number {
    return (11 / this.#baudRate!) * 1000;
  }

  /** Time until all that was sent has left. */
  get backlog(): number {
    return Math.max(0, this.#busyUntil - this.#options.clock.now());
  }

  /** Returns true when these bytes have synchronised it. */
  receive(bytes: Uint8Array, format: CharacterFormat): boolean {
    return [...bytes].filter((byte) => this.#receiveByte(byte, format)).length > 0;
  }

  /** The bytes arrive together, when the last one has left. */
  send(...bytes: readonly number[]): void {
    if (this.#isDeaf) return;
    const now = this.#options.clock.now();
    this.#busyUntil = Math.max(now, this.#busyUntil) + bytes.length * this.characterTime;
    // A larger error than the host tolerates makes it another rate for the host.
    const baudRate = this.#isTrue ? this.#baudRate! : this.#baudRate! * 1.05;
    const arrive = () => this.#options.transmit(Uint8Array.from(bytes), { baudRate, parity: 'even' });
    this.#timers.after(this.#busyUntil - now, arrive);
  }

  close(): void {
    this.#isDeaf = true;
    this.#timers.clear();
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
      this.#measure(format.baudRate);
      this.send(an3155Reply.ACK);
      return true;
    }
    const isInRate = format.baudRate === this.#baudRate && this.#isTrue;
    this.input.push(isInRate && (format.parity === 'even' || hasOddOnes(byte)) ? byte : undefined);
    return false;
  }

  #measure(baudRate: number): void {
    const deviation = deviationOf(this.#options.autoBaud, baudRate);
    this.#baudRate = baudRate;
    this.#isTrue = deviation <= mostDeviation;
    this.#options.record({ what: 'usart-measured', baudRate, deviation });
  }
}
