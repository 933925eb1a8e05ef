import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { SlotJob, SlotSetup } from '../../jig/slot/slot-messages.ts';
import { SlotWorker, type StartSlotProcess } from '../../jig/station/slot-worker.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { BoardVerb, JobOptions } from './board-job.ts';

/** Simulated boards: what they have, and in whose time. */
export interface SimulatedBoards {
  readonly scenario: string;
  readonly time: 'virtual' | 'real';
}

/** What the processes of a worker's boards are given by their surroundings. */
export interface ProcessDoors {
  readonly start: StartSlotProcess;
  readonly clock: Clock;
  readonly simulated: SimulatedBoards | undefined;
}

/** One job, all read. */
export interface ProcessJob {
  readonly profile: BoardProfile;
  readonly image: FirmwareImage | undefined;
  readonly verb: BoardVerb;
  readonly options: JobOptions;
  /** Aborting it ends the job in order. */
  readonly signal: AbortSignal;
  /** `at`: by the clock of the bench. */
  readonly onProgress: (at: Milliseconds, event: ProgressEvent) => void;
}

/** How a job ended. */
export interface ProcessResult {
  readonly result: RecoverResult;
  /** Packed with gzip; undefined where none was asked for, or none was written. */
  readonly trace: Uint8Array | undefined;
}

/**
 * Does a job in a process of its own, as a slot of a jig has one: the timing of the lines is nobody else's to hold up.
 * @throws BootctlError `slot-lost` where the process ends or hangs: nobody knows then how the job ended
 */
export async function runInProcess(job: ProcessJob, { start, clock, simulated }: ProcessDoors): Promise<ProcessResult> {
  using folder = new TraceFolder();
  const setup: SlotSetup = { type: 'setup', profile: job.profile, image: job.image, simulated: simulated?.time };
  const worker = new SlotWorker({ start, setup, clock });
  worker.start();
  const abort = () => worker.abort();
  try {
    await worker.ready();
    const { trace: isTraced, ...options } = job.options;
    const order = { verb: job.verb, ...options, ...(isTraced ? { trace: folder.file } : {}) };
    const onBench = simulated && { scenario: simulated.scenario, chipUid: undefined };
    const ended = worker.run({ ...emptyJob, simulated: onBench, order }, (news) => {
      if (news.type === 'progress') job.onProgress(news.at, news.event);
    });
    job.signal.addEventListener('abort', abort);
    if (job.signal.aborted) abort();
    const { result } = await ended;
    return { result, trace: isTraced ? folder.packed() : undefined };
  } finally {
    job.signal.removeEventListener('abort', abort);
    await worker.stop();
  }
}

/** What a job from afar has not: it is no unit of a lot. */
const emptyJob: SlotJob = {
  type: 'job',
  unit: { run: 'job', slot: '', lot: '', serial: undefined, number: undefined, attempt: 1, chipUid: undefined },
  patches: [],
  before: [],
  after: [],
  claimLimit: undefined,
  simulated: undefined,
};

/** A trace holds the bytes of the flash, perhaps keys: only this user reads it, and it is gone with the job. */
class TraceFolder implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'bootctl-job-'));
  readonly file = join(this.#path, 'trace.jsonl');

  packed(): Uint8Array | undefined {
    try {
      return gzipSync(readFileSync(this.file));
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
