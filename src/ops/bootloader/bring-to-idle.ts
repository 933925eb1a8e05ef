import { isBootctlError } from '../../base/errors.ts';
import type { DfuFacts } from './dfu-facts.ts';

/**
 * The ladder of DFU 1.1 and AN3156 up to what needs no line: DFU_GETSTATUS, then DFU_CLRSTATUS or DFU_ABORT as its answer
 * asks for, DFU_CLRSTATUS twice where it stays in dfuDNBUSY, and last a USB reset. After that only NRST helps.
 * @throws BootctlError `dfu-state`, and those of the transfers
 */
export async function bringToIdle(
  { device, alternate, alternates, client }: Pick<DfuFacts, 'device' | 'alternate' | 'alternates' | 'client'>,
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
