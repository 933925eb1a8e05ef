import type { Socket } from 'node:net';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { CharacterFormat, ModemLines, SerialLink } from '../../bench/serial-link.ts';
import { systemClock } from '../system/system-clock.ts';
import { Answers } from './answers.ts';
import { Connection, explainHangUp } from './connection.ts';
import { Received } from './received.ts';
import {
  binary,
  comPort,
  formatRequests,
  lineRequests,
  presenceRequest,
  purgeRequest,
  type Request,
  suppressGoAhead,
  wishesOf,
  withoutParity,
} from './rfc2217.ts';
import { escapeData, TelnetDecoder, type TelnetEvent, TelnetOptions } from './telnet.ts';

/** The server asks its adapter before it answers: two USB transfers beside the network (our choice). */
const answerLimit: Milliseconds = 2_000;
/**
 * Round trips of which the median counts: one that was slow by chance refuses nothing, because the window itself is measured
 * again (our choice).
 */
const roundTrips = 5;

const options = {
  us: [comPort, binary, suppressGoAhead],
  them: [binary, suppressGoAhead],
} as const;

/** A port whose server does what RFC 2217 says. Each wish is awaited, and compared with what the server answers. */
export class Rfc2217Link implements SerialLink {
  readonly path: string;
  readonly #received = new Received();
  readonly #answers = new Answers();
  readonly #decoder = new TelnetDecoder();
  readonly #options = new TelnetOptions(options);
  readonly #connection: Connection;
  #lines: ModemLines | undefined;
  #purges = true;
  #lacksParity = false;
  #roundTrip: Milliseconds = 0;
  /** The server answers a question that changes nothing. */
  #answersQuestions = false;
  #onOption = () => {};

