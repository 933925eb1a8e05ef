/** Runs of one slot since the station started, or since its last alarm. */
export interface SlotRecord {
  readonly good: number;
  readonly bad: number;
  readonly badInARow: number;
}

export const noRuns: SlotRecord = { good: 0, bad: 0, badInARow: 0 };

export const withRun = ({ good, bad, badInARow }: SlotRecord, isGood: boolean): SlotRecord =>
  isGood ? { good: good + 1, bad, badInARow: 0 } : { good, bad: bad + 1, badInARow: badInARow + 1 };

/** By chance alone a slot looks so much worse than the others once in a hundred looks. */
const significance = 0.01;

const logFactorial = (n: number): number => {
  let sum = 0;
  for (let factor = 2; factor <= n; factor++) sum += Math.log(factor);
  return sum;
};

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/**
 * Fisher's exact test, one-sided: how likely a slot has so many bad runs or more, if the bad ones fell on all runs of the
 * station alike.
 */
export function chanceOf(slot: SlotRecord, others: SlotRecord): number {
  const own = slot.good + slot.bad;
  const bad = slot.bad + others.bad;
  const all = own + others.good + others.bad;
  const whole = logChoose(all, own);
  let chance = 0;
  for (let k = slot.bad; k <= Math.min(own, bad); k++) {
    if (own - k > all - bad) continue;
    chance += Math.exp(logChoose(bad, k) + logChoose(all - bad, own - k) - whole);
  }
  return chance;
}

/** Why a slot is worth an alarm after a bad run: it fails again and again, or more often than the others. */
export function alarmOf(
  slot: SlotRecord,
  others: readonly SlotRecord[],
  failuresInARow: number,
): 'in-a-row' | 'worse' | undefined {
  if (slot.badInARow === 0) return undefined;
  if (slot.badInARow >= failuresInARow) return 'in-a-row';
  const sumOf = (key: 'good' | 'bad') => others.reduce((sum, other) => sum + other[key], 0);
  const rest = { good: sumOf('good'), bad: sumOf('bad'), badInARow: 0 };
  return chanceOf(slot, rest) < significance ? 'worse' : undefined;
}
