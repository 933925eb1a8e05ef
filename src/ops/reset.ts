import { BootctlError, exitStatus } from '../errors.ts';
import { AdapterLines } from './adapter/adapter-lines.ts';
import { openAdapter } from './adapter/open-adapter.ts';
import { Effects } from './effects.ts';
import type { RecoverResult, TargetState } from './events.ts';
import type { Job } from './job.ts';
import type { RecoverOptions } from './recover.ts';
import { errorReport } from './result.ts';
import { resetAndSee } from './seen-reset.ts';
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
  const adapter = new AdapterLines(
    (onOpened) => openAdapter(shared, onOpened),
    () => bench.usb.list(),
  );
  const job: Job = { ...shared, effects: new Effects(), haste: { isSpent: true }, adapter, asked: { isDone: false } };
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
