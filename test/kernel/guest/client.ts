import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type {
  AgentMessage,
  CallArgument,
  CallName,
  CallResult,
  Confirmation,
  ReadyMessage,
} from '../agent/protocol.ts';
import { confirmedBytes, PacedOutput, windowToAgent } from './paced-output.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The host's end of the control channel; `isPaced` where each end says what it has read. */
export class AgentClient {
  /** Resolves when the agent listens. */
  readonly ready: Promise<ReadyMessage>;
  readonly #output: Pick<PacedOutput, 'write' | 'received'>;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #lost: string | undefined;
  #isReady: (message: ReadyMessage) => void = () => {};

  constructor(input: Readable, output: Writable, isPaced = false) {
    this.#output = isPaced
      ? new PacedOutput(output, windowToAgent)
      : { write: (text) => output.write(text), received: () => {} };
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    const lines = createInterface({ input });
    lines.on('line', (line) => this.#receive(line));
    // Of a guest its exit says more.
    lines.on('error', (error) => isPaced || this.lost(`the bench has gone: ${error.message}`));
    if (isPaced) this.#confirm(input);
  }

  /** @throws Error with the agent's stack trace when the call fails there */
  call<N extends CallName>(call: N, argument: CallArgument<N>): Promise<CallResult<N>> {
    if (this.#lost !== undefined) return Promise.reject(new Error(this.#lost));
    const id = this.#next++;
    return new Promise<CallResult<N>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as CallResult<N>), reject });
      this.#output.write(`${JSON.stringify({ id, call, argument })}\n`);
    });
  }

  /** No answer will come any more. */
  lost(reason: string): void {
    this.#lost ??= reason;
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  /** Not each piece: the agent answers what it reads. */
  #confirm(input: Readable): void {
    let read = 0;
    let confirmed = 0;
    input.on('data', (bytes: Buffer) => {
      read += bytes.length;
      if (read - confirmed < confirmedBytes) return;
      confirmed = read;
      this.#output.write(`${JSON.stringify({ received: read } satisfies Confirmation)}\n`);
    });
  }

  #receive(line: string): void {
    const message = JSON.parse(line) as AgentMessage;
    if ('ready' in message) {
      this.#isReady(message);
      return;
    }
    if ('received' in message) {
      this.#output.received(message.received);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result);
  }
}
