import { fromPromise } from 'xstate';
import { lineSequenceMachine } from '../../../../machines/line-sequence.machine.ts';
import type { Stage } from '../../../../machines/line-sequence.policy.ts';
import { BootctlError, isBootctlError } from '../../../base/errors.ts';
import { milliseconds } from '../../../base/text.ts';
import type { Milliseconds } from '../../../base/units.ts';
import { type Clock, sleep } from '../../../bench/clock.ts';
import type { LineMove, ModemLines, SerialLink } from '../../../bench/serial-link.ts';
import type { LineNames } from '../../../board/circuit/host-lines.ts';
import type { LinePlan, LineStep, Pins, Wiring } from '../../../board/circuit/plan.ts';
import { idleLines, pinsOf } from '../../../board/circuit/wiring.ts';
import type { OnProgress } from '../events.ts';
import type { JobSpec } from '../job-spec.ts';
import { runMachine } from '../run-machine.ts';

/** Told of a sequence that is driven outside of any machine. */
type Watchers = Pick<JobSpec, 'trace' | 'inspect'>;

/** The program stands still for a hold window at most so long: a calibration tries longer ones. Our choice. */
const longestStandstill: Milliseconds = 100;

/** What the lines of an open adapter do where no sequence moves them: whether they have to be idle, and can be. */
export type IdleLines = 'needed' | 'if-possible' | 'left-alone';

export interface LineDriverOptions {
  readonly link: SerialLink;
  readonly wiring: Wiring;
  readonly clock: Clock;
  readonly report: OnProgress;
  readonly idle?: IdleLines;
  /** What the lines are called, where they are not RTS and DTR of an adapter. */
  readonly names?: LineNames;
  /** Cuts the power of the target and restores it. @throws BootctlError `command-missing`, `command-failed`, `command-timeout` */
  readonly cutPower?: () => Promise<void>;
}

/** One move of both lines; the edge happened somewhere between `from` and `to`. */
export interface Edge {
  readonly lines: ModemLines;
  readonly pins: Pins;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/**
 * Moves the lines of an open adapter, one move after another, and remembers when each edge was.
 * Once released it only ever drives them idle, so that nothing that is still under way can undo that.
 */
export class LineDriver {
  readonly edges: Edge[] = [];
  readonly link: SerialLink;
  readonly #wiring: Wiring;
  readonly #clock: Clock;
  readonly #report: OnProgress;
  readonly #watchers: Watchers;
  readonly #names: LineNames | undefined;
  readonly #cutPower: (() => Promise<void>) | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #idle: IdleLines;
  #released = false;
  #delay: Milliseconds = 0;

  constructor(
    { link, wiring, clock, report, names, cutPower, idle = 'needed' }: LineDriverOptions,
    watchers: Watchers = {},
  ) {
    this.link = link;
    this.#idle = idle;
    this.#wiring = wiring;
    this.#clock = clock;
    this.#report = report;
    this.#watchers = watchers;
    this.#names = names;
    this.#cutPower = cutPower;
  }

