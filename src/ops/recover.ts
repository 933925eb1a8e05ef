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
import type { Milliseconds } from '../base/units.ts';
import type { Bench } from '../bench/bench.ts';
import type { BoardProfile } from '../board/profile.ts';
import { checkImage, checkPlace, overrideText } from './engine/check-image.ts';
import { type FlashHands, type FlashImageOptions, flashImage } from './engine/flash-image.ts';
import { checkRange, type Range } from './engine/memory-range.ts';
import type { Entry } from './entry/enter-bootloader.ts';
import { enterSame, refuseOtherInterface } from './entry/enter-same.ts';
import { hintAtPresent } from './entry/watch-for-dfu.ts';
import { AdapterLines, opensAdapterFirst } from './job/adapter/adapter-lines.ts';
import { openAdapter } from './job/adapter/open-adapter.ts';
import { Effects } from './job/effects.ts';
import type { FlashCondition, OnProgress, RecoverResult } from './job/events.ts';
import type { Job, TargetWork } from './job/job.ts';
import type { OnMachineStep } from './job/machine-steps.ts';
import { runMachine } from './job/run-machine.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { bringBack } from './leave/bring-back.ts';
import { leaveAndProve } from './leave/leave.ts';
import { resultOf } from './result.ts';
import { stillProtected, untilGone } from './unprotected.ts';

export interface RecoverOptions extends FlashImageOptions {
  readonly profile: BoardProfile;
  readonly bench: Bench;
  /** Serial port to use instead of looking for the profile's adapter. */
  readonly port?: string | undefined;
  /** How long to wait for the DFU device after each reset. */
  readonly timeout?: Milliseconds | undefined;
  /** Flash an image that looks wrong; each check that it overrides is a `note`. */
  readonly force?: boolean | undefined;
  /** A person is at the terminal, and may be asked to press buttons. */
  readonly interactive?: boolean | undefined;
  /** Asks that person a question that is answered by yes or no. */
  readonly confirm?: Job['confirm'];
  /** What to do with the target instead of flashing the image. */
  readonly work?: TargetWork | undefined;
  /** The part of the flash that the work is about: it has to be in one of the profile's target. */
  readonly range?: Range | undefined;
  /** What follows: `prove` unless said otherwise, or what the work wants. */
  readonly after?: RecoverInput['after'];
  /** Remove readout protection where it is found; erases the whole flash. */
  readonly unprotect?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Told each state of each machine. */
  readonly trace?: OnMachineStep | undefined;
  /** Aborting it ends the job with `aborted`, after the lines are idle. */
  readonly signal?: AbortSignal | undefined;
}

/** What a running job holds. */
interface Hands extends FlashHands {
  /** The boot entries so far, the one that counts last: removing readout protection needs a second one. */
  readonly entries: Entry[];
  /** Readout protection has been lifted in this job, as far as the ROM tells. */
  isUnprotected: boolean;
}

