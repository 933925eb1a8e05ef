import type { Volts } from '../../base/units.ts';

/** A Schmitt trigger reads 1 from `rising` up, 0 from `falling` down, and what it read before in between. */
export interface InputLevels {
  readonly rising: Volts;
  readonly falling: Volts;
}

/** An input that remembers. It is told its voltage wherever that may have turned round, so that it misses no threshold. */
export class SchmittInput {
  readonly #levels: InputLevels;
  #level: 0 | 1 = 0;

  constructor(levels: InputLevels) {
    this.#levels = levels;
  }

  /** What it reads now that its voltage has come to `volts`. */
  follow(volts: Volts): 0 | 1 {
    if (volts >= this.#levels.rising) this.#level = 1;
    else if (volts <= this.#levels.falling) this.#level = 0;
    return this.#level;
  }
}
