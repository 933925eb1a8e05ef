import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { CharacterFormat, SerialLink } from '../../bench/serial-link.ts';
import { Connection, explainHangUp, type Opened } from './connection.ts';
import { Received } from './received.ts';

/** A port whose server passes bytes and nothing else: it keeps the character format that it was set up with. */
export class SocketLink implements SerialLink {
  readonly path: string;
  readonly hasFixedFormat = true;
  readonly roundTrip: Milliseconds;
  readonly #received = new Received();
  readonly #connection: Connection;
  #hasSent = false;

  constructor(path: string, { socket, took }: Opened) {
    this.path = path;
    this.roundTrip = took;
    this.#connection = new Connection(path, socket, {
      onBytes: (bytes) => this.#received.push(bytes),
      onLost: (lost) => {
        // Before anything was sent to the target, these words are more likely the server's own.
        const said = this.#hasSent ? lost : explainHangUp(lost, path, this.#received.text());
        const news = said.code === 'adapter-busy' ? said : lost;
        if (news !== lost) this.#received.discard();
        this.#received.end(news);
        return news;
      },
    });
  }

  async setLines(): Promise<void> {
    if (this.#connection.lost) throw this.#connection.lost;
    throw new BootctlError('adapter-lines-unsupported', `${this.path} carries bytes only, not RTS and DTR`, {
      hint: 'Give the port away with RFC 2217 (ser2net: `accepter: telnet(rfc2217),tcp,PORT`) and name it rfc2217://HOST:PORT.',
    });
  }

  async configure(_: CharacterFormat): Promise<void> {
    if (this.#connection.lost) throw this.#connection.lost;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#hasSent = true;
    return this.#connection.write(bytes);
  }

  receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#received.take(timeout, signal);
  }

  async drainInput(): Promise<void> {
    if (this.#connection.lost) throw this.#connection.lost;
    this.#received.discard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}
