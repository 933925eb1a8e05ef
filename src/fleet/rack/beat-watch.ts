import type { WorkerBeat } from '../../../machines/rack-worker.policy.ts';
import type { Milliseconds } from '../../base/units.ts';

/** A worker whose beats stand still for so long is given up: longer than an answer of the database is waited for. */
export const deadLimit: Milliseconds = 15_000;
/** Between two looks that lie further apart nothing was seen: the database was away, or this computer slept. */
const longestGap: Milliseconds = 6_000;

interface Seen extends WorkerBeat {
  readonly since: Milliseconds;
}

/** Which workers stand still, by the clock of whoever looks: no clock of another computer decides it. */
export class BeatWatch {
  readonly #now: () => Milliseconds;
  readonly #limit: Milliseconds;
  #seen: ReadonlyMap<string, Seen> = new Map();
  #looked = Number.NEGATIVE_INFINITY;

  /** `now`: monotonic. */
  constructor(now: () => Milliseconds, limit = deadLimit) {
    this.#now = now;
    this.#limit = limit;
  }

  /** Who has not beaten for the limit, each time that somebody looks. */
  look(workers: readonly WorkerBeat[]): readonly WorkerBeat[] {
    const now = this.#now();
    const before = now - this.#looked > longestGap ? new Map<string, Seen>() : this.#seen;
    this.#looked = now;
    this.#seen = new Map(
      workers.map((worker) => {
        const known = before.get(worker.name);
        const isSame = known?.life === worker.life && known.beats === worker.beats;
        return [worker.name, isSame ? known : { ...worker, since: now }];
      }),
    );
    return [...this.#seen.values()].filter(({ since }) => now - since >= this.#limit);
  }
}
