import type { Milliseconds } from '../../base/units.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import { idleLines, pinsOf } from '../circuit/wiring.ts';
import type { Held } from './experiment.ts';
import type { Hypothesis } from './hypotheses.ts';

/** What the target runs: its ROM, or anything else. */
export type Runs = 'rom' | 'other';

/** What an experiment leads to. */
export interface Outcome {
  /** The target was reset at least once. */
  readonly reset: boolean;
  readonly ends: Runs;
}

/** What counts as a capacitor: it is full after the first time, and carries BOOT0 for the second. */
export interface Sure {
  readonly charge: Milliseconds;
  readonly held: Milliseconds;
}

/** NRST has risen: 50 kΩ and 470 nF to 2.0 V take 22 ms. Our choice. */
const slowestRise: Milliseconds = 30;
/** From this on it is taken for empty: several times the 600 ms that the reference circuit needs at worst. Our choice. */
export const surelyEmpty: Milliseconds = 2_000;

/** The voltage on a capacitor, as far as it follows from the states so far; and the level that the target reads. */
type Charge = 'full' | 'open' | 'empty';

interface State {
  readonly lines: ModemLines;
  /** How long they are so, and how long BOOT0 is driven as it is. */
  readonly driven: Milliseconds;
  /** Before BOOT0 was driven as it is. */
  readonly before: Charge;
  readonly inReset: boolean;
  /** NRST was let go, and may not have risen yet. */
  readonly rising: boolean;
  readonly reset: boolean;
  readonly runs: Runs;
}

function chargeOf({ wiring }: Hypothesis, { lines, driven, before }: State, sure: Sure): Charge {
  // Between two lines that move one after the other there is no time to charge or to empty anything.
  if (driven === 0) return before;
  if (pinsOf(wiring, lines).boot0 === 1) return driven >= sure.charge || before === 'full' ? 'full' : 'open';
  if (before === 'empty' || driven >= surelyEmpty) return 'empty';
  return before === 'full' && driven <= sure.held ? 'full' : 'open';
}

const levels = { full: [1], open: [0, 1], empty: [0] } as const;

/** A capacitor that begins to charge as NRST is let go may or may not be full when it has risen. */
function chargeAtRise(hypothesis: Hypothesis, to: State, sure: Sure): Charge {
  const charge = chargeOf(hypothesis, to, sure);
  const begins = to.driven === 0 && pinsOf(hypothesis.wiring, to.lines).boot0 === 1;
  return begins && charge === 'empty' ? 'open' : charge;
}

/** What the target may read at its BOOT0 as NRST rises with this move of the lines. */
function sampled(hypothesis: Hypothesis, from: State, to: State, sure: Sure): readonly (0 | 1)[] {
  if (hypothesis.storage === 'capacitor') return levels[chargeAtRise(hypothesis, to, sure)];
  const [before, after] = [pinsOf(hypothesis.wiring, from.lines).boot0, pinsOf(hypothesis.wiring, to.lines).boot0];
  if (before === after) return [after];
  return [hypothesis.isFirst[after === 1 ? 'rising' : 'falling'] ? after : before];
}

/** The lines become these: NRST may fall, or rise and let the target read BOOT0. */
function moveTo(hypothesis: Hypothesis, state: State, lines: ModemLines, sure: Sure): readonly State[] {
  const { boot0, nrst } = pinsOf(hypothesis.wiring, lines);
  const isSame = pinsOf(hypothesis.wiring, state.lines).boot0 === boot0;
  const moved: State = {
    ...state,
    lines,
    ...(isSame ? {} : { driven: 0, before: chargeOf(hypothesis, state, sure) }),
  };
  // A pin that was let go, and has not risen, is pulled down again: nothing ran in between.
  const falls = !state.inReset;
  if (nrst === 0) return [{ ...moved, inReset: true, rising: false, reset: state.reset || falls, runs: 'other' }];
  if (!state.inReset) return [moved];
  const read = sampled(hypothesis, state, moved, sure).map(
    (level): State => ({ ...moved, inReset: false, rising: false, runs: level === 1 ? 'rom' : 'other' }),
  );
  return [...read, { ...moved, rising: true }];
}

/** Where both lines move, one may be the first, for an instant: NRST may or may not notice. */
function viaOne(hypothesis: Hypothesis, state: State, to: ModemLines, sure: Sure): readonly State[] {
  const direct = moveTo(hypothesis, state, to, sure);
  if (state.lines.rts === to.rts || state.lines.dtr === to.dtr) return direct;
  const between: readonly ModemLines[] = [
    { rts: to.rts, dtr: state.lines.dtr },
    { rts: state.lines.rts, dtr: to.dtr },
  ];
  return [
    ...direct,
    ...between.flatMap((lines) =>
      moveTo(hypothesis, state, lines, sure).flatMap((one) => moveTo(hypothesis, one, to, sure)),
    ),
  ];
}

/** After so long NRST has risen, and BOOT0 was read. */
const hold = (states: readonly State[], time: Milliseconds): readonly State[] =>
  states
    .filter(({ rising }) => !rising || time < slowestRise)
    .map((state) => ({ ...state, driven: state.driven + time }));

/**
 * All outcomes that this circuit may have. Before the experiment the lines were idle for long.
 * @param sure what counts as a capacitor
 */
export function predict(hypothesis: Hypothesis, steps: readonly Held[], began: Runs, sure: Sure): readonly Outcome[] {
  const { boot0, nrst } = pinsOf(hypothesis.wiring, idleLines);
  const start: State = {
    lines: idleLines,
    driven: Number.POSITIVE_INFINITY,
    before: boot0 === 1 ? 'full' : 'empty',
    inReset: nrst === 0,
    rising: false,
    reset: false,
    runs: nrst === 0 ? 'other' : began,
  };
  let states: readonly State[] = [start];
  for (const { lines, hold: time } of steps) {
    states = hold(distinct(states.flatMap((state) => viaOne(hypothesis, state, lines, sure))), time);
  }
  const ended = hold(
    states.flatMap((state) => viaOne(hypothesis, state, idleLines, sure)),
    surelyEmpty,
  );
  const outcomes = new Map(ended.map(({ reset, runs }) => [`${reset} ${runs}`, { reset, ends: runs }]));
  return [...outcomes.values()];
}

const distinct = (states: readonly State[]): readonly State[] => [
  ...new Map(
    states.map((state) => [
      [state.inReset, state.rising, state.reset, state.runs, state.driven, state.before].join(),
      state,
    ]),
  ).values(),
];
