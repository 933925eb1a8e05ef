import type { LinePlan, Rung } from './circuit/plan.ts';
import { isLineMethod, type LineMethod, planEntry, planPowerCycle, withShortestPulse } from './circuit/planner.ts';
import { handOf } from './circuit/wiring.ts';
import type { BoardProfile } from './profile.ts';

const sameTimes = (a: LinePlan, b: LinePlan): boolean =>
  a.steps.length === b.steps.length && a.steps.every((step, index) => step.hold === b.steps[index]?.hold);

/** One of its methods moves lines of an adapter. */
export const movesLines = ({ methods }: Pick<BoardProfile, 'methods'>): boolean => methods.some(isLineMethod);

/** A job with this profile moves lines of the adapter: by itself, or for a person who does the other half by hand. */
export const needsLines = (profile: Pick<BoardProfile, 'methods' | 'wiring'>): boolean =>
  movesLines(profile) || (profile.methods.includes('manual') && handOf(profile.wiring) !== undefined);

/** Rungs of one method. A change without effect on this board's times gives no rung, so that each retry differs. */
function rungsOf(method: LineMethod, profile: BoardProfile): readonly Rung[] {
  const changes = profile.boot0
    ? (['nominal', 'longer charge', 'longer pulse'] as const)
    : (['nominal', 'longer pulse'] as const);
  const rungs = changes.map((change) => {
    const plan = planEntry(method, profile.wiring, profile, change);
    const shorter = withShortestPulse(plan, profile.nrst);
    return { method, change, plan, ...(shorter ? { shorter } : {}) };
  });
  return rungs.filter((rung, index) => !rungs.slice(0, index).some((earlier) => sameTimes(earlier.plan, rung.plan)));
}

/** After all that moves NRST: what hangs so that NRST does not reach it starts anew with its power. */
function powerRungs(method: LineMethod, profile: BoardProfile): readonly Rung[] {
  if (!profile.powerCycle || method !== profile.methods.findLast(isLineMethod)) return [];
  const plan = planPowerCycle(profile.wiring, profile);
  return plan ? [{ method, change: 'power cycle', plan }] : [];
}

/**
 * The attempts, in order: each method of the profile, first as planned, then with a longer charge, then with a longer
 * pulse, and after the last that moves lines with the power cut. The method `soft-jump` has one attempt for each of its
 * triggers.
 * @throws BootctlError `profile-invalid` if the wiring does not support one of the methods
 */
export const bootLadder = (profile: BoardProfile): readonly Rung[] =>
  profile.methods.flatMap((method): readonly Rung[] => {
    if (isLineMethod(method)) return [...rungsOf(method, profile), ...powerRungs(method, profile)];
    if (method === 'soft-jump') return profile.softJump.map((softJump) => ({ method, change: 'nominal', softJump }));
    return [{ method, change: 'nominal' }];
  });

/** How often a rung is tried after which no DFU device could be used. */
export interface Tries {
  /** The host saw a device that it could not enumerate: another start of the ROM may measure its crystal better. */
  readonly flaky: number;
  /** Nothing came: another try of the same is rarely worth its time. */
  readonly silent: number;
}

/** Our choice: on a directly wired board these are five starts with the longer pulse. */
const usualTries: Tries = { flaky: 4, silent: 1 };

export const triesOf = ({ attempts }: Pick<BoardProfile, 'attempts'>): Tries =>
  attempts === undefined ? usualTries : { flaky: attempts, silent: attempts };

/** The ladder of one job. It asks a person only in an interactive session. */
export const ladderFor = (profile: BoardProfile, interactive: boolean): readonly Rung[] =>
  bootLadder(profile).filter(({ method }) => method !== 'manual' || interactive);
