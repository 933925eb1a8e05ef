import type { Milliseconds } from '../../base/units.ts';
import type { Request } from './rfc2217.ts';

interface Waiting {
  readonly request: Request;
  readonly finish: (payload: Uint8Array | undefined) => void;
}

/** Questions to a server that it has not answered yet. What it tells unasked is nobody's. */
export class Answers {
  #waiting: readonly Waiting[] = [];

  /** The payload of the answer; undefined when `limit` passes first, or the connection is lost. */
  wait(request: Request, limit: Milliseconds): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const finish = (payload: Uint8Array | undefined) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(payload);
      };
      const timer = setTimeout(() => finish(undefined), limit);
      const waiting = { request, finish };
      this.#waiting = [...this.#waiting, waiting];
    });
  }

  take(code: number, payload: Uint8Array): void {
    this.#waiting.find(({ request }) => request.code === code && request.isMeant(payload))?.finish(payload);
  }

  end(): void {
    for (const { finish } of this.#waiting) finish(undefined);
  }
}
