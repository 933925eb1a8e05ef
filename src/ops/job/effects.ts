import { fromPromise } from 'xstate';

/**
 * The effects of one job. A machine that leaves a state forgets the effect it was running there; the job does not:
 * it waits until every effect has noticed its abort before it closes what they work on.
 */
export class Effects {
  readonly #running = new Set<Promise<unknown>>();

  /** An actor that does `work`; its signal is aborted when the machine leaves the state. */
  actor<Output, Input = void>(work: (signal: AbortSignal, input: Input) => Promise<Output>) {
    return fromPromise<Output, Input>(({ input, signal }) => this.#track(work(signal, input)));
  }

  /** Resolves when no effect is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #track<Output>(promise: Promise<Output>): Promise<Output> {
    this.#running.add(promise);
    const done = () => this.#running.delete(promise);
    promise.then(done, done);
    return promise;
  }
}
