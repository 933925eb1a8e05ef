import { isBootctlError } from '../../base/errors.ts';
import type { Clock } from '../../bench/clock.ts';
import type { UsbDevice } from '../../bench/usb-bus.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import type { DfuSeClient } from '../../protocol/dfuse/client.ts';
import type { MemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import type { Pacing } from '../../protocol/dfuse/pacing.ts';
import type { AlternateSetting } from '../../protocol/usb/descriptors.ts';

/** An open DFU device with its clients, and the facts found when it was opened. */
export interface DfuSession {
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

/**
 * The recovery steps of DFU 1.1 and AN3156 that do not use the lines: DFU_GETSTATUS, then DFU_CLRSTATUS or DFU_ABORT as
 * its answer requires, DFU_CLRSTATUS twice if it stays in dfuDNBUSY, and last a USB reset. After that only NRST helps.
 * @throws BootctlError `dfu-state`, and those of the transfers
 */
export async function bringToIdle(
  { device, alternate, alternates, client }: Pick<DfuSession, 'device' | 'alternate' | 'alternates' | 'client'>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client(signal).toIdle();
  } catch (error) {
    if (!isBootctlError(error) || !error.row.usbReset || !device.reset) throw error;
    await device.reset();
    // A USB reset puts back every alternate setting (USB 2.0 §9.1.1.5).
    if (alternates.length > 1) await device.selectAlternate(alternate.interfaceNumber, alternate.alternateSetting);
    await client(signal).toIdle();
  }
}
