import { BootctlError } from '../../base/errors.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { Job } from '../job/job.ts';

/** @throws BootctlError `target-unexpected` before such a device is opened */
export function refuseOther({ begun }: Job, { serialNumber, path }: UsbDeviceInfo): void {
  if (begun?.serialNumber === undefined || serialNumber === undefined || serialNumber === begun.serialNumber) return;
  throw otherTarget(
    `Serial number ${serialNumber} has come at ${path}, where the job began with ${begun.serialNumber}`,
  );
}

/** The target of a job was lost, and what has come may be another board's. */
export const otherTarget = (message: string): BootctlError =>
  new BootctlError('target-unexpected', message, {
    hint: 'This may be a different board, so the job was stopped. Reconnect the original board to the same USB port and run the same command again, or start a new job for this one.',
  });
