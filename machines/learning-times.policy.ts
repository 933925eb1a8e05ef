import type { Milliseconds } from '../src/base/units.ts';
import type { Observation } from './learning-evidence.policy.ts';

/** Two times of a capacitor: the one lies between the longest that works and the shortest that fails, the other the other way round. */
export interface Bracket {
  readonly name: 'hold' | 'charge';
  /** Planned times: the one has led into the ROM; the other has not, null where none was found yet. */
  readonly works: Milliseconds;
  readonly fails: Milliseconds | null;
  /** The same as their edges were measured, at the end that claims less. */
  readonly measured: { readonly works: Milliseconds; readonly fails: Milliseconds | null };
  readonly resets: number;
}

/** Narrow enough to plan with: calibrate has the narrow interval. */
const narrow = 1.25;
/** Longer than any hold that a job could use, and shorter than an adapter can time. Our choice. */
const ends = { hold: 6_000, charge: 2 } as const;
export const mostResets = 14;

export const beginBracket = (name: Bracket['name'], works: Milliseconds): Bracket => ({
  name,
  works,
  fails: null,
  measured: { works, fails: null },
  resets: 0,
});

/** The next time to try; null where the bracket is narrow enough. */
export function nextTime({ name, works, fails, resets }: Bracket): Milliseconds | null {
  if (resets >= mostResets) return null;
  if (fails === null) {
    const next = name === 'hold' ? works * 2 : works / 2;
    return (name === 'hold' ? next <= ends.hold : next >= ends.charge) ? next : null;
  }
  const isNarrow = Math.max(works, fails) / Math.min(works, fails) < narrow || Math.abs(works - fails) < 2;
  return isNarrow ? null : Math.sqrt(works * fails);
}

/** Hold is counted from the release of BOOT0 to that of NRST, charge from the one edge to the other: both are the time of a state. */
export function withTrial(bracket: Bracket, { experiment, edges, rom }: Observation): Bracket {
  const isHold = bracket.name === 'hold';
  const index = isHold ? 1 : 0;
  const planned = experiment.steps[index]!.hold;
  const [first, second] = [edges[index]!, edges[index + 1]!];
  const earliest = Math.max(0, second.from - first.to);
  const latest = second.to - first.from;
  const resets = bracket.resets + 1;
  const { measured } = bracket;
  return rom
    ? { ...bracket, resets, works: planned, measured: { ...measured, works: isHold ? earliest : latest } }
    : { ...bracket, resets, fails: planned, measured: { ...measured, fails: isHold ? latest : earliest } };
}
