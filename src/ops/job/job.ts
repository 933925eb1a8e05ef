import type { Bootloader } from '../../../machines/bootloader.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { AdapterLines } from './adapter/adapter-lines.ts';
import type { BesideOthers } from './beside-others.ts';
import type { Effects } from './effects.ts';
import type { FlashCondition, OnProgress } from './events.ts';
import type { JobSpec } from './job-spec.ts';
import type { PresentOnly } from './present-only.ts';

/** What a verb does with a target whose bootloader answers. It reports each change of the flash at once. */
export type Work = (
  job: Job,
  bootloader: Bootloader,
  onCondition: (condition: FlashCondition) => void,
  signal: AbortSignal,
) => Promise<void>;

/** A job under way: what its effects share. */
export interface Job extends Omit<JobSpec, 'onProgress' | 'signal' | 'interactive' | 'noEntry'> {
  readonly report: OnProgress;
  readonly interactive: boolean;
  readonly effects: Effects;
  /** The job leaves the bootloader at its end, and looks for the application. */
  readonly proves: boolean;
  readonly adapter: AdapterLines;
  /** The other jobs of this process; their boards are not on `bench`. */
  readonly beside: BesideOthers;
  /** Whether the running application has been asked for its bootloader: it may be there, or on its way. */
  readonly asked: { isDone: boolean };
  /** Higher baud rates are tried once a job: after a target was lost, a high rate may have been the cause. */
  readonly fasterRates: { areTried: boolean };
  /** How long this board's ROM took from the release of NRST to its enumeration, once this job has seen that. */
  readonly romStartUp: { took?: Milliseconds };
  /** USB path where the host has not noticed a reset of this board. */
  readonly unnoticed: { at?: string | undefined };
  /** Sectors that could not be read so far. */
  readonly unread?: readonly number[];
  /** What this job has made of the flash so far. */
  readonly condition?: FlashCondition;
  /** The USB device that the job has begun with, once its target has been lost. */
  readonly begun?: UsbDeviceInfo;
  /** The USB path in the profile is a guess of this job, from where the target was before it was lost. */
  readonly isPathOwn?: boolean;
  /** The job takes the bootloader that is there, and moves no line; absent in a job that may enter it. */
  readonly presentOnly?: PresentOnly;
}