/**
 * The main job: gets the target into its bootloader, flashes and verifies the image, leaves, and proves
 * that the application runs. Failures are in the result; whatever happens, the lines end idle and the port closed.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export async function recover(options: RecoverOptions): Promise<RecoverResult> {
  const { profile, image, bench, onProgress = () => {} } = options;
  if (options.range) checkRange(options.range, profile);
  const overridden = image ? checkImage(image, profile, options) : [];
  if (options.restore) checkPlace(options.restore.image, profile);
  for (const error of overridden) onProgress({ event: 'note', message: overrideText(error) });
  const { port, timeout, interactive = false, confirm, trace } = options;
  const shared = { profile, bench, report: onProgress, interactive, confirm, port, timeout, trace };
  const adapter = new AdapterLines(
    (onOpened) => openAdapter(shared, onOpened),
    () => bench.usb.list(),
  );
  const job: Job = {
    ...shared,
    effects: new Effects(),
    fasterRates: { areTried: false },
    adapter,
    asked: { isDone: false },
  };
  const hands: Hands = { entries: [], isUnprotected: false, condition: 'untouched', around: undefined, left: [] };
  const watch = new Stopwatch(bench.clock);
  try {
    const output = await runRecover(job, hands, watch, options);
    if (hands.condition === 'untouched') await hands.around?.discard();
    const kept = hands.around?.left(hands.condition) ?? hands.left;
    return resultOf({ output, image, entries: hands.entries, kept, durations: watch.read() });
  } finally {
    await job.effects.settled();
    await closeTarget(hands);
    await job.adapter[Symbol.asyncDispose]();
  }
}

function runRecover(job: Job, hands: Hands, watch: Stopwatch, options: RecoverOptions): Promise<RecoverOutput> {
  const { image, work, after, unprotect = false, signal } = options;
  const { clock } = job.bench;
  const effect = <T, Input = void>(part: string, work: (signal: AbortSignal, input: Input) => Promise<T>) =>
    job.effects.actor<T, Input>((signal, input) => watch.time(part, () => work(signal, input)));
  let onCondition = (_: FlashCondition) => {};
  const onStart = (send: (event: RecoverEvent) => void) => {
    onCondition = (condition) => {
      hands.condition = condition;
      send({ type: 'flash.changed', condition });
    };
  };
  const machine = recoverMachine.provide({
    actors: {
      openAdapter: effect('open', async (signal) => {
        await null; // a job that was interrupted before it began opens nothing
        signal.throwIfAborted();
        if (opensAdapterFirst(job.profile)) await job.adapter.open(signal);
      }),
      enterBootloader: effect('enter', (signal) => enter(job, hands, signal)),
      flashTarget: effect('flash', (signal, { unread }: { unread: Unread }) =>
        workOn({ ...job, unread }, hands, options, onCondition, signal),
      ),
      unprotect: effect('unprotect', (signal, { protection }: { protection: Protection }) =>
        unprotectTarget(job, hands, protection, signal),
      ),
      leaveAndProve: effect('leave', (signal) => leaveAndProve(job, targetOf(hands), signal)),
      bringBack: effect('restore', (signal, { error }: { error: BootctlError | null }) =>
        bringBack(job, { error, entry: hands.entries.at(-1) }, signal),
      ),
      releaseLines: effect('release', () => job.adapter.release()),
    },
  });
  return runMachine(
    machine,
    { hasImage: image !== undefined || work !== undefined, unprotect, after },
    { clock, signal, trace: job.trace, onStart },
  );
}

async function workOn(
  job: Job,
  hands: Hands,
  options: RecoverOptions,
  onCondition: (condition: FlashCondition) => void,
  signal: AbortSignal,
): Promise<void> {
  const target = targetOf(hands);
  try {
    await (options.work ?? flashImage(hands, options))(job, target, onCondition, signal);
  } catch (error) {
    throw hands.isUnprotected ? stillProtected(error, target) : error;
  }
}

async function unprotectTarget(job: Job, hands: Hands, protection: Protection, signal: AbortSignal) {
  const { report } = job;
  const target = targetOf(hands);
  if (protection === 'write-protected') {
    report({ event: 'note', message: 'removing the write protection of all sectors' });
    await target.unprotectWrite?.(signal);
    return;
  }
  report({ event: 'note', message: 'removing readout protection: the whole flash is erased' });
  await target.unprotect(signal);
  hands.condition = 'erased in part';
  hands.isUnprotected = true;
  await untilGone(job, target, signal);
}

async function enter(job: Job, hands: Hands, signal: AbortSignal): Promise<void> {
  await closeTarget(hands);
  const entry = await enterSame(job, hands.entries, signal);
  hands.entries.push(entry);
  refuseOtherInterface(hands.entries);
  announce(job, entry, entry.error?.kind === 'entry' ? await hintAtPresent(job) : '');
}

/** @throws BootctlError why there is no bootloader: the error itself where one rung or a refusal ended it, else `methods-exhausted` */
function announce({ report }: Job, { target, rung, error, attempts, diagnosis }: Entry, present: string): void {
  if (target) {
    const { kind, place, product, layout, transferSize } = target;
    const method = rung?.method ?? 'already-there';
    report({ event: 'bootloader.entered', method, bootloader: kind, path: place, product });
    report({ event: 'target.read', layout: layout.text, transferSize });
    for (const { evidence, advice } of diagnosis) report({ event: 'note', message: `${evidence}. ${advice}` });
    return;
  }
  if (error?.kind !== 'entry' || error.recovery === 'stop') throw error;
  if (attempts.length < 2) throw present ? error.withHint(present + error.hint) : error;
  throw new BootctlError(
    'methods-exhausted',
    `No bootloader after ${count(attempts.length, 'attempt')}: ${error.message}`,
    {
      hint: present + (diagnosis[0]?.advice ?? error.hint),
      cause: new AggregateError(attempts.map((attempt) => attempt.error)),
    },
  );
}

function targetOf({ entries }: Hands): Bootloader {
  const target = entries.at(-1)?.target;
  if (!target) throw new BootctlError('dfu-not-seen', 'No bootloader is open');
  return target;
}

const closeTarget = async ({ entries }: Hands): Promise<void> => entries.at(-1)?.target?.[Symbol.asyncDispose]();
