import { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import type { Quantity, QuantityName } from '../src/board/calibration/calibration-plan.ts';
import {
  afterTrial,
  type Belief,
  type Interval,
  intervalOf,
  nextTime,
  priorBelief,
  type Trial,
} from '../src/board/calibration/threshold.ts';

export interface CalibrationInput {
  /** How often the target is reset at most, the last reset into its application not counted. */
  readonly resets: number;
  readonly quantities: readonly Quantity[];
}

/** What followed a reset: the ROM, or nothing of it. */
export type Followed = 'rom' | 'no rom';

/** What was believed at the end of a quantity, and by which trials. */
export interface Found {
  readonly name: QuantityName;
  readonly belief: Belief;
  readonly interval: Interval;
  readonly trials: readonly Trial[];
}

/** The next trial. */
export interface Wanted {
  readonly name: QuantityName;
  readonly time: Milliseconds;
}

export interface CalibrationOutput {
  readonly found: readonly Found[];
  readonly resets: number;
  readonly error: BootctlError | null;
}

export interface CalibrationContext extends CalibrationInput {
  /** Resets so far. */
  readonly done: number;
  /** How often the surest reset into the ROM has not led there. */
  readonly misses: number;
  /** Of `quantities`. */
  readonly index: number;
  readonly belief: Belief | null;
  readonly trials: readonly Trial[];
  readonly found: readonly Found[];
  readonly error: BootctlError | null;
}

/** A contact that bounces may spoil one reset. */
const sureTries = 3;
/** Of the resets that are left, for the first of two quantities. The hold time is what a job depends on. */
const shareOfFirst = 0.6;
/** Narrower than this share of the time itself, an interval says more than a capacitor keeps from one day to the next. Our choice. */
const narrowEnough = 0.02;
/** What two calls of the usual full-speed adapter leave open, as long as none was measured. */
const usualPlay: Milliseconds = 1;
/** Nor can it be much narrower than what the edges of one trial leave open. */
const edgesAllow = 2;
/** On a board whose circuit leaves nothing to time, so many resets show the spread of the rest. */
const directResets = 8;

export const startOf = (input: CalibrationInput): CalibrationContext => ({
  ...input,
  done: 0,
  misses: 0,
  index: -1,
  belief: null,
  trials: [],
  found: [],
  error: null,
});

const resetsLeft = ({ resets, done }: CalibrationContext): number => resets - done;

export const withReset = (context: CalibrationContext): CalibrationContext => ({ ...context, done: context.done + 1 });

export const withMiss = (context: CalibrationContext): CalibrationContext => ({
  ...withReset(context),
  misses: context.misses + 1,
});

export const canTrySure = (context: CalibrationContext): boolean =>
  context.misses + 1 < sureTries && resetsLeft(context) > 1;

/** Nothing can be timed: the surest reset is repeated, for the time to enumeration and the adapter's own. */
export const repeatsSure = (context: CalibrationContext): boolean =>
  context.quantities.length === 0 && context.done < Math.min(context.resets, directResets);

export const hasNextQuantity = ({ quantities, index }: CalibrationContext): boolean => index + 1 < quantities.length;

export function withNextQuantity(context: CalibrationContext): CalibrationContext {
  const index = context.index + 1;
  const { range, side } = context.quantities[index]!;
  return { ...context, index, belief: priorBelief(range, side), trials: [] };
}

/** What the edges of a trial leave open, either way, by the last one. */
function playOf(trials: readonly Trial[]): Milliseconds {
  const last = trials.at(-1);
  return last ? (last.latest - last.earliest) / 2 : usualPlay;
}

export function wantedOf({ quantities, index, belief, trials }: CalibrationContext): Wanted {
  return { name: quantities[index]!.name, time: nextTime(belief!, playOf(trials), trials) };
}

export const withTrial = (context: CalibrationContext, trial: Trial): CalibrationContext => ({
  ...withReset(context),
  belief: afterTrial(context.belief!, trial),
  trials: [...context.trials, trial],
});

/** How many trials the quantity at hand may have. */
function budget(context: CalibrationContext): number {
  const atStart = resetsLeft(context) + context.trials.length;
  return hasNextQuantity(context) ? Math.round(atStart * shareOfFirst) : atStart;
}

/** Another trial of the same quantity tells something, and is allowed. */
export function wantsMore(context: CalibrationContext, trial: Trial): boolean {
  const next = withTrial(context, trial);
  const { low, high } = intervalOf(next.belief!);
  const isNarrow = high - low < Math.max(narrowEnough * high, edgesAllow * (trial.latest - trial.earliest));
  return !isNarrow && next.trials.length < budget(next);
}

export function withFound(context: CalibrationContext): CalibrationContext {
  const { belief, trials, quantities, index, found } = context;
  const { name } = quantities[index]!;
  return { ...context, found: [...found, { name, belief: belief!, interval: intervalOf(belief!), trials }] };
}

/** A hold time at the end of what was searched was not found; a charge that is shorter than can be timed only has a lower end that is open. */
export function unclear({ found, quantities }: CalibrationContext): BootctlError | null {
  for (const { name, interval, trials } of found) {
    const { range } = quantities.find((quantity) => quantity.name === name)!;
    const isOneSided = trials.every(({ isHigh }) => isHigh) || trials.every(({ isHigh }) => !isHigh);
    const isOpen = name === 'hold' ? isOneSided : interval.high >= range.high;
    const isWide = name === 'hold' && interval.high > 2 * interval.low;
    if (isOpen || isWide) return notClear(name, trials);
  }
  return null;
}

const notClear = (name: QuantityName, trials: readonly Trial[]): BootctlError => {
  const high = trials.filter(({ isHigh }) => isHigh).length;
  return new BootctlError(
    'calibration-unclear',
    `The ${name} time stays unclear after ${trials.length} resets: ${high} led into the ROM, and no time parts them from the others`,
  );
};

export const alwaysRom = (): BootctlError =>
  new BootctlError('boot0-always-high', 'A reset with BOOT0 low led into the ROM: nothing can be measured');

export const neverRom = (tries: number): BootctlError =>
  new BootctlError(
    'boot0-never-high',
    `${tries} resets with BOOT0 high did not lead into the ROM: nothing can be measured`,
  );
