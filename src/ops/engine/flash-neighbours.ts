import type { Finding } from './finding.ts';
import { blocksIn, isBlank, type Run } from './runs.ts';

/**
 * A ROM that names wrong sectors erases more than it was asked for, in one piece around what it was asked for: the
 * nearest block of the image on either side that was left alone and is not blank tells.
 */
export function neighbours(findings: readonly Finding[], block: number, erased: number): readonly Run[] {
  const found = new Map<number, Run>();
  findings.forEach(({ fate }, index) => {
    if (fate !== 'erased') return;
    for (const step of [-1, 1] as const) {
      const run = nearest(findings, index, step, block, erased);
      if (run) found.set(run.address, run);
    }
  });
  return [...found.values()];
}

/** What was changed itself is read back anyway: the walk ends there. */
function nearest(
  findings: readonly Finding[],
  from: number,
  step: -1 | 1,
  block: number,
  erased: number,
): Run | undefined {
  for (let at = from + step; findings[at]?.fate === 'kept'; at += step) {
    const blocks = findings[at]!.runs.flatMap((run) => blocksIn(run, block));
    const full = blocks.filter(({ data }) => !isBlank(data, erased));
    if (full.length > 0) return full.at(step === 1 ? 0 : -1);
  }
  return undefined;
}
