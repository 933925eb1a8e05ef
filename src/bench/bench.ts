import type { Clock } from './clock.ts';
import type { GpioChips } from './gpio-chips.ts';
import type { HostCommands } from './host-commands.ts';
import type { HubPorts } from './hub-ports.ts';
import type { SerialPorts } from './serial-link.ts';
import type { UsbBus } from './usb-bus.ts';

/** Everything that one operation may touch: real, simulated, or a test's. */
export interface Bench extends AsyncDisposable {
  readonly clock: Clock;
  readonly serial: SerialPorts;
  readonly usb: UsbBus;
  /** Absent where the bench has no GPIO of its own. */
  readonly gpio?: GpioChips;
  /** Absent where the bench runs no programs. */
  readonly commands?: HostCommands;
  /** Absent where the bench switches no power of hubs. */
  readonly hubPorts?: HubPorts;
}
