import { type LineNames, modemLineNames } from '../../board/circuit/host-lines.ts';
import type { ProgressEvent } from '../../ops/job/events.ts';
import type { TimedProgress } from '../page-state.ts';

type Of<E extends ProgressEvent['event']> = Extract<ProgressEvent, { event: E }>;

/** One state of the lines, from one move to the next. */
export interface Level {
  readonly rts: boolean;
  readonly dtr: boolean;
  readonly nrst: boolean;
  readonly boot0: boolean;
  readonly purpose: string;
  /** How long it lasted; undefined for the last one, which goes on. */
  readonly lasted: number | undefined;
}

/** One rung of the ladder that was tried, and what its lines did. */
export interface Attempt {
  readonly attempt: number;
  readonly method: string;
  readonly change: string;
  /** An error code, `entered`, or undefined while it runs. */
  readonly outcome: string | undefined;
  readonly message: string;
  readonly levels: readonly Level[];
  readonly names: LineNames;
  readonly window: Of<'window.measured'> | undefined;
}

/** The attempts of a run, the oldest first; what moved before the first belongs to it. */
export function attemptsOf(events: readonly TimedProgress[]): readonly Attempt[] {
  const starts = events.flatMap(({ progress }, at) => (progress.event === 'attempt.started' ? [at] : []));
  return starts.map((at, index) => attemptOf(events.slice(index === 0 ? 0 : at, starts[index + 1])));
}

function attemptOf(events: readonly TimedProgress[]): Attempt {
  const find = <E extends ProgressEvent['event']>(event: E) =>
    events.map(({ progress }) => progress).find((one): one is Of<E> => one.event === event);
  const { attempt, method, change } = find('attempt.started')!;
  const failed = find('attempt.failed');
  const entered = find('bootloader.entered');
  // What moves behind the entry belongs to the way out.
  const end = events.findIndex(({ progress }) => progress.event === 'bootloader.entered');
  const tried = end < 0 ? events : events.slice(0, end);
  const moves = tried.filter((one): one is TimedProgress & { progress: Of<'lines.set'> } => isMove(one.progress));
  return {
    attempt,
    method,
    change,
    outcome: failed?.code ?? (entered ? 'entered' : undefined),
    message: failed?.message ?? entered?.product ?? '',
    levels: moves.map(({ t, progress }, index) => levelOf(progress, t, moves[index + 1]?.t)),
    names: moves[0]?.progress.names ?? modemLineNames,
    window: find('window.measured'),
  };
}

const isMove = (progress: ProgressEvent): progress is Of<'lines.set'> => progress.event === 'lines.set';

const levelOf = ({ lines, pins, purpose }: Of<'lines.set'>, t: number, next: number | undefined): Level => ({
  rts: lines.rts === 'asserted',
  dtr: lines.dtr === 'asserted',
  nrst: pins.nrst === 1,
  boot0: pins.boot0 === 1,
  purpose,
  lasted: next === undefined ? undefined : next - t,
});
