import { BootctlError } from '../base/errors.ts';
import { planApplicationReset } from '../board/circuit/planner.ts';
import { linesFor } from '../board/circuit/wiring.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Job } from './job/job.ts';

/** A line of an adapter moves NRST of this board. */
export const canReset = ({ wiring }: BoardProfile): boolean => linesFor(wiring, { boot0: 0, nrst: 0 }) !== undefined;

/** Resets the target with BOOT0 = 0. @throws BootctlError `adapter-lost`; the signal's reason */
export async function resetIntoApplication(job: Job, signal?: AbortSignal): Promise<void> {
  const { wiring, nrst, boot0 } = job.profile;
  if (!canReset(job.profile)) {
    throw new BootctlError('method-unavailable', 'No line of an adapter reaches NRST of this board');
  }
  const plan = planApplicationReset(wiring, nrst, boot0);
  await job.beside.inTurn(async () => (await job.adapter.open(signal)).drive(plan, signal), signal);
}
