import type { Bootloader } from '../../../machines/bootloader.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Bench } from '../../bench/bench.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { AdapterLines } from './adapter/adapter-lines.ts';
import type { Effects } from './effects.ts';
import type { FlashCondition, OnProgress } from './events.ts';
import type { OnMachineStep } from './machine-steps.ts';

/** Another use of a bootloader; what it does to the flash it tells at once. */
export type TargetWork = (
  job: Job,
  target: Bootloader,
  onCondition: (condition: FlashCondition) => void,
  signal: AbortSignal,
) => Promise<void>;

/** What every operation of one job shares. */
export interface Job {
  readonly profile: BoardProfile;
  readonly bench: Bench;
  readonly report: OnProgress;
  readonly effects: Effects;
  readonly adapter: AdapterLines;
  /** Whether the running application has been asked for its bootloader: it may be there, or on its way. */
  readonly asked: { isDone: boolean };
  /** Higher baud rates are tried once a job: after a target was lost, a high rate may have been the cause. */
  readonly fasterRates: { areTried: boolean };
  /** Sectors that could not be read so far. */
  readonly unread?: readonly number[];
  /** The USB device that the job has begun with, once its target has been lost. */
  readonly begun?: UsbDeviceInfo;
  /** A person is at the terminal, and may be asked to press buttons. */
  readonly interactive: boolean;
  /** Asks that person a question that is answered by yes or no. */
  readonly confirm?: ((question: string, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** The USB path in the profile is a guess of this job, from where the target was before it was lost. */
  readonly isPathOwn?: boolean;
  /** Serial port to use instead of looking for the profile's adapter. */
  readonly port?: string | undefined;
  /** How long to wait for the DFU device after each reset, instead of the target's own figures. */
  readonly timeout?: Milliseconds | undefined;
  /** Told each state of each machine of the job. */
  readonly trace?: OnMachineStep | undefined;
}
