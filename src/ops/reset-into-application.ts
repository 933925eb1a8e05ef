import { BootctlError } from '../base/errors.ts';
import { planApplicationReset } from '../board/circuit/planner.ts';
import { linesFor } from '../board/circuit/wiring.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Job } from './job/job.ts';

/** A line of an adapter moves NRST of this board. */
export const canReset = ({ wiring }: BoardProfile): boolean => linesFor(wiring, { boot0: 0, nrst: 0 }) !== undefined;

function noReset({ presentOnly, profile: { wiring } }: Job): BootctlError {
  const what = presentOnly
    ? 'With `--no-entry` no line is moved'
    : linesFor(wiring, { boot0: 1, nrst: 0 }) === undefined
      ? 'No line of an adapter reaches NRST of this board'
      : 'The lines of this board pull NRST low only together with BOOT0 = 1: no reset by them starts the application';
  const hint = 'Press the reset button of the board, or switch its power off and on.';
  return new BootctlError('method-unavailable', what, { hint });
}

/** Resets the target with BOOT0 = 0. @throws BootctlError `method-unavailable`, `adapter-lost`; the signal's reason */
export async function resetIntoApplication(job: Job, signal?: AbortSignal): Promise<void> {
  const { wiring, nrst, boot0 } = job.profile;
  if (!canReset(job.profile)) throw noReset(job);
  const plan = planApplicationReset(wiring, nrst, boot0);
  await job.beside.inTurn(async () => (await job.adapter.open(signal)).drive(plan, signal), signal);
}
