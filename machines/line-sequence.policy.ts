import type { Milliseconds } from '../src/base/units.ts';
import type { LinePlan, LineStep } from '../src/board/circuit/plan.ts';

/** A part of a timed sequence, by what it does to NRST and BOOT0; the machine has a state for each. */
export type StageName = 'settling' | 'charging' | 'resetting' | 'holdWindow' | 'starting' | 'releasing';

/** What one state of the machine drives. */
export interface Stage {
  readonly name: StageName;
  /** Moved one after the other, with the hold of each before the next one. */
  readonly moves: readonly LineStep[];
  /** How long the last state of the lines is held; undefined where the next stage says that. */
  readonly hold: Milliseconds | undefined;
}

/**
 * The stages of a plan, in order. Both edges of a hold window lie in one stage: nothing else may come between them,
 * because the capacitor that holds BOOT0 does not wait.
 */
export function stagesOf({ steps, window }: LinePlan): readonly Stage[] {
  const resetAt = steps.findIndex(({ pins, cutsPower }) => pins.nrst === 0 || cutsPower);
  const single = (step: LineStep, index: number): Stage => ({
    name: nameOf(step, index - resetAt),
    moves: [step],
    hold: step.hold,
  });
  if (!window) return steps.map(single);
  const closing = steps[window.closes]!;
  return [
    ...steps.slice(0, window.opens).map(single),
    { name: 'holdWindow', moves: steps.slice(window.opens, window.closes + 1), hold: undefined },
    { name: 'starting', moves: [], hold: closing.hold },
    ...steps.slice(window.closes + 1).map((step): Stage => ({ name: 'releasing', moves: [step], hold: step.hold })),
  ];
}

/** `place`: how many steps after the one that resets. */
function nameOf({ pins }: LineStep, place: number): StageName {
  if (place < 0) return pins.boot0 === 1 ? 'charging' : 'settling';
  if (place === 0) return 'resetting';
  return place === 1 ? 'starting' : 'releasing';
}
