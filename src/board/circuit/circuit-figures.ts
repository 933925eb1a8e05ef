import type { Milliseconds, Volts } from '../../base/units.ts';
import { boot0Levels } from '../../chips/boot0-levels.ts';
import { findChip } from '../../chips/find-chip.ts';
import type { BoardProfile, Boot0Circuit } from '../profile.ts';
import { guaranteedChargeTime, guaranteedClearTime, guaranteedHoldTime, guaranteedNrstRise } from './corners.ts';
import { bleedTimeConstant, type Corner, chargedVoltage, chargeTime, clearTime, holdTime, nrstRiseTime } from './rc.ts';

interface Boot0Times {
  readonly charge: Milliseconds;
  readonly hold: Milliseconds;
  readonly clear: Milliseconds;
}

/** Times of a board's RC circuits; the hold after a full charge. */
export interface CircuitFigures {
  readonly charged?: Volts;
  /** At the ends of the capacitor's tolerance, with all else nominal. */
  readonly corners?: Readonly<Record<Corner, Boot0Times>>;
  /** For any parts within their tolerances. */
  readonly guaranteed?: Boot0Times;
  readonly nrstRelease: { readonly nominal: Milliseconds; readonly worst: Milliseconds };
}

export const corners = ['low', 'nominal', 'high'] as const;

/** The bleed resistor is the larger one: more than full. */
const fullCharge = (circuit: Boot0Circuit, corner: Corner) => 10 * bleedTimeConstant(circuit, corner);

const cornerFigures = (circuit: Boot0Circuit, corner: Corner): Boot0Times => ({
  charge: chargeTime(circuit, circuit.vih, corner),
  hold: holdTime(circuit, fullCharge(circuit, corner), corner),
  clear: clearTime(circuit, corner),
});

const guaranteedFigures = (circuit: Boot0Circuit): Boot0Times => ({
  charge: guaranteedChargeTime(circuit),
  hold: guaranteedHoldTime(circuit, fullCharge(circuit, 'high')),
  clear: guaranteedClearTime(circuit),
});

/** The times that follow from the parts of a board. */
export function circuitFigures({ boot0, nrst }: BoardProfile): CircuitFigures {
  const nrstRelease = { nominal: nrstRiseTime(nrst), worst: guaranteedNrstRise(nrst) };
  if (!boot0) return { nrstRelease };
  const figures = Object.fromEntries(corners.map((corner) => [corner, cornerFigures(boot0, corner)]));
  return {
    charged: chargedVoltage(boot0),
    corners: figures as NonNullable<CircuitFigures['corners']>,
    guaranteed: guaranteedFigures(boot0),
    nrstRelease,
  };
}

/** Source of the BOOT0 levels: the profile, the data sheet of the target's series, or none. */
export type LevelOrigin =
  | { readonly by: 'profile' | 'default' }
  | { readonly by: 'data sheet'; readonly series: string };

export function levelOrigin({ boot0, target }: BoardProfile, name: 'vih' | 'vil'): LevelOrigin {
  const known = target && findChip(target.family);
  const expected = boot0Levels(known)[name];
  const { ofVdd, plus } = boot0?.levels?.[name] ?? { ofVdd: 0, plus: 0 };
  if (ofVdd !== expected.ofVdd || plus !== expected.plus) return { by: 'profile' };
  return known?.boot0?.[name] ? { by: 'data sheet', series: known.series } : { by: 'default' };
}
