import type { Milliseconds } from '../../base/units.ts';
import type { DetachManner } from './dfu-run-time.ts';
import type { FlightControllerOptions } from './flight-controller.ts';

/**
 * How a firmware takes being asked. `deaf`: nothing that it receives brings it into the ROM; `refuses`: it says no, as one
 * that is armed, busy or built without the way; `stuck`: it reads nothing from its USB port; `vanishes`: it crashes at the
 * first byte, and starts again; `noisy`: it never stops talking, and does what it is asked.
 */
export type Temper = 'deaf' | 'refuses' | 'stuck' | 'vanishes' | 'noisy';

/** How the application on a board differs from what its profile lets expect. */
export interface FirmwareManner extends FlightControllerOptions {
  /** Of its run-time DFU interface; by itself it detaches on its own, beside a serial port. */
  readonly detach?: Partial<DetachManner> & { readonly withoutSerialPort?: true };
  readonly temper?: Temper;
  /** So long after it has come onto the bus it faults, and its watchdog resets it: for ever. */
  readonly faultsAfter?: Milliseconds;
  /** What it is on USB, where the profile expects something else. */
  readonly usb?: { readonly vendorId: string; readonly productId: string };
  /** How long it charges BOOT0 before it resets itself. */
  readonly chargeTime?: Milliseconds;
}
