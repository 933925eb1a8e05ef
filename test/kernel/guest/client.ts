import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { AgentMessage, CallArgument, CallName, CallResult } from '../agent/protocol.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The host's end of the control channel. */
export class AgentClient {
  /** Resolves with the kernel's version when the agent listens. */
  readonly ready: Promise<string>;
  readonly #output: Writable;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #isReady: (kernel: string) => void = () => {};

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    createInterface({ input }).on('line', (line) => this.#receive(line));
  }

  /** @throws Error with the agent's stack trace when the call fails there */
  call<N extends CallName>(call: N, argument: CallArgument<N>): Promise<CallResult<N>> {
    const id = this.#next++;
    return new Promise<CallResult<N>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as CallResult<N>), reject });
      this.#output.write(`${JSON.stringify({ id, call, argument })}\n`);
    });
  }

  /** No answer will come any more. */
  lost(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  #receive(line: string): void {
    const message = JSON.parse(line) as AgentMessage;
    if ('ready' in message) {
      this.#isReady(message.kernel);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result);
  }
}
