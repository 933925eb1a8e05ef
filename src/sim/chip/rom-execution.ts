import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { dfuStatus } from '../../protocol/dfu/constants.ts';
import type { MemoryOperation } from './flash-memory.ts';
import type { RomDfuPersonality } from './rom-personality.ts';
import type { Timers } from './timers.ts';

export type DfuStatus = (typeof dfuStatus)[keyof typeof dfuStatus];

/** The operation of a DNLOAD, started by its GETSTATUS. */
export interface Execution {
  readonly kind: 'pointer' | 'program' | 'erase' | 'massErase';
  readonly operation: MemoryOperation;
  /** bStatus that the second GETSTATUS reports. */
  readonly outcome: DfuStatus;
  /** The target resets itself at the end. */
  readonly resets: boolean;
  /** The ROM reports the end after this time, although the operation continues. */
  readonly acknowledgedAfter?: Milliseconds;
}

export const noOperation: MemoryOperation = { duration: 0, finish: () => {}, cut: () => {} };

export const execution = (
  kind: Execution['kind'],
  operation: MemoryOperation,
  { outcome = dfuStatus.OK, resets = false, ...more }: Partial<Omit<Execution, 'kind' | 'operation'>> = {},
): Execution => ({ kind, operation, outcome, resets, ...more });

/** bwPollTimeout for an execution, in ms. */
export function announcedTime(
  { kind, operation, acknowledgedAfter: duration = operation.duration }: Execution,
  { announces }: RomDfuPersonality,
): number {
  const announced = kind === 'pointer' ? 'true' : announces[kind];
  if (typeof announced === 'number') return announced;
  return Number.isFinite(duration) ? Math.ceil(announced === 'twice' ? 2 * duration : duration) : 1;
}

/** Runs one execution at a time on the target's clock. */
export class ExecutionRunner {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #reset: () => void;
  #running: { readonly operation: MemoryOperation; readonly startedAt: Milliseconds } | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(clock: Clock, timers: Timers, reset: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#reset = reset;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when the execution started last has ended; never if it ends in a reset. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  start({ operation, resets, acknowledgedAfter }: Execution): void {
    const { duration } = operation;
    const running = { operation, startedAt: this.#clock.now() };
    this.#running = running;
    this.#ended = new Promise((resolve) => {
      if (acknowledgedAfter !== undefined) {
        this.#timers.after(duration, operation.finish);
        this.#timers.after(acknowledgedAfter, () => {
          this.#running = undefined;
          resolve();
        });
        return;
      }
      const end = () => {
        if (this.#running !== running) return; // cut off
        this.#running = undefined;
        operation.finish();
        if (resets) this.#reset();
        else resolve();
      };
      // An operation without an end is a stuck ROM. One without a duration ends before the answer, unless it resets.
      if (duration === 0 && !resets) end();
      else if (Number.isFinite(duration)) this.#timers.after(Math.max(duration, 1), end);
    });
  }

  /** A reset interrupts a running operation. */
  cut(): void {
    const running = this.#running;
    this.#running = undefined;
    if (running) running.operation.cut(this.#clock.now() - running.startedAt);
  }
}
