import type { Attempt } from '../../../machines/boot-entry.policy.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { Rung } from '../../board/circuit/plan.ts';
import type { AttemptReport, OnProgress } from './events.ts';

/** Reports the attempts of one boot entry as they start and fail, and keeps them with their times for the result. */
export class AttemptLog {
  readonly #clock: Clock;
  readonly #report: OnProgress;
  readonly #tried: number;
  readonly #started: Milliseconds[] = [];
  readonly #finished: AttemptReport[] = [];

  /** `tried` attempts came before: numbers go on from there. */
  constructor(clock: Clock, report: OnProgress, tried = 0) {
    this.#clock = clock;
    this.#report = report;
    this.#tried = tried;
  }

  get reports(): readonly AttemptReport[] {
    return this.#finished;
  }

  /** A try begins once, however often its rung is driven. */
  start({ method, change, plan }: Rung): void {
    if (this.#started.length > this.#finished.length) return;
    this.#started.push(this.#clock.now());
    const margin = plan ? { margin: plan.margin } : {};
    this.#report({ event: 'attempt.started', attempt: this.#tried + this.#started.length, method, change, ...margin });
  }

  /** Takes the machine's growing list. Attempts that are new in it have just ended. */
  observe(attempts: readonly Attempt[]): void {
    for (const attempt of attempts.slice(this.#finished.length)) {
      this.#finished.push(this.#reportOf(attempt));
      if (!attempt.error) continue;
      const { code, message } = attempt.error;
      const number = this.#tried + this.#finished.length;
      this.#report({ event: 'attempt.failed', attempt: number, method: attempt.rung.method, code, message });
    }
  }

  #reportOf({ rung: { method, change, plan }, held, usart, error }: Attempt): AttemptReport {
    const started = this.#started[this.#finished.length] ?? this.#clock.now();
    return {
      method,
      change,
      outcome: error?.code ?? 'entered',
      ...(error ? { message: error.message } : {}),
      ...(usart ? { usart } : {}),
      took: Math.round(this.#clock.now() - started),
      ...(plan ? { plannedMargin: tenth(plan.margin) } : {}),
      ...(plan?.window && held !== undefined ? { measuredMargin: tenth(plan.window.limit - held) } : {}),
    };
  }
}

const tenth = (ms: Milliseconds): Milliseconds => Math.round(ms * 10) / 10;
