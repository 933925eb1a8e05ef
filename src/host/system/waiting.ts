import type { Milliseconds } from '../../base/units.ts';

const longestTimer: Milliseconds = 0x7fffffff; // the maximum of setTimeout

/** Waits for `begin` to call back, at most `timeout`; never rejects. */
export function waiting(
  timeout: Milliseconds,
  signal: AbortSignal | undefined,
  begin: (wake: () => void) => () => void,
): Promise<void> {
  return new Promise<void>((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      resolve();
    };
    const cancel = begin(wake);
    const timer = setTimeout(cancel, Math.min(timeout, longestTimer));
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
  });
}
