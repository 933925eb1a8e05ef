import { type AnyActorRef, fromPromise } from 'xstate';

/** The actor that each effect's signal belongs to. */
const owners = new WeakMap<AbortSignal, AnyActorRef>();

/** The effect on whose behalf an operation works that was handed this signal; undefined where it is none's. */
export const ownerOf = (signal: AbortSignal | undefined): AnyActorRef | undefined => signal && owners.get(signal);

/**
 * The effects of one job. A machine that leaves a state forgets the effect it was running there; the job does not:
 * it waits until every effect has noticed its abort before it closes what they work on.
 */
export class Effects {
  readonly #running = new Set<Promise<unknown>>();

  /** An actor that does `work`; its signal is aborted when the machine leaves the state. */
  actor<Output, Input = void>(work: (signal: AbortSignal, input: Input) => Promise<Output>) {
    return fromPromise<Output, Input>(({ input, signal, self }) => {
      owners.set(signal, self);
      return this.#track(work(signal, input));
    });
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