  private constructor(path: string, socket: Socket) {
    this.path = path;
    this.#connection = new Connection(path, socket, {
      onBytes: (bytes) => {
        for (const event of this.#decoder.decode(bytes)) this.#take(event);
      },
      onLost: (lost) => {
        this.#received.end(lost);
        this.#answers.end();
        this.#onOption();
        return lost;
      },
    });
  }

  /** @throws BootctlError `adapter-busy`, `adapter-failed`, `adapter-lost` */
  static async open(path: string, socket: Socket, format: CharacterFormat): Promise<Rfc2217Link> {
    const link = new Rfc2217Link(path, socket);
    try {
      await link.#negotiate();
      link.#lookForServer();
      const from = systemClock.now();
      await link.configure(format);
      link.#roundTrip = systemClock.now() - from;
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  get lacksParity(): boolean {
    return this.#lacksParity;
  }

  get roundTrip(): Milliseconds {
    return this.#roundTrip;
  }

  async setLines(lines: ModemLines): Promise<void> {
    const requests = lineRequests(lines);
    const { silent, other } = await this.#ask(requests);
    if (silent.length > 0) throw this.#unmoved(`did not confirm ${wishesOf(silent)} within ${answerLimit} ms`);
    if (other.length > 0) throw this.#unmoved(`answered ${other.join(', ')} to ${wishesOf(requests)}`);
    this.#lines = lines;
  }

  async configure(format: CharacterFormat): Promise<void> {
    const { silent, other } = await this.#ask(formatRequests(format));
    this.#lacksParity = other.includes(withoutParity);
    if (silent.length === 0 && other.every((seen) => seen === withoutParity)) return;
    const seen = [
      ...(silent.length > 0 ? [`did not confirm ${wishesOf(silent)} within ${answerLimit} ms`] : []),
      ...(other.length > 0 ? [`has ${other.join(', ')} instead`] : []),
    ];
    throw new BootctlError(
      'adapter-format-unsupported',
      `The server of ${this.path} was asked for ${format.baudRate} baud, 8 data bits, parity ${format.parity}, 1 stop bit; it ${seen.join(' and ')}`,
    );
  }

  async measureDelay(): Promise<Milliseconds | undefined> {
    if (this.#lines === undefined) return undefined;
    const times: Milliseconds[] = [];
    while (times.length < roundTrips) {
      const from = systemClock.now();
      await this.setLines(this.#lines);
      times.push(systemClock.now() - from);
    }
    return times.sort((a, b) => a - b)[Math.floor(roundTrips / 2)];
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#connection.write(escapeData(bytes));
  }

  async receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.#received.take(timeout, signal);
    if (bytes.length === 0 && timeout > 0 && this.#answersQuestions) this.#lookForServer();
    return bytes;
  }

  /** What the server still holds comes before its answer; a server that does not answer is not asked again. */
  async drainInput(): Promise<void> {
    if (this.#connection.lost) throw this.#connection.lost;
    if (this.#purges) this.#purges = (await this.#ask([purgeRequest()])).silent.length === 0;
    this.#received.discard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  /** A silent target and a server that has gone look the same: the server is asked, and no one waits for it. */
  #lookForServer(): void {
    const wasAnswered = this.#answersQuestions;
    this.#answersQuestions = false; // one question at a time
    void this.#ask([presenceRequest()]).then(
      ({ silent }) => {
        this.#answersQuestions = silent.length === 0;
        if (wasAnswered && silent.length > 0) {
          this.#connection.giveUp(`its server has not answered for ${answerLimit} ms`);
        }
      },
      () => {}, // it is lost already
    );
  }

  /** Sends all requests in one piece. @throws BootctlError `adapter-lost` */
  async #ask(
    requests: readonly Request[],
  ): Promise<{ readonly silent: readonly Request[]; readonly other: readonly string[] }> {
    const answers = requests.map((request) => this.#answers.wait(request, answerLimit));
    await this.#connection.write(Buffer.concat(requests.map(({ bytes }) => bytes)));
    const found = await Promise.all(answers);
    if (this.#connection.lost) throw this.#connection.lost;
    const silent = requests.filter((_, index) => found[index] === undefined);
    const other = requests.flatMap((request, index) => {
      const answer = found[index];
      return answer === undefined ? [] : (request.otherwise(answer) ?? []);
    });
    return { silent, other };
  }

  #unmoved(seen: string): BootctlError {
    return new BootctlError('adapter-lines-unsupported', `The server of ${this.path} ${seen}`, {
      hint: 'Its port may have no RTS and DTR, as a pseudo-terminal has none; or it does not tell, and then nobody knows whether they move.',
    });
  }

  #take(event: TelnetEvent): void {
    if (event.kind === 'data') this.#received.push(event.bytes);
    if (event.kind === 'subnegotiation' && event.option === comPort) {
      const [code = 0, ...payload] = event.payload;
      this.#answers.take(code, Uint8Array.from(payload));
    }
    if (event.kind !== 'negotiation') return;
    const answer = this.#options.answer(event.verb, event.option);
    // A connection that is lost meanwhile is news of the next call.
    if (answer) this.#connection.write(answer).catch(() => {});
    this.#onOption();
  }

  async #negotiate(): Promise<void> {
    await this.#connection.write(this.#options.request());
    const state = await this.#agreement();
    if (this.#connection.lost) throw explainHangUp(this.#connection.lost, this.path, this.#received.text());
    if (state === 'on') return;
    const seen = state === 'asked' ? `has not answered to RFC 2217 within ${answerLimit} ms` : 'refuses RFC 2217';
    throw new BootctlError('adapter-failed', `The server of ${this.path} ${seen}`, {
      hint: 'Turn it on at the server (ser2net: `accepter: telnet(rfc2217),tcp,PORT`), or name the port socket://HOST:PORT, without baud rate, parity, RTS and DTR.',
    });
  }

  #agreement() {
    const state = () => this.#options.stateOf('us', comPort);
    return new Promise<ReturnType<typeof state>>((resolve) => {
      const done = () => {
        clearTimeout(limit);
        this.#onOption = () => {};
        resolve(state());
      };
      const limit = setTimeout(done, answerLimit);
      this.#onOption = () => {
        if (state() !== 'asked' || this.#connection.lost) done();
      };
      this.#onOption();
    });
  }
}
