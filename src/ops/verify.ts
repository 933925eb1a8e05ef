import type { Bootloader } from '../../machines/bootloader.ts';
import { isBootctlError } from '../base/errors.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { failedAgain } from './bootloader/failed-read.ts';
import { checkImage, noteOverridden } from './engine/check-image.ts';
import { startPhase } from './engine/flash-phase.ts';
import { planFlash } from './engine/flash-plan.ts';
import { mismatchHint, verifyRuns } from './engine/verify-flash.ts';
import type { RecoverResult } from './job/events.ts';
import type { Job, Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

export interface VerifySpec extends JobSpec {
  readonly image: FirmwareImage;
  /** Compare with an image that looks wrong; each check that it overrides is a `note`. */
  readonly force?: boolean | undefined;
}

/**
 * Compares the flash with an image, byte for byte, and changes nothing. A difference is the result's error
 * `verify-mismatch`. @throws BootctlError of kind `usage`, before anything has moved
 */
export async function verify(spec: VerifySpec): Promise<RecoverResult> {
  const { image, profile, onProgress } = spec;
  noteOverridden(checkImage(image, profile, spec), onProgress);
  return runJob(spec, { work: comparison(image), after: 'restore', image });
}

const comparison =
  (image: FirmwareImage): Work =>
  async (job, target, onCondition, signal) => {
    planFlash(image, target.layout); // refuses what lies outside
    await target.probe(signal);
    const isHurried = await target.expect?.(image.bytes, signal);
    await compareTwice(job, target, image, isHurried === true, signal).catch((error) => {
      throw failedAgain(error, job.unread);
    });
    onCondition('verified');
  };

/** A byte that is wrong only because of the faster rate, or of a ROM that ignores wBlockNum, is not held against the flash. */
async function compareTwice(
  job: Job,
  target: Bootloader,
  image: FirmwareImage,
  isHurried: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    await compareAll(job, target, image, signal);
  } catch (error) {
    const mayHeal = isHurried || isBootctlError(error, 'verify-mismatch');
    if (!mayHeal || signal.aborted) throw error;
    await target.becomeCautious(signal);
    await compareAll(job, target, image, signal);
  }
}

async function compareAll(job: Job, target: Bootloader, image: FirmwareImage, signal: AbortSignal): Promise<void> {
  const phase = startPhase(job, 'verify', image.bytes, 'bytes');
  await verifyRuns(target, image.segments, phase.advance, signal).catch((error) => {
    throw mismatchHint(
      error,
      'The flash holds something else: `bootctl flash` with the same image writes what differs.',
    );
  });
  phase.finish();
}
