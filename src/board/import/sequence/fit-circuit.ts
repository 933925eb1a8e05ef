import type { Milliseconds } from '../../../base/units.ts';
import { type Candidate, candidatesFor, idleNrst, type SignalState } from './circuits.ts';
import { type Move, type Sequence, type Signal, signalsOf } from './moves.ts';

/** What a reset has started; `unknown` where nobody moves BOOT0, `held` where NRST stays low, `none` without a reset. */
type Started = 'rom' | 'application' | 'unknown' | 'held' | 'none';

/** A circuit through which the sequence does what it is for. */
export interface Fit {
  readonly candidate: Candidate;
  /** Whether the exit starts the application; `none`: it makes no reset, or there is no exit. */
  readonly exit: 'application' | 'none';
  /** How long the entry holds NRST low. */
  readonly pulse: Milliseconds;
  /** NRST falls in the entry; it was not low already because the port was opened. */
  readonly falls: boolean;
  /** A move of the entry asks for NRST = 0, whether it was so already or not. */
  readonly asks: boolean;
}

/** Linux asserts RTS and DTR while it opens a port (tty_port_raise_dtr_rts of drivers/tty/tty_port.c). */
const justOpened: SignalState = new Map([
  ['rts', 1],
  ['dtr', 1],
]);

interface Walk {
  readonly state: SignalState;
  readonly started: Started;
  readonly pulse: Milliseconds;
  readonly falls: boolean;
  readonly asks: boolean;
}

const movedBy = (set: Move['set']) => Object.entries(set) as [Signal, 0 | 1][];

/**
 * The pins through a sequence. BOOT0 counts where the signals stand still with NRST high again: NRST rises over milliseconds by
 * its pull-up and capacitor, and moves without a wait between them are over by then.
 */
function walk({ nrst, boot0, own }: Candidate, moves: readonly Move[], from: SignalState): Walk {
  const state = new Map(from);
  let wasLow = nrst(state) === 0;
  let started: Started = 'none';
  let [falls, asks] = [false, false];
  let [low, pulse]: [Milliseconds, Milliseconds] = [0, 0];
  moves.forEach(({ set, wait }, index) => {
    const before = nrst(state);
    for (const [signal, level] of movedBy(set)) state.set(signal, level);
    if (nrst(state) === 0) {
      wasLow = true;
      falls ||= before !== 0;
      asks ||= before !== 0 || (own !== undefined && set[own.nrst.signal] !== undefined);
      low += wait;
    } else if (wasLow && nrst(state) === 1 && (wait > 0 || index === moves.length - 1)) {
      const level = boot0(state);
      started = level === undefined ? 'unknown' : level === 1 ? 'rom' : 'application';
      [wasLow, pulse, low] = [false, low, 0];
    }
  });
  return { state, started: nrst(state) === 0 ? 'held' : started, pulse, falls, asks };
}

/** What the sequence does through this circuit, if that is what it is for. */
function fitOf(candidate: Candidate, { entry, exit = [] }: Sequence): Fit | undefined {
  const isByHand = candidate.own !== undefined && candidate.own.boot0 === undefined;
  const into = walk(candidate, entry, justOpened);
  if (into.started !== (isByHand ? 'unknown' : 'rom')) return undefined;
  const { pulse, falls, asks } = into;
  const { started } = walk(candidate, exit, into.state);
  if (started === 'application' || (isByHand && started === 'unknown')) {
    return { candidate, exit: 'application', pulse, falls, asks };
  }
  return started === 'none' ? { candidate, exit: 'none', pulse, falls, asks } : undefined;
}

/** Circuits that fit, those that hold the board in reset while no program has the port open apart. */
export interface Fits {
  readonly possible: readonly Fit[];
  readonly heldIdle: readonly Fit[];
}

/**
 * The circuits through which the sequence gets into the ROM. Where one of them makes its exit a reset into the application, those
 * in which the exit does nothing are left out: nobody writes an exit for that.
 */
export function fitCircuits(sequence: Sequence): Fits {
  const fits = candidatesFor(signalsOf(sequence)).flatMap((candidate) => fitOf(candidate, sequence) ?? []);
  const withExit = fits.filter(({ exit }) => exit === 'application');
  // A stable sort: circuits keep their order among those that are equal in this.
  const best = (withExit.length > 0 ? withExit : fits).toSorted((a, b) => Number(b.falls) - Number(a.falls));
  return {
    possible: best.filter(({ candidate }) => idleNrst(candidate) === 1),
    heldIdle: best.filter(({ candidate }) => idleNrst(candidate) !== 1),
  };
}
