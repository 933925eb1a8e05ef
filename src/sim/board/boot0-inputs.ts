import type { LevelOfVdd, Volts } from '../../base/units.ts';
import type { InputLevels } from './schmitt-input.ts';

/** BOOT0 of a family, as its data sheet prints it. */
export interface Boot0Input {
  readonly vih: LevelOfVdd;
  readonly vil: LevelOfVdd;
  readonly hysteresis: Volts;
  readonly source: string;
}

const f4: Boot0Input = {
  vih: { ofVdd: 0.17, plus: 0.7 },
  vil: { ofVdd: 0.1, plus: 0.1 },
  hysteresis: 0.1,
  source: 'DS10314, Table 53',
};

/** By the series, the first letters of a personality's id. */
const inputs: Readonly<Record<string, Boot0Input>> = {
  F4: f4,
  H7: {
    vih: { ofVdd: 0.17, plus: 0.6 },
    vil: { ofVdd: 0.19, plus: 0.1 },
    hysteresis: 0.2,
    source: 'DS12117 Rev 10, Table 49',
  },
  L0: { vih: { ofVdd: 0.45, plus: 0.38 }, vil: { ofVdd: 0.14, plus: 0 }, hysteresis: 0.1, source: 'hardware/targets' },
  L1: { vih: { ofVdd: 0.15, plus: 0.56 }, vil: { ofVdd: 0.14, plus: 0 }, hysteresis: 0.01, source: 'hardware/targets' },
};

/** The input of the chip with this id, or an F4's if its data sheet was not read. */
export const boot0InputOf = (personality: string): Boot0Input => inputs[personality.slice(0, 2)] ?? f4;

/**
 * Thresholds of one chip. A data sheet allows any threshold between VIL and VIH. `late` reads 1 only from VIH on.
 * `early` reads 1 down to VIL.
 */
export function inputLevels(
  { vih, vil, hysteresis }: Boot0Input,
  supply: Volts,
  silicon: 'late' | 'early' = 'late',
): InputLevels {
  const at = ({ ofVdd, plus }: LevelOfVdd) => ofVdd * supply + plus;
  return silicon === 'late'
    ? { rising: at(vih), falling: Math.max(at(vil), at(vih) - hysteresis) }
    : { rising: Math.min(at(vih), at(vil) + hysteresis), falling: at(vil) };
}
