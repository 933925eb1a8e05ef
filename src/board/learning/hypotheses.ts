import type { Pins, Wiring } from '../circuit/plan.ts';
import { lineStates, wiringKeys } from '../circuit/wiring.ts';

/** What carries the level of BOOT0: its line alone, or a capacitor that keeps it when the line has gone. */
export type Storage = 'direct' | 'capacitor';

/** Where one move of the lines lets NRST go and moves BOOT0 as well: whether BOOT0 has its new level when NRST has risen. */
export interface Race {
  readonly rising: boolean;
  readonly falling: boolean;
}

/** One circuit that a board may have: the levels of both pins in each state of the lines, and what carries BOOT0. */
export interface Hypothesis {
  readonly wiring: Wiring;
  readonly storage: Storage;
  /** Of no account with a capacitor. */
  readonly isFirst: Race;
}

const levels = [
  { boot0: 0, nrst: 0 },
  { boot0: 0, nrst: 1 },
  { boot0: 1, nrst: 0 },
  { boot0: 1, nrst: 1 },
] as const satisfies readonly Pins[];

/** The table whose rows are the digits of `number`, to the base of four. */
const tableOf = (number: number): Wiring =>
  Object.fromEntries(wiringKeys.map((key, row) => [key, levels[(number >> (2 * row)) & 3]!])) as Wiring;

const boot0Moves = (wiring: Wiring): boolean => new Set(wiringKeys.map((key) => wiring[key].boot0)).size > 1;

const bools = [true, false] as const;
const races: readonly Race[] = bools.flatMap((rising) => bools.map((falling) => ({ rising, falling })));
const sure: Race = { rising: true, falling: true };

/** Some move of the lines lets NRST go and moves BOOT0. */
const hasRace = (wiring: Wiring): boolean =>
  wiringKeys.some((from) =>
    wiringKeys.some(
      (to) => wiring[from].nrst === 0 && wiring[to].nrst === 1 && wiring[from].boot0 !== wiring[to].boot0,
    ),
  );

/**
 * Every circuit: 256 truth tables, with and without a capacitor. Where no line moves BOOT0 a capacitor makes no difference, and
 * where no move is a race nobody can win it.
 */
export const allHypotheses: readonly Hypothesis[] = Array.from({ length: levels.length ** lineStates.length }, (_, n) =>
  tableOf(n),
).flatMap((wiring): readonly Hypothesis[] => [
  ...(hasRace(wiring) ? races : [sure]).map((isFirst) => ({ wiring, storage: 'direct' as const, isFirst })),
  ...(boot0Moves(wiring) ? [{ wiring, storage: 'capacitor' as const, isFirst: sure }] : []),
]);
