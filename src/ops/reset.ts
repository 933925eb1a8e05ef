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
  signal,
}: RecoverOptions): Promise<RecoverResult> {
  const shared = { profile, bench, report: onProgress, interactive: false, port };
  const adapter = new AdapterLines(() => openAdapter(shared));
  const job: Job = { ...shared, effects: new Effects(), haste: { isSpent: true }, adapter };
  const watch = new Stopwatch(bench.clock);
  let error: BootctlError | null = null;
  try {
    await watch.time('reset', () => resetIntoApplication(job, signal));
    onProgress({ event: 'target.left', how: 'reset' });
  } catch (reason) {
    if (!(reason instanceof BootctlError)) throw reason;
    error = reason;
  } finally {
    await job.adapter.release();
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
    attempts: [],
    diagnosis: [],
    durations: watch.read(),
    error: error && errorReport(error),
  };
}
