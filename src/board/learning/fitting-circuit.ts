import type { Milliseconds, Volts } from '../../base/units.ts';
import { boot0Levels } from '../../chips/boot0-levels.ts';
import { findChip } from '../../chips/find-chip.ts';
import type { LearnedBoard, Span } from './learned-board.ts';

/** Parts that have the times that were seen. */
export interface LearnedParts {
  readonly chargeResistor: number;
  readonly capacitor: number;
  readonly bleedResistor: number;
  readonly diodeDrop: Volts;
  readonly supply: Volts;
  /** Stated where the line of the target is not known. */
  readonly thresholds: { readonly vih: Volts; readonly vil: Volts } | null;
}

const supply: Volts = 3.3;
/** Those of the reference circuit (hardware/circuits/rc-cap.md): only the times that they make with the capacitor count. */
const bleedResistor = 47e3;
const diodeDrop: Volts = 0.3;
const usualChargeResistor = 1e3;
/** More would not charge BOOT0 far enough against the bleed resistor. */
const chargeResistors = { least: 10, most: 3.3e3 } as const;

/** Where no data sheet is known to be the right one: about those of most STM32. The parts are made to fit, so that the times are right. */
const usualThresholds = { vih: 1.3, vil: 0.9 } as const;

function thresholdsOf({ family }: Pick<LearnedBoard, 'family'>) {
  if (!family) return usualThresholds;
  const { vih, vil } = boot0Levels(findChip(family.value));
  return { vih: vih.ofVdd * supply + vih.plus, vil: vil.ofVdd * supply + vil.plus };
}

const twoDigits = (value: number): number => Number(value.toPrecision(2));

/**
 * The capacitor that holds BOOT0 for the time that was seen, beside the usual bleed resistor, and the resistor that charges it in
 * the time that was seen. The threshold is taken for VIH: a lower one would make the capacitor smaller, so that it is rather too large, and
 * waits for it too long.
 */
export function partsFor(board: LearnedBoard, hold: Span): LearnedParts {
  const { vih } = thresholdsOf(board);
  const full = ((supply - diodeDrop) * bleedResistor) / (usualChargeResistor + bleedResistor);
  const holds = (hold.low + hold.high) / 2;
  const capacitor = twoDigits(holds / 1e3 / (bleedResistor * Math.log(full / vih)));
  const { charge } = board;
  const charges: Milliseconds = charge ? charge.high : usualChargeResistor * capacitor * 1e3;
  const resistor = charges / 1e3 / (capacitor * -Math.log(1 - vih / full));
  return {
    chargeResistor: twoDigits(Math.min(chargeResistors.most, Math.max(chargeResistors.least, resistor))),
    capacitor,
    bleedResistor,
    diodeDrop,
    supply,
    thresholds: board.family ? null : usualThresholds,
  };
}
