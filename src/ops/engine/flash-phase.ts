import type { Milliseconds } from '../../base/units.ts';
import type { FlashPhase } from '../job/events.ts';
import type { Job } from '../job/job.ts';

/** A block takes a few ms. A person needs no more reports than this, and one costs more time than a transfer. */
const tellEvery: Milliseconds = 50;

/** Reports a phase from its start. The caller reports its progress and its end. */
export function startPhase(
  { report, bench: { clock } }: Job,
  phase: FlashPhase,
  total: number,
  unit: 'bytes' | 'sectors',
) {
  const started = clock.now();
  let told = started;
  let done = 0;
  report({ event: 'phase.started', phase, total, unit });
  return {
    advance: (amount: number): void => {
      done += amount;
      const now = clock.now();
      if (now - told < tellEvery && done < total) return;
      told = now;
      report({ event: 'phase.progress', phase, done, total, unit });
    },
    finish: () => report({ event: 'phase.finished', phase, took: clock.now() - started }),
  };
}