  /** Drives a plan's steps with their holds. @throws BootctlError `adapter-lost`, `adapter-lines-unsupported`; the signal's reason */
  async drive(plan: LinePlan, signal?: AbortSignal): Promise<readonly Edge[]> {
    signal?.throwIfAborted();
    const edges: Edge[] = [];
    const { trace, inspect } = this.#watchers;
    const driveLines = fromPromise<void, Stage>(({ input, signal }) => this.#driveStage(input, edges, signal));
    const machine = lineSequenceMachine.provide({ actors: { driveLines } });
    try {
      const { error } = await runMachine(machine, { plan }, { clock: this.#clock, signal, trace, inspect });
      signal?.throwIfAborted();
      if (error) throw error;
      return edges;
    } finally {
      // The machine does not wait for a move that an abort has overtaken.
      await this.#queue;
    }
  }

  /**
   * Between two moves of a stage, which are the edges of a hold window, comes nothing but the hold. The first of them is
   * made in a turn of its own: timers that are set after computing fire later, and the machine has just computed.
   */
  async #driveStage({ moves, hold }: Stage, edges: Edge[], signal: AbortSignal): Promise<void> {
    if (moves.length > 1) await sleep(this.#clock, 0, signal);
    signal.throwIfAborted();
    const pulse = await this.#pulse(moves);
    edges.push(...pulse);
    if (pulse.length === 0) await this.#moveInTurn(moves, edges, signal);
    if (hold !== undefined) await sleep(this.#clock, hold, signal);
  }

  /** Both edges of a hold window by one call, where the host has one. Empty, and nothing moved, where it has not. */
  async #pulse([opening, closing]: readonly LineStep[]): Promise<readonly Edge[]> {
    const { pulseLines } = this.link;
    if (!pulseLines || !opening || !closing || opening.hold > longestStandstill) return [];
    this.#refuseReleased(opening.purpose);
    const pulsed = this.#queue.then(() => this.link.pulseLines!(opening.lines, opening.hold, closing.lines));
    this.#queue = pulsed.catch(() => {});
    const times = await pulsed;
    return times ? [this.#note(opening, times[0]), this.#note(closing, times[1])] : [];
  }

  async #moveInTurn(moves: readonly LineStep[], edges: Edge[], signal: AbortSignal): Promise<void> {
    for (const step of moves) {
      signal.throwIfAborted();
      edges.push(await this.move(step.lines, step.purpose));
      if (step.cutsPower) await this.#cutPower?.();
      if (step !== moves.at(-1)) await sleep(this.#clock, step.hold, signal);
    }
  }

  move(lines: ModemLines, purpose: string): Promise<Edge> {
    this.#refuseReleased(purpose);
    return this.#enqueue(lines, purpose);
  }

  #refuseReleased(purpose: string): void {
    if (this.#released) throw new BootctlError('aborted', `The lines have been released; ${purpose} came too late`);
  }

  /** Drives the lines idle. A port without modem lines is good enough for a job that moves none: that is said once. */
  async idle(purpose: string): Promise<void> {
    if (this.#idle === 'left-alone') return;
    try {
      await this.#enqueue(idleLines, purpose);
    } catch (error) {
      if (this.#idle === 'needed' || !isBootctlError(error, 'adapter-lines-unsupported')) throw error;
      this.#idle = 'left-alone';
      const message = `${this.link.path} has no RTS and DTR: this board cannot be reset through it`;
      this.#report({ event: 'note', message });
    }
  }

  /** How long a move usually takes before it is certain, over a network; 0 where this host moves the lines. */
  get delay(): Milliseconds {
    return this.#delay;
  }

  /** Finds that out, with lines that stay idle. */
  async measureDelay(): Promise<void> {
    const delay = await this.link.measureDelay?.();
    if (delay === undefined) return;
    this.#delay = delay;
    this.#report({
      event: 'note',
      message: `a move of RTS and DTR takes ${milliseconds(delay)} over the network`,
    });
  }

  /** Drives the lines idle for good, after whatever move is under way. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.idle('idle');
  }

  /** When BOOT0 was last released to fall, or undefined if it was never driven high. */
  boot0Released(): Milliseconds | undefined {
    const high = this.edges.findLastIndex(({ pins }) => pins.boot0 === 1);
    return high < 0 ? undefined : (this.edges[high + 1]?.to ?? this.#clock.now());
  }

  /** When NRST was last released, or undefined if it was never pulled low. */
  nrstReleased(): Milliseconds | undefined {
    const low = this.edges.findLastIndex(({ pins }) => pins.nrst === 0);
    return low < 0 ? undefined : this.edges[low + 1]?.to;
  }

  #enqueue(lines: ModemLines, purpose: string): Promise<Edge> {
    const moved = this.#queue.then(() => this.#set(lines, purpose));
    this.#queue = moved.catch(() => {});
    return moved;
  }

  async #set(lines: ModemLines, purpose: string): Promise<Edge> {
    const from = this.#clock.now();
    await this.link.setLines(lines);
    return this.#note({ lines, purpose }, { from, to: this.#clock.now() });
  }

  #note({ lines, purpose }: Pick<LineStep, 'lines' | 'purpose'>, { from, to }: LineMove): Edge {
    const edge = { lines, pins: pinsOf(this.#wiring, lines), from, to };
    this.edges.push(edge);
    const names = this.#names && { names: this.#names };
    this.#report({ event: 'lines.set', lines, ...names, pins: edge.pins, purpose, took: edge.to - edge.from });
    return edge;
  }
}

/** How long BOOT0 had to hold, at most: from the earliest moment it was released to the latest at which it was sampled. */
export function measuredHold(plan: LinePlan, edges: readonly Edge[]): Milliseconds | undefined {
  if (!plan.window) return undefined;
  const opened = edges[plan.window.opens];
  const closed = edges[plan.window.closes];
  if (!opened || !closed) return undefined;
  return closed.to - opened.from + plan.window.nrstRelease;
}
