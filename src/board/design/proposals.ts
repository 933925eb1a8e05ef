import { BootctlError } from '../../base/errors.ts';
import { findChip } from '../../chips/find-chip.ts';
import { factorsOf } from '../analysis/factors.ts';
import { guaranteedHeadroom, spread } from '../circuit/corners.ts';
import { pullDown } from '../circuit/rc.ts';
import { formatValue } from '../pictures/format-value.ts';
import { bleedResistors, type Candidate, candidates, slowestClear } from './search.ts';
import { assumptionsOf, boardOf, type Wish } from './wish.ts';

/** Proposals for a wish, the best first. */
export interface Proposals {
  readonly proposals: readonly Candidate[];
  /** From how many that fulfil it. */
  readonly fulfilling: number;
}

/** No table is read to its end where it is longer. Our choice. */
const most = 6;

/**
 * Parts that fulfil the wish, ranked by the sum of their places in margin, charge current and recovery among all that do. Only what counts for the person is compared: nobody knows what a millisecond is worth in
 * milliamperes.
 * @throws BootctlError `design-impossible` where no parts do, with the part that bounds it
 */
export function proposalsFor(wish: Wish): Proposals {
  refuseSupply(wish);
  const all = candidates(wish);
  const fulfilling = all.filter(({ ratio }) => ratio >= wish.margin);
  if (fulfilling.length === 0) throw impossible(wish, all);
  const places = [
    placesBy(fulfilling, ({ ratio }) => -ratio),
    placesBy(fulfilling, ({ current }) => current),
    placesBy(fulfilling, ({ recovery }) => recovery),
  ];
  const sumOf = (candidate: Candidate) => places.reduce((sum, place) => sum + place.get(candidate)!, 0);
  const ranked = fulfilling.toSorted((a, b) => sumOf(a) - sumOf(b) || a.recovery - b.recovery);
  return { proposals: shownOf(ranked), fulfilling: fulfilling.length };
}

/** The best of each dielectric, since a person may have only one of them at hand, and the next best with other capacitors. */
function shownOf(ranked: readonly Candidate[]): readonly Candidate[] {
  const firstOf = (name: (candidate: Candidate) => string) => {
    const names = ranked.map(name);
    return ranked.filter((_, index) => names.indexOf(names[index]!) === index);
  };
  const capacitors = firstOf(capacitorText);
  const ofDielectrics = firstOf(({ dielectric }) => dielectric);
  const others = capacitors.filter((candidate) => !ofDielectrics.includes(candidate));
  const shown = [...ofDielectrics, ...others].slice(0, most);
  return ranked.filter((candidate) => shown.includes(candidate));
}

/** Equal figures share a place. */
function placesBy(all: readonly Candidate[], figure: (candidate: Candidate) => number): ReadonlyMap<Candidate, number> {
  const values = [...new Set(all.map(figure))].sort((a, b) => a - b);
  const places = new Map(values.map((value, place) => [value, place / values.length]));
  return new Map(all.map((candidate) => [candidate, places.get(figure(candidate))!]));
}

/** As it is bought: `2.2 µF X7R-1206`. */
export const capacitorText = ({ board, dielectric }: Candidate): string =>
  `${formatValue(board.boot0.capacitor, 'F')} ${dielectric}`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const volts = (value: number): string => `${value.toFixed(2)} V`;

/** Supplies of an STM32: 1.65 V (L0) to 3.6 V (DS10314, DS8626, DS12323: general operating conditions). */
const supplies = { least: 1.65, most: 3.6 } as const;

function refuseSupply({ supply }: Wish): void {
  if (supply >= supplies.least && supply <= supplies.most) return;
  throw new BootctlError(
    'design-impossible',
    `The target bounds it: an STM32 takes ${volts(supplies.least)} to ${volts(supplies.most)}, and the supply is to be ${volts(supply)}`,
  );
}

/** Why nothing fulfils the wish: the most that can be had, and the part behind which there is no more. */
function impossible(wish: Wish, all: readonly Candidate[]): BootctlError {
  const best = all.reduce<Candidate | undefined>((a, b) => (a === undefined || b.ratio > a.ratio ? b : a), undefined);
  if (!best) return new BootctlError('design-impossible', unchargeable(wish));
  const { chargeResistor, bleedResistor } = best.board.boot0;
  const parts = `${capacitorText(best)}, ${formatValue(chargeResistor, 'Ω')} and ${formatValue(bleedResistor, 'Ω')}`;
  return new BootctlError(
    'design-impossible',
    `No parts of ${wish.series} give a margin of ${percent(wish.margin)} at worst: the most is ${percent(best.ratio)}, with ${parts}. ${boundOf(wish, best)}`,
  );
}

/** No capacitor charges to VIH, or every bleed resistor leaves BOOT0 above VIL. */
function unchargeable(wish: Wish): string {
  const { boot0 } = boardOf(wish);
  const least = boot0.supply * (1 - spread.supply) - boot0.diodeDrop;
  return (
    `The diode bounds it: at ${volts(wish.supply)} less ${spread.supply * 100} % it leaves ${volts(least)} for BOOT0, ` +
    `and ${findChip(wish.family)?.name ?? wish.family} surely reads 1 only above ${volts(boot0.vih)}`
  );
}

/** A fifth above VIH is gone after 0.18 time constants. Our choice. */
const hardlyAbove = 1.2;

function boundOf(wish: Wish, { board, dielectric }: Candidate): string {
  const { boot0 } = board;
  const charged = boot0.vih + guaranteedHeadroom(boot0);
  if (charged < boot0.vih * hardlyAbove) {
    return `The diode bounds it: behind it BOOT0 is only ${volts(charged - boot0.vih)} above its VIH of ${volts(boot0.vih)} at worst, and is soon below it.`;
  }
  const largest = `${formatValue(boot0.capacitor, 'F')} is the largest ${dielectric} that is proposed`;
  const next = bleedResistors(wish).find((ohms) => ohms > boot0.bleedResistor);
  const larger = next === undefined ? undefined : { ...board, boot0: { ...boot0, bleedResistor: next } };
  const factors = larger && factorsOf(larger, assumptionsOf(wish));
  if (!factors || slowestClear(larger, factors) < Number.POSITIVE_INFINITY) {
    return `The capacitor bounds it: ${largest}.`;
  }
  const { high } = factors.leakage;
  const rest = volts(high * pullDown(larger.boot0) * (1 + spread.resistor));
  return (
    `The bleed resistor bounds it: with ${formatValue(larger.boot0.bleedResistor, 'Ω')}, ${high * 1e6} µA of leakage may hold BOOT0 at ${rest}, ` +
    `which is not surely below its VIL of ${volts(boot0.vil)}; and ${largest}.`
  );
}
