import type { Milliseconds } from '../../base/units.ts';
import type { DetachManner } from './dfu-run-time.ts';
import type { FirmwarePort, Listener } from './firmware-port.ts';
import type { FlightControllerOptions } from './flight-controller.ts';

/**
 * How a firmware reacts to a soft jump. `deaf`: it ignores all input. `refuses`: it answers with a refusal, because it
 * is armed, busy or built without the soft jump. `stuck`: it reads nothing from its USB port. `vanishes`: it crashes at
 * the first byte, and starts again. `noisy`: it sends text all the time, and obeys.
 */
export type Temper = 'deaf' | 'refuses' | 'stuck' | 'vanishes' | 'noisy';

/** How the application on a board differs from its profile. */
export interface FirmwareManner extends FlightControllerOptions {
  /** Of its run-time DFU interface. Default: it detaches without a bus reset, and has a serial port too. */
  readonly detach?: Partial<DetachManner> & { readonly withoutSerialPort?: true };
  readonly temper?: Temper;
  /** It crashes this long after it has appeared on the bus, and its watchdog resets it, again and again. */
  readonly faultsAfter?: Milliseconds;
  /** Its USB ids, if they differ from the profile's, and its product string. */
  readonly usb?: { readonly vendorId: string; readonly productId: string; readonly product?: string };
  /** How long it charges BOOT0 before it resets itself. */
  readonly chargeTime?: Milliseconds;
  /** What listens at its ports, in place of all that the profile's soft jumps make of it: firmware that runs elsewhere. */
  readonly listener?: (port: FirmwarePort) => Listener;
}
