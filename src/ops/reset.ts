import { BootctlError } from '../base/errors.ts';
import { beginJob, claimPlace } from './job/begin-job.ts';
import type { RecoverResult, TargetState } from './job/events.ts';
import type { JobSpec } from './job/job-spec.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { resetAndSee } from './leave/seen-reset.ts';
import { emptyResult, failedResult } from './result.ts';

/** Resets the target with BOOT0 low, so that its application starts; the lines end idle and the port closed. */
export async function reset(spec: JobSpec): Promise<RecoverResult> {
  const { signal } = spec;
  const job = beginJob(spec);
  const watch = new Stopwatch(spec.bench.clock);
  let error: BootctlError | null;
  let target: TargetState = 'untouched';
  try {
    error = await failureOf(async () => {
      signal?.throwIfAborted();
      claimPlace(job);
      // Opening moves the lines, perhaps into the ROM: what has begun is brought to its end, which takes less than a second.
      await watch
        .time('reset', () => resetAndSee(job))
        .then((isSeen) => {
          target = isSeen ? 'application' : 'unknown';
        });
      job.report({ event: 'target.left', how: 'reset' });
      signal?.throwIfAborted();
    });
    // An adapter that is lost cannot be released either: that is the same news.
    const notReleased = await failureOf(() => job.adapter.release());
    error ??= notReleased;
  } finally {
    await job.adapter[Symbol.asyncDispose]();
    job.beside.end();
  }
  return {
    ...(error ? failedResult(error) : emptyResult),
    target: target === 'untouched' && job.adapter.hasMoved ? 'unknown' : target,
    durations: watch.read(),
  };
}

/** How the work has failed; null where it has not. */
const failureOf = (work: () => Promise<void>): Promise<BootctlError | null> =>
  work().then(
    () => null,
    (reason) => {
      if (reason instanceof BootctlError) return reason;
      throw reason;
    },
  );
