import type { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import {
  type Experiment,
  experimentText,
  partings,
  type Round,
  rounds,
  surelyCharges,
  timedExperiment,
  waysIn,
} from '../src/board/learning/experiment.ts';
import { allHypotheses, type Hypothesis } from '../src/board/learning/hypotheses.ts';
import { type Runs, surelyEmpty } from '../src/board/learning/predict.ts';
import {
  type Choice,
  chooseCheck,
  chooseParting,
  chooseResetParting,
  likeliestWayIn,
} from './learning-choice.policy.ts';
import { claimed, likely, type ResetLine, resetLine } from './learning-claim.policy.ts';
import {
  type Evidence,
  type Observation,
  remainingAfter,
  type SeenRom,
  startLine,
  witnesses,
} from './learning-evidence.policy.ts';
import { checks, mostExperiments, mostPartings, proofs, proofTries } from './learning-limits.policy.ts';
import { type Bracket, beginBracket, nextTime, withTrial } from './learning-times.policy.ts';

/** What the bus and the serial line do while nothing moves. */
export interface Baseline {
  /** Devices that came or went by themselves. */
  readonly restless: readonly string[];
  /** What was received on the adapter. */
  readonly text: string;
}

/** One experiment, and what the operation has to know of it. */
export interface Wanted {
  readonly experiment: Experiment;
  /** The lines have been idle for so long before it. */
  readonly idle: Milliseconds;
  /** How long the ROM may take to show. */
  readonly watch: Milliseconds;
  /** The proven ROM: it is looked for there and nowhere else. */
  readonly rom: Pick<SeenRom, 'over' | 'place'> | null;
  /** It runs, as far as the last experiment has shown. */
  readonly romRuns: boolean;
  /** Devices that are known to leave the bus in a reset. */
  readonly witnesses: readonly string[];
}

/** A way into the ROM that has been seen to work. */
export interface WayIn {
  readonly experiment: Experiment;
  readonly round: Round;
  readonly over: SeenRom['over'];
  readonly place: string;
  /** Index of its observation. */
  readonly since: number;
}

export type Phase = 'searching' | 'proving' | 'telling' | 'timing' | 'done';

/** Why the search has ended without a circuit. */
export type Trouble = 'no-rom' | 'unproven' | 'contradictory';

export interface LearningContext {
  readonly phase: Phase;
  readonly log: readonly Observation[];
  /** Experiments so far, also those that are no longer in the log. */
  readonly count: number;
  readonly restless: readonly string[];
  /** What is said on the serial line without any move. */
  readonly chatter: string;
  /** Of `rounds`. */
  readonly round: number;
  /** Ways in that were tried in this round. */
  readonly tried: readonly Experiment[];
  readonly wayIn: WayIn | null;
  /** How often the way in was repeated in vain; and how often it has led there again since. */
  readonly misses: number;
  readonly proven: number;
  readonly startUp: Milliseconds;
  readonly remaining: readonly Hypothesis[];
  readonly next: Experiment | null;
  readonly brackets: readonly Bracket[];
  /** How often everything was thrown away because nothing explained it. */
  readonly restarts: number;
  readonly trouble: Trouble | null;
  readonly error: BootctlError | null;
}

const ways = rounds.map(waysIn);
const parts = rounds.map(partings);

export const startOf = (): LearningContext => ({
  phase: 'searching',
  log: [],
  count: 0,
  restless: [],
  chatter: '',
  round: 0,
  tried: [],
  wayIn: null,
  misses: 0,
  proven: 0,
  startUp: 0,
  remaining: allHypotheses,
  next: null,
  brackets: [],
  restarts: 0,
  trouble: null,
  error: null,
});

export const withBaseline = (context: LearningContext, { restless, text }: Baseline): LearningContext => ({
  ...context,
  restless,
  chatter: text,
});

/** What is proven to carry BOOT0, by the way in: charged as long, and held as long as the shortest pulse of this adapter. */
export function evidenceOf({ log, wayIn, startUp, restless, chatter, phase }: LearningContext): Evidence {
  const { round } = wayIn ?? { round: rounds[0]! };
  const shortest = Math.min(
    ...log.flatMap(({ experiment, edges }) =>
      experiment.steps.flatMap(({ hold }, index) =>
        hold === rounds[0]!.pulse ? [edges[index + 1]!.to - edges[index]!.from] : [],
      ),
    ),
  );
  return {
    log,
    romSince: phase === 'searching' || phase === 'proving' ? null : (wayIn?.since ?? null),
    startUp,
    restless,
    chatter,
    sure: { charge: 0.9 * surelyCharges, held: Number.isFinite(shortest) ? Math.ceil(1.5 * shortest) : round.pulse },
  };
}

const runsOf = ({ log }: LearningContext): Runs => (log.at(-1)?.rom ? 'rom' : 'other');

/** Chooses the next experiment, or the next phase; at the end there is none. */
export function withChoice(context: LearningContext): LearningContext {
  if (context.count >= mostExperiments) return { ...context, phase: 'done', next: null };
  switch (context.phase) {
    case 'searching':
      return searched(context);
    case 'proving':
      return { ...context, next: context.wayIn!.experiment };
    case 'telling':
      return told(context);
    case 'timing':
      return timed(context);
    case 'done':
      return { ...context, next: null };
  }
}

function searched(context: LearningContext): LearningContext {
  const { remaining, round, tried } = context;
  if (remaining.length === 0) return contradicted(context);
  const left = ways[round]!.filter((experiment) => !tried.includes(experiment));
  const next = likeliestWayIn(remaining, left, evidenceOf(context).sure);
  if (next) return { ...context, next };
  if (round + 1 < rounds.length) return searched({ ...context, round: round + 1, tried: [] });
  const evidence = evidenceOf(context);
  const shows = startLine(evidence) !== null || witnesses(evidence).length > 0;
  const parting = shows ? chooseResetParting(remaining, parts[0]!, evidence) : null;
  if (parting) return { ...context, next: parting };
  return { ...context, phase: 'done', next: null, trouble: context.trouble ?? 'no-rom' };
}

function told(context: LearningContext): LearningContext {
  const { remaining, log, wayIn } = context;
  if (remaining.length === 0) return contradicted(context);
  const circuit = circuitOf(context);
  const asked = {
    hypotheses: circuit ? [circuit] : likely(remaining),
    experiments: parts[rounds.indexOf(wayIn!.round)]!,
    evidence: evidenceOf(context),
    runs: runsOf(context),
  };
  const isOver = log.length - wayIn!.since > mostPartings;
  const choice: Choice | null = isOver ? null : circuit ? chooseCheck(asked, checks) : chooseParting(asked);
  if (!choice) return timed({ ...context, phase: 'timing' });
  return { ...context, next: choice.began === runsOf(context) ? choice.experiment : wayIn!.experiment };
}

/** Nothing explains what was seen: a bad contact, or something else that moves the pins. All of it is tried once more. */
function contradicted(context: LearningContext): LearningContext {
  if (context.restarts > 0) return { ...context, phase: 'done', next: null, trouble: 'contradictory' };
  const { restless, chatter, restarts, count } = context;
  return searched({ ...startOf(), restless, chatter, count, restarts: restarts + 1 });
}

/** Of a circuit with a capacitor, the two times that a job has to know. */
function timed(context: LearningContext): LearningContext {
  const done: LearningContext = { ...context, phase: 'done', next: null };
  const circuit = circuitOf(context);
  if (circuit?.storage !== 'capacitor') return done;
  const brackets = openBrackets(context);
  const open = brackets.find((bracket) => nextTime(bracket) !== null);
  if (!open) return { ...done, brackets };
  const { pulse } = rounds[0]!;
  const { charge } = context.wayIn!.round;
  const time = nextTime(open)!;
  const next =
    open.name === 'hold' ? timedExperiment(circuit.wiring, charge, time) : timedExperiment(circuit.wiring, time, pulse);
  return next ? { ...context, brackets, next } : done;
}

const openBrackets = ({ brackets, wayIn }: LearningContext): readonly Bracket[] =>
  brackets.length > 0
    ? brackets
    : [beginBracket('hold', rounds[0]!.pulse), beginBracket('charge', wayIn!.round.charge)];

/** The circuit that is claimed, once the ROM has proven to be this board's. */
export const circuitOf = ({ remaining, wayIn, phase }: LearningContext): Hypothesis | null =>
  wayIn === null || phase === 'searching' || phase === 'proving' ? null : claimed(remaining);

/** The one line that resets, where nothing else is claimed, and a device of the target was seen to leave. */
export function resetLineOf(context: LearningContext): ResetLine | null {
  const evidence = evidenceOf(context);
  const shows = startLine(evidence) !== null || witnesses(evidence).length > 0;
  return shows ? resetLine(context.remaining) : null;
}

/** Takes in what the chosen experiment has shown. */
export function withObservation(context: LearningContext, observation: Observation): LearningContext {
  const { phase, tried, next } = context;
  const seen = { ...context, log: [...context.log, observation], count: context.count + 1 };
  if (phase === 'searching') return entered({ ...seen, tried: [...tried, next!] }, observation);
  if (phase === 'proving') return proven(seen, observation);
  const slower = observation.rom?.isFresh ? Math.max(seen.startUp, observation.watched) : seen.startUp;
  const waited = { ...seen, startUp: slower };
  if (phase === 'timing') {
    const open = context.brackets.find((bracket) => nextTime(bracket) !== null);
    return {
      ...waited,
      brackets: context.brackets.map((bracket) => (bracket === open ? withTrial(bracket, observation) : bracket)),
    };
  }
  return { ...waited, remaining: remainingAfter(evidenceOf(waited), waited.remaining) };
}

const recounted = (context: LearningContext): LearningContext => ({
  ...context,
  remaining: remainingAfter(evidenceOf(context), allHypotheses),
});

/** The ROM came after this experiment: by it, or at the same moment. */
function entered(context: LearningContext, { rom, watched, experiment }: Observation): LearningContext {
  if (!rom) return recounted(context);
  const { round, log } = context;
  const { over, place } = rom;
  const wayIn: WayIn = { experiment, round: rounds[round]!, over, place, since: log.length - 1 };
  return { ...context, phase: 'proving', wayIn, misses: 0, proven: 0, startUp: watched };
}

/** It counts as this board's once it has left and come again. */
function proven(context: LearningContext, { rom, watched }: Observation): LearningContext {
  const { wayIn, misses, startUp } = context;
  if (rom?.isFresh && rom.over === wayIn!.over && rom.place === wayIn!.place) {
    const again = { ...context, proven: context.proven + 1, startUp: Math.max(startUp, watched) };
    return again.proven < proofs ? again : recounted({ ...again, phase: 'telling', trouble: null });
  }
  if (misses + 1 < proofTries) return { ...context, misses: misses + 1, proven: 0 };
  // Somebody else's, or a contact that is bad: what it has said is forgotten.
  const log = context.log.slice(0, wayIn!.since);
  return recounted({ ...context, log, phase: 'searching', wayIn: null, trouble: 'unproven' });
}

/** What the operation has to know of the experiment that was chosen. */
export function wantedOf(context: LearningContext): Wanted {
  const { next, phase, wayIn, round, startUp } = context;
  const isKnown = phase === 'telling' || phase === 'timing';
  return {
    experiment: next!,
    idle: surelyEmpty,
    watch: isKnown ? 1.5 * startUp + 250 : rounds[round]!.watch,
    rom: isKnown ? { over: wayIn!.over, place: wayIn!.place } : null,
    romRuns: runsOf(context) === 'rom',
    witnesses: witnesses(context),
  };
}

/** An experiment that has taken the target out of its ROM, or out of any program, and not into the ROM; null where none has. */
export const wayHome = ({ log }: LearningContext): Experiment | null =>
  log.at(-1)?.rom == null ? null : (log.findLast(({ rom, left }) => !rom && left.length > 0)?.experiment ?? null);

export const describeWay = ({ experiment }: WayIn): string => experimentText(experiment);
