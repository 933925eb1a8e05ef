import { type Failure, failuresOf } from './checks.ts';
import { live } from './run.ts';
import { drawWorld } from './world.ts';

/** What a job of the campaign came to. */
export interface Verdict {
  readonly seed: number;
  readonly command: string;
  /** Exit status of each run. */
  readonly statuses: readonly number[];
  readonly failures: readonly Failure[];
}

/** Seeds of which no verdict has come, as those of a worker that has died. */
export function unjudged(first: number, jobs: number, verdicts: readonly Pick<Verdict, 'seed'>[]): readonly number[] {
  const judged = new Set(verdicts.map(({ seed }) => seed));
  return Array.from({ length: jobs }, (_, index) => first + index).filter((seed) => !judged.has(seed));
}

/** Lives through the world of a seed and looks at all of it. */
export async function judge(seed: number): Promise<Verdict> {
  const world = drawWorld(seed);
  const story = await live(world);
  const statuses = story.runs.map(({ status }) => status);
  return { seed, command: world.command, statuses, failures: failuresOf(story) };
}
