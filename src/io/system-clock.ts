import type { Clock } from './clock.ts';

/**
 * The clock of real benches: monotonic, so a time correction of the host never stretches a hold.
 * Here and in `node-*.ts` the host's own timers are allowed; everything else is given a `Clock`.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
};
