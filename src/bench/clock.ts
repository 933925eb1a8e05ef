import type { Milliseconds } from '../base/units.ts';

/** One clock for machines, effects and the simulator; shaped so that it is also an xstate clock. */
export interface Clock {
  /** Monotonic time since an arbitrary start. */
  now(): Milliseconds;
  setTimeout(callback: () => void, delay: Milliseconds): unknown;
  clearTimeout(id: unknown): void;
}

/** Resolves after `delay`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, delay: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clock.clearTimeout(id);
      reject(signal?.reason);
    };
    const id = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delay);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
