import type { LinePlan, MethodName, Rung } from './circuit/plan.ts';
import { type LineMethod, planEntry } from './circuit/planner.ts';
import type { BoardProfile } from './profile.ts';

const isLineMethod = (method: MethodName): method is LineMethod => method === 'lines' || method === 'rc-cap';

const sameTimes = (a: LinePlan, b: LinePlan): boolean =>
  a.steps.length === b.steps.length && a.steps.every((step, index) => step.hold === b.steps[index]?.hold);

/** Rungs of one method. A change that this board's times leave without effect is no rung: each retry differs. */
function rungsOf(method: LineMethod, profile: BoardProfile): readonly Rung[] {
  const changes = profile.boot0
    ? (['nominal', 'longer charge', 'longer pulse'] as const)
    : (['nominal', 'longer pulse'] as const);
  const rungs = changes.map((change) => ({ method, change, plan: planEntry(method, profile.wiring, profile, change) }));
  return rungs.filter((rung, index) => !rungs.slice(0, index).some((earlier) => sameTimes(earlier.plan, rung.plan)));
}

/**
 * What to try, in order: each method of the profile, first as planned, then with a longer charge, then with a longer
 * pulse; of `soft-jump` each way of asking.
 * @throws BootctlError `profile-invalid` when the wiring cannot do one of the methods
 */
export const bootLadder = (profile: BoardProfile): readonly Rung[] =>
  profile.methods.flatMap((method): readonly Rung[] => {
    if (isLineMethod(method)) return rungsOf(method, profile);
    if (method === 'soft-jump') return profile.softJump.map((softJump) => ({ method, change: 'nominal', softJump }));
    return [{ method, change: 'nominal' }];
  });

/** The ladder of one job: a person is asked only where one is there to answer. */
export const ladderFor = (profile: BoardProfile, interactive: boolean): readonly Rung[] =>
  bootLadder(profile).filter(({ method }) => method !== 'manual' || interactive);
