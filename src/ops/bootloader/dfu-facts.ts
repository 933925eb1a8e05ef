import type { Clock } from '../../bench/clock.ts';
import type { UsbDevice } from '../../bench/usb-bus.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import type { DfuSeClient } from '../../protocol/dfuse/client.ts';
import type { MemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import type { Pacing } from '../../protocol/dfuse/pacing.ts';
import type { AlternateSetting } from '../../protocol/usb/descriptors.ts';

/** What the opening of a DFU device has found, and what it takes to talk to it. */
export interface DfuFacts {
  readonly device: UsbDevice;
  readonly alternates: readonly AlternateSetting[];
  /** That of the flash. */
  readonly alternate: AlternateSetting;
  readonly layout: MemoryLayout;
  /** wTransferSize, bytes. */
  readonly transferSize: number;
  readonly clock: Clock;
  readonly behaviour: RomBehaviour;
  /** Ids of the rows of src/chips/rom-quirks.ts that fit. */
  readonly quirks: readonly string[];
  readonly pacing: Pacing;
  /** A client whose waits end with the signal. */
  readonly client: (signal?: AbortSignal) => DfuSeClient;
}
