import type { Milliseconds } from '../src/base/units.ts';
import type { Experiment, Held } from '../src/board/learning/experiment.ts';
import type { Hypothesis } from '../src/board/learning/hypotheses.ts';
import { type Outcome, predict, type Runs, type Sure } from '../src/board/learning/predict.ts';

/** A ROM that has answered: its USB path, or the port of the adapter. */
export interface SeenRom {
  readonly over: 'dfu' | 'usart';
  readonly place: string;
  /** It has started since the experiment began. */
  readonly isFresh: boolean;
}

/** When a move of both lines was made: somewhere between the two. */
export interface Edge {
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** What one experiment has shown. Devices of the bus go by `path vendorId:productId`. */
export interface Observation {
  readonly experiment: Experiment;
  /** Of each state, and of the return to idle. */
  readonly edges: readonly Edge[];
  /** Were there before, while the lines were idle. */
  readonly left: readonly string[];
  readonly stayed: readonly string[];
  /** Are there at the end, and were not before: also the same device after a reset. */
  readonly came: readonly string[];
  /** The ROM that is there at the end. */
  readonly rom: SeenRom | null;
  /** From the return to idle until the ROM was there, or until nothing was waited for any more. */
  readonly watched: Milliseconds;
  /** What was received on the adapter, as text. */
  readonly text: string;
}

/** All that is known when the remaining circuits are asked for. */
export interface Evidence {
  readonly log: readonly Observation[];
  /** Index of the first observation with the proven ROM; before that nobody knows what the target runs. */
  readonly romSince: number | null;
  /** How long the ROM takes to show, at most. */
  readonly startUp: Milliseconds;
  /** Devices that come and go by themselves. */
  readonly restless: readonly string[];
  readonly sure: Sure;
}

/** What an observation says: what it leaves open is undefined. */
export interface Shown {
  readonly began: readonly Runs[];
  readonly reset: boolean | undefined;
  readonly ends: Runs | undefined;
}

/** Twice as long as the slowest start so far: a ROM that has not shown then does not run. */
const patience = 1.5;

/** Devices that have left the bus while lines moved: the target's own, in one of its programs. */
export const witnesses = ({ log, restless }: Pick<Evidence, 'log' | 'restless'>): readonly string[] =>
  [...new Set(log.flatMap(({ left }) => left))].filter((key) => !restless.includes(key));

export function shownBy(evidence: Evidence, index: number): Shown {
  const { log, romSince, startUp } = evidence;
  const { rom, left, stayed, watched } = log[index]!;
  const own = witnesses(evidence);
  const before = romSince !== null && index > romSince ? log[index - 1]!.rom : undefined;
  const isLong = romSince !== null && watched >= patience * startUp;
  return {
    began: before === undefined ? ['rom', 'other'] : [before ? 'rom' : 'other'],
    reset: resetShown({ left, stayed, own, before, rom }),
    ends: romSince === null ? undefined : rom ? 'rom' : isLong ? 'other' : undefined,
  };
}

interface Seen extends Pick<Observation, 'left' | 'stayed' | 'rom'> {
  readonly own: readonly string[];
  readonly before: SeenRom | null | undefined;
}

function resetShown({ left, stayed, own, before, rom }: Seen): boolean | undefined {
  if (left.some((key) => own.includes(key))) return true;
  // A ROM on the USART knows whether it was called before.
  if (before?.over === 'usart') return rom ? rom.isFresh : true;
  return stayed.some((key) => own.includes(key)) ? false : undefined;
}

/** How long the states were held, as it was measured. */
export const heldBy = ({ experiment, edges }: Observation): readonly Held[] =>
  experiment.steps.map(({ lines }, index) => ({ lines, hold: edges[index + 1]!.to - edges[index]!.to }));

const fits = ({ reset, ends }: Pick<Shown, 'reset' | 'ends'>, outcome: Outcome): boolean =>
  (reset === undefined || reset === outcome.reset) && (ends === undefined || ends === outcome.ends);

/** A device of the target's that was there before a move: the target runs while the lines are idle. */
function runsWhileIdle(evidence: Evidence): boolean {
  const own = witnesses(evidence);
  return evidence.log.some(({ left, stayed }) => [...left, ...stayed].some((key) => own.includes(key)));
}

/** The circuits that can have led to everything that was seen. */
export function remainingAfter(evidence: Evidence, hypotheses: readonly Hypothesis[]): readonly Hypothesis[] {
  const runs = runsWhileIdle(evidence);
  const possible = hypotheses.filter(({ wiring }) => !runs || wiring['rts released, dtr released'].nrst === 1);
  return evidence.log.reduce<readonly Hypothesis[]>((left, observation, index) => {
    const shown = shownBy(evidence, index);
    if (shown.reset === undefined && shown.ends === undefined) return left;
    const held = heldBy(observation);
    return left.filter((hypothesis) =>
      shown.began.some((began) =>
        predict(hypothesis, held, began, evidence.sure).some((outcome) => fits(shown, outcome)),
      ),
    );
  }, possible);
}
