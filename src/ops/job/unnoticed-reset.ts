import { textOf } from '../../../machines/usb-watch.machine.ts';
import { isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { readDeviceDescriptor } from '../../protocol/usb/descriptors.ts';
import type { Job } from './job.ts';

/**
 * How a device that has stayed on the bus takes a request. `silent`: it is listed and does not answer; it has lost its
 * address in a reset that the host did not notice, because D+ stayed high. `not-asked`: it could not be opened, or nothing says that it is
 * this board's.
 */
export type Answer = 'answers' | 'silent' | 'not-asked';

/** Until a ROM or an application is on USB again; long enough for every ROM whose figures are known but the F105's (AN2606 T227, T229). */
const startUp: Milliseconds = 1_500;

/** Asks the device itself for its descriptor, which the host otherwise keeps. */
export async function answerOf({ bench: { usb } }: Pick<Job, 'bench'>, info: UsbDeviceInfo): Promise<Answer> {
  const device = await usb.open(info).catch(() => undefined);
  if (!device) return 'not-asked';
  try {
    await readDeviceDescriptor(device);
    return 'answers';
  } catch (error) {
    if (isBootctlError(error, 'usb-stall')) return 'answers';
    const isListed = (await usb.list()).some(({ instance }) => instance === info.instance);
    return isBootctlError(error) && error.row.brokenTransfer && isListed ? 'silent' : 'not-asked';
  } finally {
    await device[Symbol.asyncDispose]();
  }
}

/** Makes the host enumerate what is there now. False where it cannot reset the port. */
async function resetPort({ bench: { usb }, report }: Job, info: UsbDeviceInfo): Promise<boolean> {
  const device = await usb.open(info).catch(() => undefined);
  if (!device?.reset) {
    await device?.[Symbol.asyncDispose]();
    return false;
  }
  const message = `${textOf(info)} no longer answers: the target has started anew, and the host has not noticed, because D+ is pulled up all the time; its port is reset`;
  report({ event: 'note', message });
  try {
    await device.reset();
    return true;
  } catch (error) {
    return isBootctlError(error, 'target-lost'); // another device is there after it
  } finally {
    await device[Symbol.asyncDispose]();
  }
}

/** Those that stand where this board's resets go unnoticed, and that do not answer after one: they have been reset. */
export async function resetUnnoticed(job: Job, stayed: readonly UsbDeviceInfo[]): Promise<readonly UsbDeviceInfo[]> {
  const here = stayed.filter(({ path }) => path === job.unnoticed.at);
  const found: UsbDeviceInfo[] = [];
  for (const device of here) {
    if ((await answerOf(job, device)) === 'silent' && (await resetPort(job, device))) found.push(device);
  }
  return found;
}

/** The same right after a reset or a leave: what runs now gets the time to be ready for the host. */
export async function showUnnoticed(job: Job, signal?: AbortSignal): Promise<void> {
  const { bench, unnoticed } = job;
  if (unnoticed.at === undefined) return;
  await sleep(bench.clock, startUp, signal);
  await resetUnnoticed(job, await bench.usb.list());
}
