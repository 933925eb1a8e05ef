import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { CharacterFormat } from '../../bench/serial-link.ts';
import { Timers } from '../chip/timers.ts';

/** Start bit, 8 data bits, parity where there is one, stop bit. */
const characterTime = ({ baudRate, parity }: CharacterFormat): Milliseconds =>
  ((parity === 'none' ? 10 : 11) / baudRate) * 1000;

interface Packet {
  readonly bytes: Uint8Array;
  readonly format: CharacterFormat;
}

/** An adapter's TX pin: bytes leave one after the other at the line's rate, out of a buffer that the host fills. */
export class UartTransmitter {
  readonly #size: number;
  readonly #clock: Clock;
  readonly #send: (bytes: Uint8Array, format: CharacterFormat) => void;
  readonly #timers: Timers;
  readonly #leaving: Packet[] = [];
  /** When the last byte will have left. */
  #busyUntil = 0;

  /** `send` is called when the last byte of a packet has left. */
  constructor(size: number, clock: Clock, send: (bytes: Uint8Array, format: CharacterFormat) => void) {
    this.#size = size;
    this.#clock = clock;
    this.#send = send;
    this.#timers = new Timers(clock);
  }

  /** Resolves when the buffer has room for the packet and has taken it. */
  async take(bytes: Uint8Array, format: CharacterFormat): Promise<void> {
    const each = characterTime(format);
    const room = this.#busyUntil - (this.#size - bytes.length) * each - this.#clock.now();
    if (room > 0) await sleep(this.#clock, room);
    const now = this.#clock.now();
    this.#busyUntil = Math.max(now, this.#busyUntil) + bytes.length * each;
    this.#leaving.push({ bytes, format });
    this.#timers.after(this.#busyUntil - now, () => {
      const packet = this.#leaving.shift()!;
      this.#send(packet.bytes, packet.format);
    });
  }

  /** No byte leaves any more. */
  stop(): void {
    this.#timers.clear();
    this.#leaving.length = 0;
  }
}
