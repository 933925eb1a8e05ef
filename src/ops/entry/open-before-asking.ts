import { type BootctlError, isBootctlError } from '../../base/errors.ts';
import { sleep } from '../../bench/clock.ts';
import { canReset } from '../../board/circuit/application-reset.ts';
import { opensInReset } from '../../board/circuit/wiring.ts';
import type { SoftJump } from '../../board/soft-jump.ts';
import type { LineDriver } from '../job/adapter/line-driver.ts';
import { provesOnAdapter } from '../job/adapter/when-to-open.ts';
import type { Job } from '../job/job.ts';
import { thoseThatLeave } from '../job/watch-usb.ts';
import { resetIntoApplication } from '../reset-into-application.ts';
import { findApplications } from '../soft-jump/application-port.ts';
import { whyNoDfu } from './awaited.ts';
import { applicationStartUp, comingBack } from './own-application.ts';

/**
 * Opens the adapter before the application is asked, where it is asked through it, or where the ROM's USART may be called
 * afterwards: opened then, it would reset the target out of its ROM. The application runs again when this resolves. With
 * the adapter open already, or not needed, nothing is done.
 * @throws BootctlError those of opening, unless the ROM can be reached over DFU without the adapter
 */
export async function openBeforeAsking(
  job: Job,
  softJump: SoftJump,
  signal: AbortSignal,
): Promise<LineDriver | undefined> {
  const { profile, adapter, proves } = job;
  if (softJump.via === 'adapter') return listenable(job, signal);
  const isHeard = provesOnAdapter(profile, proves);
  if (adapter.current || !(profile.usart.connected || isHeard)) return adapter.current;
  const alike = await findApplications(softJump, job);
  if (alike.length === 0) return undefined; // nobody is there to be asked, and the request says so
  try {
    const lines = await adapter.open(signal);
    if (!opensInReset(profile)) return lines;
    if (canReset(profile)) await resetIntoApplication(job, signal);
    const [own] = await thoseThatLeave(job.bench, alike, signal);
    if (own) await comingBack(job, own, alike, signal);
    return lines;
  } catch (error) {
    if (isHeard || whyNoDfu(profile) !== undefined || !isOfOpening(error)) throw error;
    job.report({ event: 'note', message: `the USART of the ROM cannot be called: ${error.message}` });
    return undefined;
  }
}

export const isOfOpening = (error: unknown): error is BootctlError =>
  isBootctlError(error) && error.kind === 'adapter' && !error.row.hasMoved;

/**
 * The adapter with an application at its other end. Where opening the port resets the board, perhaps into its ROM, the
 * application is started again first: a byte sent to a ROM would lock it to its USART.
 */
async function listenable(job: Job, signal: AbortSignal): Promise<LineDriver> {
  const lines = await job.adapter.open(signal);
  if (opensInReset(job.profile)) {
    await resetIntoApplication(job, signal);
    await sleep(job.bench.clock, applicationStartUp, signal);
  }
  return lines;
}
