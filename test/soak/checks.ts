import type { Check } from './check.ts';
import { benchChecks } from './checks-bench.ts';
import { flashChecks } from './checks-flash.ts';
import { reportChecks } from './checks-report.ts';
import type { Story } from './evidence.ts';

/** What every job is looked at for, against what physically happened. */
export const checks: readonly Check[] = [...flashChecks, ...benchChecks, ...reportChecks];

/** A check that a world does not pass. */
export interface Failure {
  readonly check: string;
  /** In which run, counted from 1; 0 where it is about all of them. */
  readonly run: number;
  readonly what: string;
}

export function failuresOf(story: Story): readonly Failure[] {
  return checks.flatMap(({ name, run, story: whole }) => [
    ...(run
      ? story.runs.flatMap((one) => {
          const what = run(one);
          return what === undefined ? [] : [{ check: name, run: one.index + 1, what }];
        })
      : []),
    ...[whole?.(story)].flatMap((what) => (what === undefined ? [] : [{ check: name, run: 0, what }])),
  ]);
}
