import { connect, type Socket } from 'node:net';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { NetworkPort } from '../../bench/network-port.ts';
import { systemClock } from '../system/system-clock.ts';

/** A server in the same building answers within milliseconds; over a VPN it takes some of them (our choice). */
const connectLimit: Milliseconds = 5_000;
/** A server that has gone answers no farewell either. */
const closeLimit: Milliseconds = 2_000;

/** errno names that mean that nobody is there, in words. */
const absences: Readonly<Record<string, readonly [seen: string, hint: string]>> = {
  ECONNREFUSED: ['nothing listens there', 'Start the server there, ser2net for instance, and check the TCP port.'],
  ENOTFOUND: ['the host is unknown', 'Check the name of the host, or give its address.'],
  EAI_AGAIN: [
    'the name of the host was not resolved',
    'Check the network and its DNS, or give the address of the host.',
  ],
  EHOSTUNREACH: ['no route leads there', 'Check that the host is switched on and on this network.'],
  ENETUNREACH: ['no route leads there', 'Check the network of this host.'],
  ETIMEDOUT: ['no answer', 'Check that the host is switched on, and that no firewall drops the TCP port.'],
};

const causeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Why no connection came about. */
export function explainConnecting(path: string, cause: string): BootctlError {
  const [seen, hint] = absences[cause] ?? [];
  if (seen === undefined || hint === undefined) {
    return new BootctlError('adapter-failed', `${path} did not open: ${cause}`, { hint: lostHint });
  }
  return new BootctlError('adapter-missing', `${path}: ${seen} (${cause})`, { hint });
}

/** A server whose port is taken says so in words, and hangs up (ser2net: "Port already in use"). */
export function explainHangUp(lost: BootctlError, path: string, words: string): BootctlError {
  if (words === '') return lost;
  const message = `The server of ${path} hung up: "${words}"`;
  return /in use|busy/i.test(words)
    ? new BootctlError('adapter-busy', message, { hint: 'End the other connection to this port of the server.' })
    : new BootctlError('adapter-failed', message, { hint: 'The log of the server says more.' });
}

const lostHint =
  'Check the network and the server, and run the command again, or `bootctl reset`. Until the server closes its port the lines stay as they were.';

/** What a connection tells the link that uses it. */
export interface ConnectionEvents {
  readonly onBytes: (bytes: Uint8Array) => void;
  /** May say more than that it is lost. */
  readonly onLost: (error: BootctlError) => BootctlError;
}

/** A TCP connection. Once it is lost every call rejects with what was seen then. */
export class Connection {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #lost: BootctlError | undefined;

  constructor(path: string, socket: Socket, events: ConnectionEvents) {
    this.#path = path;
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (bytes) => events.onBytes(bytes));
    socket.on('error', (error) => this.#lose(causeOf(error)));
    socket.on('end', () => this.#lose('the server closed the connection'));
    socket.on('close', () => this.#lose('the connection is closed'));
  }

  /** The first news that the connection has gone. */
  get lost(): BootctlError | undefined {
    return this.#lost;
  }

  /** Resolves when the host has taken the bytes. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#socket.write(bytes, (error) => (error ? reject(this.#lose(causeOf(error))) : resolve()));
    });
  }

  /** Gives the connection up. */
  giveUp(seen: string): BootctlError {
    const lost = this.#lose(seen);
    this.#socket.destroy();
    return lost;
  }

  /** Says farewell, and waits until the server has let go of its port. */
  close(): Promise<void> {
    this.#lose('the port is closed');
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      const limit = setTimeout(() => this.#socket.destroy(), closeLimit);
      this.#socket.once('close', () => {
        clearTimeout(limit);
        resolve();
      });
      this.#socket.end();
    });
  }

  #lose(seen: string): BootctlError {
    if (this.#lost) return this.#lost;
    this.#lost = this.#events.onLost(
      new BootctlError('adapter-lost', `${this.#path} has gone: ${seen}`, { hint: lostHint }),
    );
    return this.#lost;
  }
}

/** A connection that has just come about, and how long the other end took to answer. */
export interface Opened {
  readonly socket: Socket;
  readonly took: Milliseconds;
}

/** @throws BootctlError `adapter-missing` where nobody answers, else `adapter-failed` */
export function openSocket(path: string, { host, port }: NetworkPort): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const from = systemClock.now();
    // Both lines go out in one piece; no piece waits for the answer to another (Nagle).
    const socket = connect({ host, port, noDelay: true });
    const fail = (cause: string) => {
      clearTimeout(limit);
      socket.destroy();
      reject(explainConnecting(path, cause));
    };
    const limit = setTimeout(() => fail('ETIMEDOUT'), connectLimit);
    const onError = (error: Error) => fail(causeOf(error));
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(limit);
      socket.off('error', onError);
      resolve({ socket, took: systemClock.now() - from });
    });
  });
}
