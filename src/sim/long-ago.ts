import type { Clock } from '../bench/clock.ts';

/** Does `act` on a clock on which every delay that `act` sets has passed already; after that it runs as `clock` does. */
export function longAgo(clock: Clock, act: (past: Clock) => void): void {
  let isActing = true;
  act({
    now: () => clock.now(),
    setTimeout: (callback, delay) => clock.setTimeout(callback, isActing ? 0 : delay),
    clearTimeout: (id) => clock.clearTimeout(id),
  });
  isActing = false;
}
