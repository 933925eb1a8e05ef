import { BootctlError, exitStatus } from '../errors.ts';
import { AdapterLines } from './adapter/adapter-lines.ts';
import { openAdapter } from './adapter/open-adapter.ts';
import { Effects } from './effects.ts';
import type { RecoverResult } from './events.ts';
import type { Job } from './job.ts';
import type { RecoverOptions } from './recover.ts';
import { resetIntoApplication } from './reset-into-application.ts';
import { errorReport } from './result.ts';
import { Stopwatch } from './stopwatch.ts';

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
  const adapter = new AdapterLines(() => openAdapter(shared));
  const job: Job = { ...shared, effects: new Effects(), haste: { isSpent: true }, adapter, asked: { isDone: false } };
  const watch = new Stopwatch(bench.clock);
  let error: BootctlError | null;
  let isReset = false;
  try {
    error = await failureOf(async () => {
      signal?.throwIfAborted();
      // Opening moves the lines, perhaps into the ROM: what has begun is brought to its end, which takes less than a second.
      await watch.time('reset', () => resetIntoApplication(job));
      isReset = true;
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
    target: isReset ? 'application' : job.adapter.current ? 'unknown' : 'untouched',
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
