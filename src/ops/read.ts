import { memoryNamed, readMemory } from './bootloader/dfu-memories.ts';
import { failedAgain } from './bootloader/failed-read.ts';
import { startPhase } from './engine/flash-phase.ts';
import { boundsIn, checkRange, type Range } from './engine/memory-range.ts';
import { readTwice } from './engine/read-twice.ts';
import type { RecoverResult } from './job/events.ts';
import type { Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

/** Bytes of one memory, from their lowest address on. */
export interface ReadBytes {
  readonly address: number;
  readonly data: Uint8Array;
}

export interface ReadSpec extends JobSpec, Range {
  /** Another memory than the flash, by its number in `info`. */
  readonly alternate?: number | undefined;
  /** Takes the bytes while the job is still running: what it throws is the job's error. */
  readonly take?: ((bytes: ReadBytes) => Promise<void>) | undefined;
}

export interface ReadResult extends RecoverResult {
  /** Null where the job has failed before it had them all. */
  readonly read: ReadBytes | null;
}

/**
 * Reads flash, or another memory, and changes nothing; of the flash each byte is read twice.
 * @throws BootctlError `image-out-of-range`, before anything has moved
 */
export async function read(spec: ReadSpec): Promise<ReadResult> {
  if (spec.alternate === undefined) checkRange(spec, spec.profile);
  let bytes: ReadBytes | null = null;
  const take = async (all: ReadBytes) => {
    await spec.take?.(all);
    bytes = all;
  };
  const result = await runJob(spec, { work: reading(spec, take), after: 'restore' });
  return { ...result, read: bytes };
}

const reading =
  (spec: ReadSpec, take: (bytes: ReadBytes) => Promise<void>): Work =>
  async (job, bootloader, _, signal) => {
    const memory = spec.alternate === undefined ? undefined : await memoryNamed(bootloader, spec.alternate);
    const { address, length } = boundsIn(memory?.layout ?? bootloader.layout, spec);
    const phase = startPhase(job, 'read', memory ? length : 2 * length, 'bytes');
    const data = memory
      ? await readMemory(bootloader, memory, address, length, signal)
      : await readTwice(bootloader, address, length, phase.advance, signal).catch((error) => {
          throw failedAgain(error, job.unread);
        });
    phase.finish();
    await take({ address, data });
  };
