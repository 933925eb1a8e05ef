import { handOf, linesFor } from '../../board/circuit/wiring.ts';
import type { Job } from '../job/job.ts';
import { resetIntoApplication } from '../reset-into-application.ts';

// One modem line only: the adapter does its half, and a person the other one.

/** Before the person is asked: holds BOOT0 at 1, where its line is the one that the adapter has. */
export async function beginHalf({ profile: { wiring }, adapter }: Job, signal: AbortSignal): Promise<void> {
  const hand = handOf(wiring);
  if (hand === undefined) return;
  const lines = await adapter.open(signal);
  const held = linesFor(wiring, { boot0: 1, nrst: 1 });
  if (hand === 'nrst' && held) await lines.move(held, 'BOOT0 is held at 1 for the person');
}

/** In each turn: resets the board, where a person may hold BOOT0 by now. */
export async function resetForPerson(job: Job, signal: AbortSignal): Promise<void> {
  if (isResetInTurns(job)) await resetIntoApplication(job, signal);
}

/** What starts again in these resets is no news: the person did not hold BOOT0 yet. */
export const isResetInTurns = ({ profile }: Pick<Job, 'profile'>): boolean => handOf(profile.wiring) === 'boot0';

/** The ROM runs: its BOOT0 is let go, so that the next reset starts the application. */
export async function endHalf({ profile: { wiring }, adapter }: Job): Promise<void> {
  if (handOf(wiring) === 'nrst') await adapter.current?.idle('BOOT0 is let go');
}
