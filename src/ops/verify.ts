import type { Bootloader } from '../../machines/bootloader.ts';
import { verifyMachine } from '../../machines/verify.machine.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { failedAgain } from './bootloader/failed-read.ts';
import { checkImage, noteOverridden } from './engine/check-image.ts';
import { coverageOf } from './engine/coverage.ts';
import { startPhase } from './engine/flash-phase.ts';
import { mismatchHint, verifyRuns } from './engine/verify-flash.ts';
import type { RecoverResult } from './job/events.ts';
import type { Job, Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runMachine } from './job/run-machine.ts';
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
  return runJob(spec, { work: comparison(image), after: 'restore', image: () => image });
}

const comparison =
  (image: FirmwareImage): Work =>
  async (job, bootloader, onCondition, signal) => {
    coverageOf(image, bootloader.layout); // refuses what lies outside
    const { clock } = job.bench;
    const machine = verifyMachine.provide({
      actors: {
        probe: job.effects.actor<void>(async (signal) => {
          await bootloader.probe(signal);
          await bootloader.prepareFor?.(image.bytes, signal);
        }),
        compare: job.effects.actor((signal) => compareAll(job, bootloader, image, signal)),
        calm: job.effects.actor((signal) => bootloader.becomeCautious(signal)),
      },
    });
    const { error } = await runMachine(machine, undefined, { clock, signal });
    signal.throwIfAborted();
    if (error) throw failedAgain(error, job.unread);
    onCondition('verified');
  };

async function compareAll(job: Job, bootloader: Bootloader, image: FirmwareImage, signal: AbortSignal): Promise<void> {
  const phase = startPhase(job, 'verify', image.bytes, 'bytes');
  await verifyRuns(bootloader, image.segments, phase.advance, signal).catch((error) => {
    throw mismatchHint(
      error,
      'The flash holds something else: `bootctl flash` with the same image writes what differs.',
    );
  });
  phase.finish();
}
