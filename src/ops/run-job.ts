import type { Bootloader } from '../../machines/bootloader.ts';
import type { Unread } from '../../machines/reading.policy.ts';
import {
  type RecoverEvent,
  type RecoverInput,
  type RecoverOutput,
  recoverMachine,
} from '../../machines/recover.machine.ts';
import type { Protection } from '../../machines/recover.policy.ts';
import { BootctlError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { Entry } from './entry/enter-bootloader.ts';
import { enterSame, refuseOtherInterface } from './entry/enter-same.ts';
import { hintAtPresent } from './entry/watch-for-dfu.ts';
import { opensAdapterFirst } from './job/adapter/when-to-open.ts';
import { beginJob, claimPlace } from './job/begin-job.ts';
import type { FlashCondition, KeptReport, RecoverResult } from './job/events.ts';
import type { Job, Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runMachine } from './job/run-machine.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { bringBack } from './leave/bring-back.ts';
import { leaveAndProve } from './leave/leave.ts';
import { resultOf } from './result.ts';
import { stillProtected, untilGone } from './unprotected.ts';

/** What a verb does once the bootloader answers, and what follows. */
export interface Verb {
  /** Without it the target stays in its bootloader. */
  readonly work?: Work;
  /** The new application, the one that was there, or the bootloader. */
  readonly after?: RecoverInput['after'];
  /** Remove readout protection where it is found, which erases the whole flash. */
  readonly unprotect?: boolean | undefined;
  /** What the work was about, for the result; asked at the end of the job. */
  readonly image?: () => FirmwareImage;
  /** Called at the end of the job: what was to be kept, and the flash was not seen to hold. */
  readonly kept?: (condition: FlashCondition) => Promise<readonly KeptReport[]>;
}

/** What a running job holds. */
interface JobState {
  /** The boot entries so far, the one that counts last: removing readout protection needs a second one. */
  readonly entries: Entry[];
  condition: FlashCondition;
  /** Readout protection has been lifted in this job, as far as the ROM reports. */
  isUnprotected: boolean;
}

/**
 * One job: gets the target into its bootloader, does the work of the verb, and leaves as the verb wants it. Failures are
 * in the result; whatever happens, the lines end idle and the port closed.
 */
export async function runJob(spec: JobSpec, verb: Verb = {}): Promise<RecoverResult> {
  const { work, after = 'prove' } = verb;
  const job = { ...beginJob(spec), proves: work !== undefined && after === 'prove' };
  const state: JobState = { entries: [], condition: 'untouched', isUnprotected: false };
  const watch = new Stopwatch(spec.bench.clock);
  try {
    const output = await runRecover(job, state, watch, verb, spec);
    const kept = (await verb.kept?.(state.condition)) ?? [];
    return resultOf({ output, image: verb.image?.(), entries: state.entries, kept, durations: watch.read() });
  } finally {
    await job.effects.settled();
    await closeBootloader(state);
    await job.adapter[Symbol.asyncDispose]();
    job.beside.end();
  }
}

function runRecover(
  job: Job,
  state: JobState,
  watch: Stopwatch,
  { work, after, unprotect = false }: Verb,
  { signal }: JobSpec,
): Promise<RecoverOutput> {
  const { clock } = job.bench;
  const effect = <T, Input = void>(part: string, work: (signal: AbortSignal, input: Input) => Promise<T>) =>
    job.effects.actor<T, Input>((signal, input) => watch.time(part, () => work(signal, input)));
  let onCondition = (_: FlashCondition) => {};
  const onStart = (send: (event: RecoverEvent) => void) => {
    onCondition = (condition) => {
      state.condition = condition;
      send({ type: 'flash.changed', condition });
    };
  };
  const machine = recoverMachine.provide({
    actors: {
      openAdapter: effect('open', async (signal) => {
        await null; // a job that was interrupted before it began opens nothing
        signal.throwIfAborted();
        claimPlace(job);
        if (job.presentOnly || !(await opensAdapterFirst(job.profile, job.proves, job.bench.usb))) return;
        await job.beside.takeTurn(signal);
        await job.adapter.open(signal);
      }),
      enterBootloader: effect('enter', (signal) => enter(job, state, signal)),
      doWork: effect('flash', async (signal, { unread }: { unread: Unread }) => {
        const bootloader = openBootloaderOf(state);
        await work?.({ ...job, unread, condition: state.condition }, bootloader, onCondition, signal).catch((error) => {
          throw state.isUnprotected ? stillProtected(error, bootloader) : error;
        });
      }),
      unprotect: effect('unprotect', (signal, { protection }: { protection: Protection }) =>
        unprotectTarget(job, state, protection, signal),
      ),
      leaveAndProve: effect('leave', (signal) => leaveAndProve(job, openBootloaderOf(state), signal)),
      bringBack: effect('restore', (signal, { error }: { error: BootctlError | null }) =>
        bringBack(job, { error, entry: state.entries.at(-1) }, signal),
      ),
      releaseLines: effect('release', () => job.adapter.release()),
    },
  });
  return runMachine(
    machine,
    { hasWork: work !== undefined, unprotect, after },
    { clock, signal, trace: job.trace, inspect: job.inspect, onStart },
  );
}

async function unprotectTarget(job: Job, state: JobState, protection: Protection, signal: AbortSignal) {
  const { report } = job;
  const bootloader = openBootloaderOf(state);
  if (protection === 'write-protected') {
    report({ event: 'note', message: 'removing the write protection of all sectors' });
    await bootloader.unprotectWrite?.(signal);
    return;
  }
  report({ event: 'note', message: 'removing readout protection: the whole flash is erased' });
  await bootloader.unprotect(signal);
  state.condition = 'erased in part';
  state.isUnprotected = true;
  await untilGone(job, bootloader, signal);
}

async function enter(job: Job, state: JobState, signal: AbortSignal): Promise<void> {
  await closeBootloader(state);
  const entry = await enterSame(job, state.entries, signal);
  state.entries.push(entry);
  refuseOtherInterface(state.entries);
  announce(job, entry, entry.error?.kind === 'entry' ? await hintAtPresent(job) : '');
}

/** @throws BootctlError why there is no bootloader: the error itself where one rung or a refusal ended it, else `methods-exhausted` */
function announce({ report }: Job, { bootloader, rung, error, attempts, diagnosis }: Entry, present: string): void {
  if (bootloader) {
    const { kind, place, product, layout, transferSize } = bootloader;
    const method = rung?.method ?? 'already-there';
    report({ event: 'bootloader.entered', method, bootloader: kind, path: place, product });
    report({ event: 'target.read', layout: layout.text, transferSize });
    for (const { evidence, advice } of diagnosis) report({ event: 'note', message: `${evidence}. ${advice}` });
    return;
  }
  if (error?.kind !== 'entry' || error.recovery === 'stop') throw error;
  if (attempts.length < 2) throw error.withHint(present + hintOf(error, diagnosis));
  throw new BootctlError(
    'methods-exhausted',
    `No bootloader after ${count(attempts.length, 'attempt')}: ${error.message}`,
    {
      hint: present + (diagnosis[0]?.advice ?? error.hint),
      cause: new AggregateError(attempts.map((attempt) => attempt.error)),
    },
  );
}

/** What the attempt showed tells more than the hint of the code, which knows nothing of it. */
const hintOf = (error: BootctlError, diagnosis: Entry['diagnosis']): string =>
  (error.code === 'dfu-not-seen' ? diagnosis[0]?.advice : undefined) ?? error.hint;

function openBootloaderOf({ entries }: JobState): Bootloader {
  const bootloader = entries.at(-1)?.bootloader;
  if (!bootloader) throw new BootctlError('dfu-not-seen', 'No bootloader is open');
  return bootloader;
}

const closeBootloader = async ({ entries }: JobState): Promise<void> =>
  entries.at(-1)?.bootloader?.[Symbol.asyncDispose]();
