import type { Milliseconds } from '../../../base/units.ts';

/** What a sequence moves: a modem line, or a GPIO by its number. */
export type Signal = 'rts' | 'dtr' | `gpio${number}`;

export const isModemLine = (signal: Signal): signal is 'rts' | 'dtr' => signal === 'rts' || signal === 'dtr';

/** Signals that change together, and the wait after that. 1 is an asserted modem line, or a GPIO at high level. */
export interface Move {
  readonly set: Readonly<Partial<Record<Signal, 0 | 1>>>;
  readonly wait: Milliseconds;
}

/** How a tool gets into the ROM, and out of it. */
export interface Sequence {
  readonly entry: readonly Move[];
  readonly exit?: readonly Move[];
}

/** All that it moves, in the order of their first moves. */
export const signalsOf = ({ entry, exit = [] }: Sequence): readonly Signal[] => [
  ...new Set([...entry, ...exit].flatMap(({ set }) => Object.keys(set) as Signal[])),
];
