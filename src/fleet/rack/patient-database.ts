import { reconnectPause } from '../../../machines/rack-worker.policy.ts';
import { isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { Database } from '../database.ts';

/** A database that may go away and come back: what is asked is asked until it is answered. */
export class PatientDatabase implements AsyncDisposable {
  readonly #connect: () => Promise<Database>;
  readonly #clock: Clock;
  #open: Promise<Database> | undefined;

  constructor(connect: () => Promise<Database>, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  /**
   * `work` may be done several times. @throws what it throws, and the reason of `signal`; never `fleet-unreachable`
   */
  async ask<Answer>(work: (database: Database) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    for (;;) {
      signal?.throwIfAborted();
      try {
        this.#open ??= this.#connect();
        return await work(await this.#open);
      } catch (error) {
        if (!isBootctlError(error, 'fleet-unreachable')) throw error;
        await this.#close();
        await pause(this.#clock, reconnectPause, signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    const database = await open?.catch(() => undefined);
    await database?.[Symbol.asyncDispose]();
  }
}

/** Ends early where one of the signals is aborted. */
export function pause(
  clock: Clock,
  time: Milliseconds,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<void> {
  const ends = signals.filter((signal) => signal !== undefined);
  if (ends.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      for (const signal of ends) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, time);
    for (const signal of ends) signal.addEventListener('abort', end);
  });
}
