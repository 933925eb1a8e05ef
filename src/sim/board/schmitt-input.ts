import type { Volts } from '../../base/units.ts';

/** A Schmitt trigger reads 1 from `rising` up and 0 from `falling` down. In between it keeps its level. */
export interface InputLevels {
  readonly rising: Volts;
  readonly falling: Volts;
}

/** An input with hysteresis. It must get its voltage at each possible turning point, so that it misses no threshold. */
export class SchmittInput {
  readonly #levels: InputLevels;
  #level: 0 | 1 = 0;

  constructor(levels: InputLevels) {
    this.#levels = levels;
  }

  /** Its level after its voltage has reached `volts`. */
  follow(volts: Volts): 0 | 1 {
    if (volts >= this.#levels.rising) this.#level = 1;
    else if (volts <= this.#levels.falling) this.#level = 0;
    return this.#level;
  }
}
