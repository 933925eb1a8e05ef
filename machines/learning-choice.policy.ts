import type { Experiment } from '../src/board/learning/experiment.ts';
import type { Hypothesis } from '../src/board/learning/hypotheses.ts';
import { type Outcome, predict, type Runs, type Sure } from '../src/board/learning/predict.ts';
import { type Evidence, witnesses } from './learning-evidence.policy.ts';

export interface Choice {
  readonly experiment: Experiment;
  readonly began: Runs;
}

/** The experiment by which most of the circuits lead into the ROM; null where none can. */
export function likeliestWayIn(
  hypotheses: readonly Hypothesis[],
  experiments: readonly Experiment[],
  sure: Sure,
): Experiment | null {
  let best: { readonly experiment: Experiment; readonly score: number } | null = null;
  for (const experiment of experiments) {
    const score = hypotheses.reduce((sum, hypothesis) => sum + chanceOfRom(hypothesis, experiment, sure), 0);
    if (score > (best?.score ?? 0)) best = { experiment, score };
  }
  return best?.experiment ?? null;
}

function chanceOfRom(hypothesis: Hypothesis, experiment: Experiment, sure: Sure): number {
  const outcomes = predicted(hypothesis, experiment, 'other', sure);
  return outcomes.filter(({ ends }) => ends === 'rom').length / outcomes.length;
}

interface Parting {
  readonly hypotheses: readonly Hypothesis[];
  readonly experiments: readonly Experiment[];
  readonly evidence: Evidence;
  /** What the target runs now. */
  readonly runs: Runs;
}

/** To start from the ROM where it does not run costs one more reset. */
const costOfEntry = 1.3;

/**
 * The experiment that leaves the fewest circuits, as far as can be said before; null where none can exclude any. A reset shows
 * in the ROM, and in an application that is on the bus.
 */
export function chooseParting({ hypotheses, experiments, evidence, runs }: Parting): Choice | null {
  const showsReset = { rom: true, other: witnesses(evidence).some((key) => !isRomKey(key)) };
  let best: (Choice & { readonly score: number }) | null = null;
  for (const began of runs === 'rom' ? (['rom'] as const) : (['other', 'rom'] as const)) {
    for (const experiment of experiments) {
      const left = expectedLeft(hypotheses, experiment, began, showsReset[began], evidence.sure);
      if (left === null || wasTried(evidence, experiment, began)) continue;
      const score = began === runs ? left : left * costOfEntry;
      if (score < (best?.score ?? Number.POSITIVE_INFINITY)) best = { experiment, began, score };
    }
  }
  return best;
}

/** AN2606: every ROM of an STM32 has these ids. */
const isRomKey = (key: string): boolean => key.endsWith(' 0483:df11');

/** From the same beginning it would show the same. */
const wasTried = ({ log, romSince }: Evidence, experiment: Experiment, began: Runs): boolean =>
  log.some(
    (one, index) =>
      one.experiment === experiment &&
      romSince !== null &&
      index > romSince &&
      (log[index - 1]!.rom ? 'rom' : 'other') === began,
  );

/** How many circuits remain on average; null where every outcome leaves all of them. */
function expectedLeft(
  hypotheses: readonly Hypothesis[],
  experiment: Experiment,
  began: Runs,
  showsReset: boolean,
  sure: Sure,
): number | null {
  const allowing = new Map<string, number>();
  for (const hypothesis of hypotheses) {
    const seen = new Set(
      predicted(hypothesis, experiment, began, sure).map(({ reset, ends }) => (showsReset ? `${reset} ${ends}` : ends)),
    );
    for (const one of seen) allowing.set(one, (allowing.get(one) ?? 0) + 1);
  }
  const counts = [...allowing.values()];
  if (counts.every((count) => count === hypotheses.length)) return null;
  return counts.reduce((sum, count) => sum + count * count, 0) / counts.reduce((sum, count) => sum + count, 0);
}

/** Of planned experiments, which are the same objects each time. */
const known = new WeakMap<Experiment, Map<string, WeakMap<Hypothesis, readonly Outcome[]>>>();

function predicted(hypothesis: Hypothesis, experiment: Experiment, began: Runs, sure: Sure): readonly Outcome[] {
  const byCase = known.get(experiment) ?? new Map<string, WeakMap<Hypothesis, readonly Outcome[]>>();
  known.set(experiment, byCase);
  const name = `${began} ${sure.charge} ${sure.held}`;
  const found = byCase.get(name) ?? new WeakMap<Hypothesis, readonly Outcome[]>();
  byCase.set(name, found);
  const outcomes = found.get(hypothesis) ?? predict(hypothesis, experiment.steps, began, sure);
  found.set(hypothesis, outcomes);
  return outcomes;
}
