import { BootctlError } from '../base/errors.ts';
import { planApplicationReset, whyNoReset } from '../board/circuit/application-reset.ts';
import type { Job } from './job/job.ts';

/** Resets the target with BOOT0 = 0. @throws BootctlError `method-unavailable`, `adapter-lost`; the signal's reason */
export async function resetIntoApplication(job: Job, signal?: AbortSignal): Promise<void> {
  const why = job.presentOnly ? 'With `--no-entry` no line is moved' : whyNoReset(job.profile);
  if (why !== undefined) {
    const hint = 'Press the reset button of the board, or switch its power off and on.';
    throw new BootctlError('method-unavailable', why.replace(/\.$/, ''), { hint });
  }
  const { wiring, nrst, boot0 } = job.profile;
  const plan = planApplicationReset(wiring, nrst, boot0);
  await job.beside.inTurn(async () => (await job.adapter.open(signal)).drive(plan, signal), signal);
}
