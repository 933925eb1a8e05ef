import { BootctlError } from '../base/errors.ts';
import { memoryNamed, type Written, writeMemory as writeTo } from './bootloader/dfu-memories.ts';
import { mismatchHint } from './engine/verify-flash.ts';
import type { RecoverResult } from './job/events.ts';
import type { Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

export interface WriteMemorySpec extends JobSpec {
  /** The memory, by its number in `info`: not 0, which is the flash. */
  readonly alternate: number;
  /** All of its bytes. */
  readonly data: Uint8Array;
}

export interface WriteMemoryResult extends RecoverResult {
  /** Null where the job has failed. */
  readonly written: Written | null;
}

/**
 * Writes option bytes, OTP or another memory as a whole, and reads it back where that is possible.
 * @throws BootctlError `usage` for the flash, before anything has moved
 */
export async function writeMemory(spec: WriteMemorySpec): Promise<WriteMemoryResult> {
  refuseFlash(spec.alternate);
  let written: Written | null = null;
  const work: Work = async (job, bootloader, _, signal) => {
    const memory = await memoryNamed(bootloader, spec.alternate);
    written = await writeTo(bootloader, memory, spec.data, signal).catch((error) => {
      throw mismatchHint(
        error,
        'It was written as a whole; bits that are reserved or written once read otherwise for good.',
      );
    });
    job.report({ event: 'memory.written', ...written });
  };
  const result = await runJob(spec, { work, after: 'restore' });
  return { ...result, written };
}

/** @throws BootctlError `usage` where no memory is named, or the flash */
export function refuseFlash(alternate: number | undefined): asserts alternate is number {
  if (alternate !== undefined && alternate !== 0) return;
  throw new BootctlError('usage', 'Which memory is to be written? `--alt 0` is the flash', {
    hint: 'Add `--alt <n>` with a number of `bootctl info`; `bootctl flash` writes the flash.',
  });
}
