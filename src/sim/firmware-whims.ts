import type { Milliseconds } from '../units.ts';
import type { DetachManner } from './target/dfu-run-time.ts';

/** How the application on a board differs from what its profile lets expect. */
export interface FirmwareWhims {
  /** Of its run-time DFU interface; by itself it detaches on its own, beside a serial port. */
  readonly detach?: Partial<DetachManner> & { readonly withoutSerialPort?: true };
  /** How long it charges BOOT0 before it resets itself. */
  readonly chargeTime?: Milliseconds;
}
