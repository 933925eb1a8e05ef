import { amount, rate, seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { ProgressEvent } from '../../ops/job/events.ts';
import type { TextOutput } from '../context.ts';

/** Events of the work on the flash. */
export type PhaseEvent = Extract<ProgressEvent, { readonly event: `phase.${string}` }>;
type Started = Extract<PhaseEvent, { readonly event: 'phase.started' }>;
type Advanced = Extract<PhaseEvent, { readonly event: 'phase.progress' }>;

/** Shows the phase under way. */
export interface PhaseDisplay {
  start(phase: Started): void;
  advance(progress: Advanced, elapsed: Milliseconds): void;
  /** Takes away what is not a line of its own; also when a phase ends in an error. */
  clear(): void;
}

/** Follows phases from start to end, whichever way they are shown. */
export class PhaseProgress {
  readonly #display: PhaseDisplay;
  readonly #say: (text: string) => void;
  readonly #now: () => Milliseconds;
  #phase: Started | undefined;
  #startedAt: Milliseconds = 0;

  constructor(display: PhaseDisplay, say: (text: string) => void, now: () => Milliseconds) {
    this.#display = display;
    this.#say = say;
    this.#now = now;
  }

  take(event: PhaseEvent): void {
    if (event.event === 'phase.started') {
      this.#phase = event;
      this.#startedAt = this.#now();
      this.#display.start(event);
    } else if (event.event === 'phase.progress') {
      this.#display.advance(event, this.#now() - this.#startedAt);
    } else {
      this.#display.clear();
      this.#finish(event.took);
    }
  }

  /** Ends the display of a phase that will not finish. */
  clear(): void {
    this.#display.clear();
  }

  #finish(took: Milliseconds): void {
    if (!this.#phase) return;
    const { phase, total, unit } = this.#phase;
    // A comparison ends at the first difference of each sector: its bytes were not all read.
    const speed = unit === 'bytes' && phase !== 'compare' ? `, ${rate(total, unit, took)}` : '';
    this.#say(`${phase}: ${amount(total, unit)} in ${seconds(took)}${speed}`);
  }
}

/** For logs: a line at the start, then at most one for each tenth and each second. */
export class PlainPhases implements PhaseDisplay {
  readonly #say: (text: string) => void;
  #saidTenth = 0;
  #saidAt: Milliseconds = 0;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  start({ phase, total, unit }: Started): void {
    this.#saidTenth = 0;
    this.#saidAt = 0;
    this.#say(`${phase}: ${amount(total, unit)} …`);
  }

  advance({ phase, done, total, unit }: Advanced, elapsed: Milliseconds): void {
    const tenth = Math.floor((done / total) * 10);
    if (tenth <= this.#saidTenth || done === total || elapsed - this.#saidAt < 1000) return;
    this.#saidTenth = tenth;
    this.#saidAt = elapsed;
    this.#say(`${phase}: ${tenth * 10} %, ${amount(done, unit)} at ${rate(done, unit, elapsed)}`);
  }

  clear(): void {}
}

/** The bar of one phase: starts with the phase and is gone with it. */
interface Bar {
  start(total: number, value: number, payload: object): void;
  update(value: number, payload: object): void;
  stop(): void;
}

/** For terminals: one bar at the bottom, with speed and remaining time by the bench's clock. */
export class BarPhases implements PhaseDisplay {
  readonly #makeBar: () => Bar;
  #bar: Bar | undefined;

  constructor(makeBar: () => Bar) {
    this.#makeBar = makeBar;
  }

  start({ phase, total, unit }: Started): void {
    this.clear();
    this.#bar = this.#makeBar();
    this.#bar.start(total, 0, { phase, unit, speed: '', remaining: '' });
  }

  advance({ phase, done, total, unit }: Advanced, elapsed: Milliseconds): void {
    const left = done > 0 ? (elapsed / done) * (total - done) : 0;
    this.#bar?.update(done, {
      phase,
      unit,
      speed: rate(done, unit, elapsed),
      remaining: `${seconds(left)} left`,
    });
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** Bars of cli-progress on this output. */
export async function barPhases(output: TextOutput): Promise<BarPhases> {
  const { default: progress } = await import('cli-progress');
  const stream = (output.terminal ?? output) as unknown as NodeJS.WritableStream; // of a stream it uses write, isTTY and columns only
  const format = '{phase} {bar} {percentage} % | {value} of {total} {unit} | {speed} | {remaining}';
  return new BarPhases(
    () =>
      new progress.SingleBar(
        { stream, format, barsize: 20, fps: 10, clearOnComplete: true, hideCursor: true, gracefulExit: false },
        progress.Presets.shades_classic,
      ),
  );
}
