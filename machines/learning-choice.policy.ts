import type { Experiment } from '../src/board/learning/experiment.ts';
import type { Hypothesis } from '../src/board/learning/hypotheses.ts';
import { type Outcome, predict, type Runs, type Sure } from '../src/board/learning/predict.ts';
import { type Evidence, isRomKey, type Observation, witnesses } from './learning-evidence.policy.ts';

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

/** No state is held for longer than needed: a second of it has to exclude a fifth more. */
const costOf = ({ steps }: Experiment): number => 1 + steps.reduce((sum, { hold }) => sum + hold, 0) / 5_000;
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
      const score = left * costOf(experiment) * (began === runs ? 1 : costOfEntry);
      if (score < (best?.score ?? Number.POSITIVE_INFINITY)) best = { experiment, began, score };
    }
  }
  return best;
}

/**
 * Of a circuit that is claimed: a sequence that was not tried from here, and whose outcome it says for certain. Those that have
 * to end in the ROM and those that must not take turns. Null after so many of them.
 */
export function chooseCheck({ hypotheses, experiments, evidence, runs }: Parting, most: number): Choice | null {
  const { log, romSince, sure } = evidence;
  const [circuit] = hypotheses;
  const checked = log.filter((one, index) => romSince !== null && index > romSince && isCertain(circuit!, one, sure));
  if (checked.length >= most) return null;
  const wanted: Runs = checked.at(-1)?.rom ? 'other' : 'rom';
  const certain = experiments.filter((experiment) => {
    const outcomes = predicted(circuit!, experiment, runs, sure);
    const isNew = !log.some((one) => one.experiment === experiment);
    return isNew && outcomes.length === 1 && outcomes[0]!.reset;
  });
  const [best] = certain.filter((one) => predicted(circuit!, one, runs, sure)[0]!.ends === wanted);
  const experiment = best ?? certain[0];
  return experiment ? { experiment, began: runs } : null;
}

/** It was said for certain whatever the target ran before. */
function isCertain(circuit: Hypothesis, { experiment }: Observation, sure: Sure): boolean {
  const outcomes = predicted(circuit, experiment, 'other', sure);
  return outcomes.length === 1 && outcomes[0]!.reset;
}

/**
 * Without a ROM: the experiment that leaves the fewest tables of NRST alone, where resets show in an application; null where
 * none can exclude any.
 */
export function chooseResetParting(
  hypotheses: readonly Hypothesis[],
  experiments: readonly Experiment[],
  evidence: Evidence,
): Experiment | null {
  const byTable = new Map(
    hypotheses.map((one) => [
      Object.values(one.wiring)
        .map(({ nrst }) => nrst)
        .join(),
      one,
    ]),
  );
  const tables = [...byTable.values()];
  let best: { readonly experiment: Experiment; readonly left: number } | null = null;
  for (const experiment of experiments) {
    const allowing = [true, false].map(
      (reset) =>
        tables.filter((one) => predicted(one, experiment, 'other', evidence.sure).some((seen) => seen.reset === reset))
          .length,
    );
    if (allowing.every((count) => count === 0 || count === tables.length)) continue;
    const left =
      allowing.reduce((sum, count) => sum + count * count, 0) / allowing.reduce((sum, count) => sum + count, 0);
    if (!evidence.log.some((one) => one.experiment === experiment) && left < (best?.left ?? Number.POSITIVE_INFINITY)) {
      best = { experiment, left };
    }
  }
  return best?.experiment ?? null;
}

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
  const allowing = new Map<string, { count: number; chance: number }>();
  for (const hypothesis of hypotheses) {
    const seen = new Set(
      predicted(hypothesis, experiment, began, sure).map(({ reset, ends }) => (showsReset ? `${reset} ${ends}` : ends)),
    );
    for (const one of seen) {
      const { count, chance } = allowing.get(one) ?? { count: 0, chance: 0 };
      allowing.set(one, { count: count + 1, chance: chance + 1 / seen.size });
    }
  }
  const outcomes = [...allowing.values()];
  if (outcomes.every(({ count }) => count === hypotheses.length)) return null;
  return outcomes.reduce((sum, { count, chance }) => sum + count * chance, 0) / hypotheses.length;
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
