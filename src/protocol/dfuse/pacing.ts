import type { Milliseconds } from '../../base/units.ts';

/** Kinds of operation that keep a ROM busy. Each has its own usual time. */
export type OperationKind = 'address' | 'program' | 'erase' | 'massErase';

/**
 * `early`: DFU_GETSTATUS may be sent while the ROM is busy, to find the end of the operation early. `announced`: it may
 * be sent only after bwPollTimeout, because the ROM would stall or fail worse (L4, clones).
 */
export type Polling = 'early' | 'announced';

/**
 * No flash is busy longer in one operation that succeeds. A longer announcement is wrong. The values are four times the
 * typical times of the datasheets.
 */
const longestBelievable: Readonly<Record<OperationKind, Milliseconds>> = {
  address: 20,
  program: 100,
  erase: 4_000,
  massErase: 40_000,
};
/** Blocks that may cost one more request while the shortest sufficient wait is searched for. */
const trials = 5;
/** Narrower than this part of the announcement the search gains nothing. */
const finest = 1 / 8;

/** Parts of the announced time: known to be too short, known to be enough. */
interface Learned {
  tooShort: number;
  enough: number;
  tried: number;
  late: number;
}

const untried: Readonly<Learned> = { tooShort: 0, enough: 1, tried: 0, late: 0 };

/** How long one device is really busy, as measured. Kept while the device is open. */
export class Pacing {
  #polling: Polling;
  readonly #learned = new Map<OperationKind, Learned>();

  constructor(polling: Polling) {
    this.#polling = polling;
  }

  get polling(): Polling {
    return this.#polling;
  }

  /** A poll of the busy ROM has done harm. From now on the client waits as long as announced. */
  becomeCautious(): void {
    this.#polling = 'announced';
  }

  /** Whether the ROM has held back the second reply of each operation so far. No wait is needed before it then. */
  isHeld(kind: OperationKind): boolean {
    const { enough, late } = this.#learned.get(kind) ?? untried;
    return this.#polling === 'early' && kind !== 'address' && enough === 0 && late === 0;
  }

  /** The waits of one operation. */
  begin(kind: OperationKind): Waits {
    const known = this.#learned.get(kind) ?? { ...untried };
    this.#learned.set(kind, known);
    return new Waits(this, kind, known);
  }
}

/** How long to wait before each further DFU_GETSTATUS of one operation. */
export class Waits {
  readonly #pacing: Pacing;
  readonly #kind: OperationKind;
  readonly #learned: Learned;
  #announced: Milliseconds = 1;
  #asked: Milliseconds = 0;
  #before: Milliseconds = 0;
  #polls = 0;

  constructor(pacing: Pacing, kind: OperationKind, learned: Learned) {
    this.#pacing = pacing;
    this.#kind = kind;
    this.#learned = learned;
  }

  /**
   * The wait after a busy reply or a stall (`announced` undefined: the first announcement counts again). `held` is how
   * long the ROM held that reply back. If that is as long as it announces, the operation is already over.
   */
  next(announced: Milliseconds | undefined, held: Milliseconds): Milliseconds {
    const limit = longestBelievable[this.#kind];
    if (announced !== undefined && this.#polls === 0) this.#announced = Math.max(1, Math.min(announced, limit));
    const wait = this.#pacing.polling === 'announced' ? this.#patient(announced, held) : this.#eager();
    this.#polls++;
    this.#before = this.#asked;
    this.#asked += wait;
    return wait;
  }

  /** The operation is over. Adjusts the wait of the next one by the waits of this one. */
  end(): void {
    if (this.#polls === 0) return;
    const learned = this.#learned;
    const wasLate = this.#polls > 1 && learned.tried >= trials;
    learned.late = wasLate ? learned.late + 1 : 0;
    if (this.#polls > 1) learned.tooShort = this.#before / this.#announced;
    if (learned.tried < trials || learned.late > 1 || this.#kind !== 'program') {
      learned.enough = this.#asked / this.#announced;
    }
    learned.tooShort = Math.min(learned.tooShort, learned.enough);
    learned.tried++;
  }

  #patient(announced: Milliseconds | undefined, held: Milliseconds): Milliseconds {
    const time = Math.min(announced ?? this.#announced, longestBelievable[this.#kind]);
    return this.#polls === 0 && time > 1 && held >= time ? 0 : Math.max(1, time);
  }

  #eager(): Milliseconds {
    const { tooShort, enough, tried } = this.#learned;
    if (this.#polls === 0) {
      // The first time at once: many ROMs hold the reply until they are done, and are never waited for again.
      if (tried === 0 || this.#kind === 'address') return 0;
      // An erase is long and one more request costs nothing, so start at the last time that was still busy.
      if (this.#kind !== 'program') return tooShort * this.#announced;
      const isSearching = tried < trials && enough - tooShort > finest;
      return (isSearching ? (enough + tooShort) / 2 : enough) * this.#announced;
    }
    const step = Math.max(1, this.#asked / 12);
    const left = this.#announced - this.#asked;
    return left > 0 ? Math.min(step, Math.max(left, 1)) : step;
  }
}
