import type { Milliseconds } from '../../base/units.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { Figure } from './slot-messages.ts';

/** What bootctl itself measures of a unit, out of the events of its job. */
export class OwnFigures {
  readonly #now: () => Milliseconds;
  readonly #started: Milliseconds;
  readonly #figures = new Map<string, Figure>();
  /** All that was programmed: the first word of the flash comes last, and by itself. */
  readonly #programmed = { bytes: 0, time: 0 };
  #bytes = 0;
  #left: Milliseconds | undefined;

  constructor(now: () => Milliseconds) {
    this.#now = now;
    this.#started = now();
  }

  note(event: ProgressEvent): void {
    switch (event.event) {
      case 'bootloader.entered':
        if (!this.#figures.has('enter')) this.#keep('enter', this.#now() - this.#started, 'ms');
        return;
      case 'phase.started':
        this.#bytes = event.phase === 'program' ? event.total : 0;
        return;
      case 'phase.finished':
        if (event.phase === 'program') this.#addProgrammed(event.took);
        return;
      case 'target.left':
        this.#left = this.#now();
        return;
      case 'application.seen':
        if (this.#left !== undefined) this.#keep('applicationSeen', this.#now() - this.#left, 'ms');
        return;
    }
  }

  /** The margin is that of the attempt that reached the bootloader. */
  read({ attempts }: Pick<RecoverResult, 'attempts'>): readonly Figure[] {
    const margin = attempts.findLast(({ outcome }) => outcome === 'entered')?.measuredMargin;
    if (margin !== undefined) this.#keep('holdMargin', margin, 'ms');
    return [...this.#figures.values()];
  }

  #addProgrammed(took: Milliseconds): void {
    this.#programmed.bytes += this.#bytes;
    this.#programmed.time += took;
    const { bytes, time } = this.#programmed;
    if (time > 0) this.#keep('program', bytes / time, 'kB/s');
  }

  #keep(name: string, value: number, unit: string): void {
    this.#figures.set(name, { name, value: Number(value.toFixed(3)), unit });
  }
}
