import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { ByteReader } from './byte-reader.ts';
import { an3155Reply } from './constants.ts';
import { hexBytes } from './frames.ts';
import { usartTimeouts, wireTime } from './timeouts.ts';

/** Frames to a ROM and its answers, at the rate of the link. Methods throw BootctlError as the client does. */
export class RomExchange {
  readonly link: SerialLink;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly reader: ByteReader;
  #baudRate = 115_200;

  constructor(link: SerialLink, clock: Clock, signal?: AbortSignal) {
    this.link = link;
    this.clock = clock;
    this.signal = signal;
    this.reader = new ByteReader(link, clock, signal);
  }

  /** The format of the ROM, 8E1 (AN3155 §2), at this rate. */
  async configure(baudRate: number): Promise<void> {
    this.#baudRate = baudRate;
    await this.link.configure({ baudRate, parity: 'even' });
  }

  /** One frame in one write, and its ACK within `limit` beside the time on the wire. */
  async send(frame: Uint8Array, what: string, limit: Milliseconds = usartTimeouts.reply): Promise<void> {
    this.signal?.throwIfAborted();
    await this.link.write(frame);
    await this.acknowledge(what, limit + wireTime(frame.length, this.#baudRate));
  }

  /** @throws BootctlError `usart-nack`, `usart-malformed`, `usart-timeout` */
  async acknowledge(what: string, limit: Milliseconds = usartTimeouts.reply): Promise<void> {
    const [reply] = await this.take(1, what, limit);
    if (reply === an3155Reply.ACK) return;
    if (reply !== an3155Reply.NACK) {
      const heard = hexBytes([reply!, ...this.reader.rest()]);
      throw new BootctlError('usart-malformed', `${what}: the ROM answered ${heard} instead of ACK or NACK`);
    }
    const second = await this.reader.take(1, usartTimeouts.secondNack);
    if (second && second[0] !== an3155Reply.NACK) this.reader.pushBack(second);
    throw new BootctlError('usart-nack', `${what}: the ROM answered NACK`);
  }

  /** Exactly `length` bytes. @throws BootctlError `usart-timeout` */
  async take(length: number, what: string, limit: Milliseconds = usartTimeouts.reply): Promise<Uint8Array> {
    const bytes = await this.reader.take(length, limit + wireTime(length, this.#baudRate));
    if (bytes) return bytes;
    const heard = this.reader.rest().length;
    const missing = length === 1 ? 'nothing' : `${heard} of ${length} bytes`;
    throw new BootctlError('usart-timeout', `${what}: the ROM answered ${missing} within ${limit} ms`);
  }
}
