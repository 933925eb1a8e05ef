import type { LearningContext } from '../../machines/learning.policy.ts';
import { BootctlError } from '../base/errors.ts';
import type { PortInfo } from '../bench/serial-link.ts';
import type { LearnedBoard } from '../board/learning/learned-board.ts';
import { learnedProfile } from '../board/learning/learned-profile.ts';
import { resolveProfile } from '../board/profile/resolve-profile.ts';
import { listedPort } from './job/adapter/same-port.ts';
import { beginJob } from './job/begin-job.ts';
import type { ProgressEvent, RecoverResult, TargetState } from './job/events.ts';
import type { JobSpec } from './job/job-spec.ts';
import { Stopwatch } from './job/stopwatch.ts';
import { concluded } from './learn/conclude.ts';
import { confirm } from './learn/confirm.ts';
import { discover } from './learn/discover.ts';
import { emptyResult, failedResult } from './result.ts';

export interface LearnSpec extends Omit<JobSpec, 'profile' | 'noEntry'> {
  /** Name of the profile that is written. */
  readonly id: string;
  /** Line of the target, where it is known. */
  readonly family?: string | undefined;
  /** Day of the experiments, such as `2026-11-29`; that of this computer without it. */
  readonly today?: string | undefined;
  readonly isSimulated?: boolean | undefined;
  /** Asks a person which of these lines of STM32 it is: what no ROM says. */
  readonly chooseFamily?: ((possible: readonly string[]) => Promise<string | undefined>) | undefined;
}

export interface Learned {
  readonly board: LearnedBoard;
  /** The profile as the text of its file. */
  readonly text: string;
  readonly experiments: number;
}

export interface LearnResult extends RecoverResult {
  /** Null where the experiments did not come to their end. */
  readonly learned: Learned | null;
}

/** A board of which nothing is known but that an adapter is there. */
const blank = resolveProfile({ id: 'unknown', methods: ['lines'], usart: { connected: true } });

/**
 * Finds out what RTS and DTR do to a board that nobody has described, enters its ROM by what was found, and makes a profile of it.
 * Nothing is erased or written. The lines end idle and the port closed; where the circuit was found the board ends in its application.
 */
export async function learn(spec: LearnSpec): Promise<LearnResult> {
  const watch = new Stopwatch(spec.bench.clock);
  const tell = spec.onProgress ?? (() => {});
  // Which pins a line moves is what is to be found out: a line of an event would claim it.
  const onProgress = (event: ProgressEvent) => event.event !== 'lines.set' && tell(event);
  const job = beginJob({ ...spec, profile: blank, onProgress });
  let context: LearningContext;
  let adapter: PortInfo | null = null;
  try {
    context = await watch.time('learn', () => discover(job, spec.signal));
    const path = job.adapter.current?.link.path;
    adapter =
      (path === undefined ? undefined : await listedPort(spec.bench.serial, path).catch(() => undefined)) ?? null;
  } finally {
    await job.effects.settled();
    await job.adapter[Symbol.asyncDispose]();
    job.beside.end();
  }
  const durations = () => watch.read();
  const target: TargetState = job.adapter.hasMoved ? 'unknown' : 'untouched';
  if (context.error) return { ...failedResult(context.error), target, durations: durations(), learned: null };
  const circuit = concluded(context);
  const found = await watch.time('confirm', () => confirm(spec, context, circuit, adapter, about(spec)));
  if (found.failed) return { ...found.failed, durations: durations(), learned: null };
  const learned = {
    board: found.board,
    text: learnedProfile(found.board, about(spec)),
    experiments: context.count,
  };
  const error = found.board.circuit ? null : wiringUnknown(found.board);
  const common = error ? { ...failedResult(error), target } : { ...emptyResult, ...found.entered };
  return { ...common, durations: durations(), learned };
}

const about = ({ id, today, isSimulated = false }: LearnSpec) => ({
  id,
  at: today ?? new Date().toISOString().slice(0, 10),
  isSimulated,
});

const wiringUnknown = ({ unknown, resetLine }: LearnedBoard): BootctlError =>
  new BootctlError(
    'wiring-unknown',
    `${resetLine ? `Only that ${resetLine.value.line.toUpperCase()} resets was found` : 'What the lines do was not found'}. ${unknown[0] ?? ''}`
      .trimEnd()
      .replace(/\.$/, ''),
  );
