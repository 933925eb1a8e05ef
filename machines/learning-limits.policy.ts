import type { Milliseconds } from '../src/base/units.ts';
import { rounds, waysIn } from '../src/board/learning/experiment.ts';
import { surelyEmpty } from '../src/board/learning/predict.ts';
import { mostResets } from './learning-times.policy.ts';

/** A bad contact may spoil one. */
export const proofTries = 3;
/** So often the way in has to lead there again, one after the other: a ROM that shows at some starts only would deceive. */
export const proofs = 2;
/** So many sequences, of which the claimed circuit says for certain what follows, have to end as it says. */
export const checks = 5;
/** Enough for every circuit that was simulated, three times over. */
export const mostPartings = 60;
/** Of the two times of a capacitor. */
const mostTrials = 2 * mostResets;

/** No board gets more, whatever it shows. */
export const mostExperiments = rounds.flatMap(waysIn).length + proofTries + mostPartings + mostTrials;

/** Most experiments, and about how long so many take. */
export function mostOf(): { readonly experiments: number; readonly time: Milliseconds } {
  const search = rounds.reduce(
    (sum, round) =>
      sum +
      waysIn(round).reduce(
        (time, { steps }) => time + round.watch + surelyEmpty + steps.reduce((held, { hold }) => held + hold, 0),
        0,
      ),
    0,
  );
  return {
    experiments: mostExperiments,
    time: search + (mostPartings + mostTrials + proofTries) * (surelyEmpty + 1_500),
  };
}
