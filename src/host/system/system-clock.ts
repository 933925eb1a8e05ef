import type { Clock } from '../../bench/clock.ts';

const started = process.hrtime.bigint();

/**
 * The clock of real benches: monotonic, so a time correction of the host never stretches a hold.
 * Here and in `node-*.ts` the host's own timers are allowed; everything else is given a `Clock`.
 */
export const systemClock: Clock = {
  // Node loads a dozen modules for `performance`.
  now: () => Number(process.hrtime.bigint() - started) / 1e6,
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
};
