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
  /** Came, and have left again. */
  readonly passed: readonly string[];
  /** The ROM that is there at the end. */
  readonly rom: SeenRom | null;
  /** From the return to idle until the ROM was there, or until nothing was waited for any more. */
  readonly watched: Milliseconds;
  /** What was received on the adapter, as text; and when the first of it was, from the return to idle. */
  readonly text: string;
  readonly heardAfter: Milliseconds | null;
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
  /** What is heard without any move. */
  readonly chatter: string;
  readonly sure: Sure;
}

/** What an observation says: what it leaves open is undefined. */
export interface Shown {
  readonly began: readonly Runs[];
  readonly reset: boolean | undefined;
  readonly ends: Runs | undefined;
  /** An application that says something at its start has not said it: no reset has led there. */
  readonly isMute: boolean;
}

/** Twice as long as the slowest start so far: a ROM that has not shown then does not run. */
const patience = 1.5;

/** Devices that have left the bus while lines moved: the target's own, in one of its programs. */
export const witnesses = ({ log, restless }: Pick<Evidence, 'log' | 'restless'>): readonly string[] =>
  [...new Set(log.flatMap(({ left }) => left))].filter((key) => !restless.includes(key));

/** AN2606: the ROM of every STM32 has these ids. */
export const isRomKey = (key: string): boolean => key.endsWith(' 0483:df11');

export function shownBy(evidence: Evidence, index: number): Shown {
  const { log, romSince } = evidence;
  const { rom, left, stayed } = log[index]!;
  const own = witnesses(evidence);
  const before = romSince !== null && index > romSince ? log[index - 1]!.rom : undefined;
  return {
    began: before === undefined ? ['rom', 'other'] : [before ? 'rom' : 'other'],
    reset: resetShown({ left, stayed, own, before, rom }),
    ends: romSince !== null && rom ? 'rom' : runsOther(evidence, log[index]!, own) ? 'other' : undefined,
    ...said(evidence, log[index]!),
  };
}

/** So many starts have to say the same. */
const starts = 2;
/** Long enough to tell one text from another, short enough for a line of the profile. */
const lineLength = { least: 3, most: 40 } as const;

/** The line that an application says after its resets, and never without a move; null where it says none. */
export function startLine({ log, chatter }: Pick<Evidence, 'log' | 'chatter'>): string | null {
  const counts = new Map<string, number>();
  for (const { text } of log) {
    const lines = text.split(/[\r\n]/).map((one) => one.trim().slice(0, lineLength.most));
    const line = lines.find((one) => one.length >= lineLength.least);
    if (line !== undefined) counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const [best] = [...counts].toSorted(([, one], [, other]) => other - one);
  return best && best[1] >= starts && !chatter.includes(best[0]) ? best[0] : null;
}

/** What the serial line says of an experiment, where the application is one that speaks at its start. */
function said(evidence: Evidence, { text, watched }: Observation): Pick<Shown, 'isMute'> & Partial<Shown> {
  const line = startLine(evidence);
  if (line === null) return { isMute: false };
  if (text.includes(line)) return { reset: true, ends: 'other', isMute: false };
  const slowest = Math.max(...evidence.log.map(({ heardAfter }) => heardAfter ?? 0));
  return { isMute: watched >= patience * slowest };
}

/** The application is there, or a ROM would have shown by then. */
function runsOther(
  { romSince, startUp }: Evidence,
  { rom, came, stayed, watched }: Observation,
  own: readonly string[],
) {
  if (rom) return false;
  const isApplication = (key: string) => own.includes(key) && !isRomKey(key);
  return [...came, ...stayed].some(isApplication) || (romSince !== null && watched >= patience * startUp);
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

const fits = ({ reset, ends, isMute }: Shown, outcome: Outcome): boolean =>
  (reset === undefined || reset === outcome.reset) &&
  (ends === undefined || ends === outcome.ends) &&
  !(isMute && outcome.reset && outcome.ends === 'other');

/** The circuits that can have led to everything that was seen. */
export function remainingAfter(evidence: Evidence, hypotheses: readonly Hypothesis[]): readonly Hypothesis[] {
  // A device of the target's that was there before a move: the target runs while the lines are idle.
  const runs = witnesses(evidence).length > 0;
  const possible = hypotheses.filter(({ wiring }) => !runs || wiring['rts released, dtr released'].nrst === 1);
  return evidence.log.reduce<readonly Hypothesis[]>((left, observation, index) => {
    const shown = shownBy(evidence, index);
    if (shown.reset === undefined && shown.ends === undefined && !shown.isMute) return left;
    return left.filter((hypothesis) => explains(hypothesis, observation, shown, evidence.sure));
  }, possible);
}

/** What was found for an observation before: most of it says the same after the next one. */
const known = new WeakMap<Observation, Map<string, Map<Hypothesis, boolean>>>();

/** The circuit can have led to this. */
function explains(hypothesis: Hypothesis, observation: Observation, shown: Shown, sure: Sure): boolean {
  const byCase = known.get(observation) ?? new Map<string, Map<Hypothesis, boolean>>();
  known.set(observation, byCase);
  const name = [...shown.began, shown.reset, shown.ends, shown.isMute, sure.charge, sure.held].join();
  const found = byCase.get(name) ?? new Map<Hypothesis, boolean>();
  byCase.set(name, found);
  const before = found.get(hypothesis);
  if (before !== undefined) return before;
  const held = heldBy(observation);
  const can = shown.began.some((began) =>
    predict(hypothesis, held, began, sure).some((outcome) => fits(shown, outcome)),
  );
  found.set(hypothesis, can);
  return can;
}
