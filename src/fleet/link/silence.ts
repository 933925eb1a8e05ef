import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { keepLinkState, linkState } from '../../records/fleet-state.ts';
import type { OpenRecords } from '../../records/open-records.ts';

/** Silence goes to the file in pieces, before they are used: a station that is killed again and again gains no time. */
const silencePiece: Milliseconds = 10_000;

/** For how long the station has run since the centre spoke of its lots. Counted by the monotonic clock, over all lives of the station. */
export class Silence {
  readonly #records: OpenRecords;
  readonly #clock: Clock;
  /** Before this life, or before the centre spoke in it. */
  #before: Milliseconds;
  #since: Milliseconds;
  /** What stands in the file: never less than it is. */
  #kept: Milliseconds;

  constructor(records: OpenRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
    this.#kept = records.transaction(linkState).silent;
    this.#before = this.#kept;
    this.#since = clock.now();
    this.tick();
  }

  get now(): Milliseconds {
    return this.#before + this.#clock.now() - this.#since;
  }

  /** The centre has spoken. */
  end(): void {
    this.#before = 0;
    this.#since = this.#clock.now();
    if (this.#kept !== silencePiece) this.#keep(silencePiece);
  }

  /** Has to be called more often than a piece is long. */
  tick(): void {
    if (this.now >= this.#kept - silencePiece / 2) this.#keep(this.now + silencePiece);
  }

  #keep(silent: Milliseconds): void {
    this.#records.transaction((sqlite) => keepLinkState(sqlite, { ...linkState(sqlite), silent }));
    this.#kept = silent;
  }
}
