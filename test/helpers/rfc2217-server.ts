import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** How a server behaves; without any of it, as RFC 2217 asks. */
export interface ServerManner {
  /** What it answers to the request for COM-PORT-OPTION. */
  readonly comPort?: 'refused' | 'not answered';
  /** It passes bytes and knows no telnet. */
  readonly isRaw?: boolean;
  /** Time before each answer. */
  readonly delay?: number;
  /** How much later data arrives, in both directions. */
  readonly dataDelay?: number;
  /** Answers, by the code of the command, instead of what was asked; null where it does not answer. */
  readonly answers?: Readonly<Record<number, readonly number[] | null>>;
  /** Every byte goes out in a TCP segment of its own. */
  readonly splits?: boolean;
  /** Closes the connection with these words, as ser2net does where its port is taken. */
  readonly greeting?: string;
  /** Told each pair of lines that a client has set, in its order. */
  readonly onLine?: (line: 'dtr' | 'rts', asserted: boolean) => Promise<void> | void;
  /** Told data as the port gets it. */
  readonly onData?: (bytes: Uint8Array) => void;
  readonly onFormat?: (format: { readonly baudRate: number; readonly parity: number }) => Promise<void>;
}

export interface TestServer extends AsyncDisposable {
  readonly url: (scheme: string) => string;
  /** All that clients have sent, in hex, one entry a segment. */
  readonly segments: string[];
  /** Data from the port to the client, escaped. */
  readonly send: (bytes: Uint8Array) => void;
  /** Bytes to the client as they are. */
  readonly raw: (hex: string) => void;
  /** Breaks the connection off (RST). */
  readonly drop: () => void;
  readonly clientGone: Promise<unknown>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads the commands of one client, byte by byte. It knows only what RFC 854, 855 and 2217 say of a server's side. */
class Session {
  #bytes: number[] = [];
  #queue = Promise.resolve();
  readonly #socket: Socket;
  readonly #manner: ServerManner;
  #baudRate = 9600;

  constructor(socket: Socket, manner: ServerManner) {
    this.#socket = socket;
    this.#manner = manner;
  }

  take(chunk: Uint8Array): void {
    if (this.#manner.isRaw) {
      this.#manner.onData?.(chunk);
      return;
    }
    this.#bytes.push(...chunk);
    for (;;) {
      const used = this.#step();
      if (used === 0) return;
      this.#bytes.splice(0, used);
    }
  }

  send(hex: string): void {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    if (this.#manner.splits) for (const byte of bytes) this.#socket.write(Uint8Array.of(byte));
    else this.#socket.write(bytes);
  }

  /** How many bytes were understood. */
  #step(): number {
    const [first, second, third] = this.#bytes;
    if (first === undefined) return 0;
    if (first !== 0xff) return this.#data();
    if (second === undefined) return 0;
    if (second === 0xff) {
      this.#manner.onData?.(Uint8Array.of(0xff));
      return 2;
    }
    if (second === 0xfa) return this.#subnegotiation();
    if (second < 0xfb) return 2;
    if (third === undefined) return 0;
    this.#negotiate(second, third);
    return 3;
  }

  #data(): number {
    const end = this.#bytes.indexOf(0xff);
    const run = end < 0 ? this.#bytes.length : end;
    this.#manner.onData?.(Uint8Array.from(this.#bytes.slice(0, run)));
    return run;
  }

  #negotiate(verb: number, option: number): void {
    const { comPort } = this.#manner;
    if (option === 44 && comPort === 'not answered') return;
    const agrees = [0, 3, 44].includes(option) && !(option === 44 && comPort === 'refused');
    const answers = { 251: agrees ? 0xfd : 0xfe, 253: agrees ? 0xfb : 0xfc } as Record<number, number>;
    const answer = answers[verb];
    if (answer !== undefined) this.#later(() => this.send(Buffer.from([0xff, answer, option]).toString('hex')));
  }

  #subnegotiation(): number {
    const payload: number[] = [];
    for (let at = 2; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at]!;
      if (byte !== 0xff) payload.push(byte);
      else {
        at += 1;
        if (this.#bytes[at] === 0xf0) {
          this.#command(payload);
          return at + 1;
        }
        if (this.#bytes[at] === 0xff) payload.push(0xff);
      }
    }
    return 0;
  }

  #command([option, code = 0, ...values]: readonly number[]): void {
    if (option !== 44) return;
    this.#later(async () => {
      const [value = 0] = values;
      if (code === 1) this.#baudRate = values.reduce((rate, byte) => rate * 256 + byte, 0);
      if (code === 3) await this.#manner.onFormat?.({ baudRate: this.#baudRate, parity: value });
      const line = code === 5 ? lineOf[value] : undefined;
      if (line) await this.#manner.onLine?.(...line);
      const other = this.#manner.answers?.[code];
      if (other === null) return;
      const answer = [100 + code, ...(other ?? values)].flatMap((byte) => (byte === 0xff ? [0xff, 0xff] : [byte]));
      this.send(`ff fa 2c ${Buffer.from(answer).toString('hex')} ff f0`);
    });
  }

  /** One command after the other, each as late as the manner says. */
  #later(run: () => Promise<void> | void): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#manner.delay) await pause(this.#manner.delay);
      await run();
    });
  }
}

/** Values of SET-CONTROL that move a line (RFC 2217 §3). */
const lineOf: Readonly<Record<number, readonly ['dtr' | 'rts', boolean]>> = {
  8: ['dtr', true],
  9: ['dtr', false],
  11: ['rts', true],
  12: ['rts', false],
};

/** A server for one client at a time, on a free TCP port of this host. */
export async function rfc2217Server(manner: ServerManner = {}): Promise<TestServer> {
  const segments: string[] = [];
  let client: Socket | undefined;
  let session: Session | undefined;
  let leave = (_: unknown) => {};
  const clientGone = new Promise((resolve) => {
    leave = resolve;
  });
  const server = createServer({ noDelay: true }, (socket) => {
    client = socket;
    session = new Session(socket, manner);
    socket.on('error', () => {});
    socket.on('close', leave);
    if (manner.greeting !== undefined) socket.end(manner.greeting);
    socket.on('data', (chunk) => {
      segments.push(chunk.toString('hex'));
      session?.take(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: (scheme) => `${scheme}://127.0.0.1:${port}`,
    segments,
    send: (bytes) =>
      manner.isRaw
        ? session?.send(Buffer.from(bytes).toString('hex'))
        : session?.send(Buffer.from([...bytes].flatMap((b) => (b === 0xff ? [b, b] : [b]))).toString('hex')),
    raw: (hex) => session?.send(hex),
    drop: () => client?.resetAndDestroy(),
    clientGone,
    [Symbol.asyncDispose]: async () => {
      client?.destroy();
      server.close();
    },
  };
}
