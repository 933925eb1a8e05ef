import { BootctlError, exitStatus } from '../base/errors.ts';
import { AdapterLines } from './job/adapter/adapter-lines.ts';
import { openAdapter } from './job/adapter/open-adapter.ts';
import { Effects } from './job/effects.ts';
import type { RecoverResult, TargetState } from './job/events.ts';
import type { Job } from './job/job.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { resetAndSee } from './leave/seen-reset.ts';
import type { RecoverOptions } from './recover.ts';
import { errorReport } from './result.ts';

/** Resets the target with BOOT0 low, so that its application starts; the lines end idle and the port closed. */
export async function resetTarget({
  profile,
  bench,
  port,
  onProgress = () => {},
  trace,
  signal,
}: RecoverOptions): Promise<RecoverResult> {
  const shared = { profile, bench, report: onProgress, interactive: false, port, trace };
  const adapter = new AdapterLines(
    (onOpened) => openAdapter(shared, onOpened),
    () => bench.usb.list(),
  );
  const job: Job = {
    ...shared,
    effects: new Effects(),
    fasterRates: { areTried: true },
    adapter,
    asked: { isDone: false },
  };
  const watch = new Stopwatch(bench.clock);
  let error: BootctlError | null;
  let target: TargetState = 'untouched';
  try {
    error = await failureOf(async () => {
      signal?.throwIfAborted();
      // Opening moves the lines, perhaps into the ROM: what has begun is brought to its end, which takes less than a second.
      await watch
        .time('reset', () => resetAndSee(job))
        .then((isSeen) => {
          target = isSeen ? 'application' : 'unknown';
        });
      onProgress({ event: 'target.left', how: 'reset' });
      signal?.throwIfAborted();
    });
    // An adapter that is lost cannot be released either: that is the same news.
    const notReleased = await failureOf(() => job.adapter.release());
    error ??= notReleased;
  } finally {
    await job.adapter[Symbol.asyncDispose]();
  }
  return {
    ok: error === null,
    exitCode: error?.exitStatus ?? exitStatus.ok,
    method: null,
    bootloader: null,
    image: null,
    verified: false,
    flash: 'untouched',
    application: 'not-checked',
    target: target === 'untouched' && job.adapter.hasMoved ? 'unknown' : target,
    kept: [],
    attempts: [],
    diagnosis: [],
    durations: watch.read(),
    error: error && errorReport(error),
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
