import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import { firstDataBlock } from '../../protocol/dfu/constants.ts';
import type { DfuSeClient } from '../../protocol/dfuse/client.ts';
import { type MemoryLayout, type Sector, sectorsTouched } from '../../protocol/dfuse/memory-layout.ts';

/** The place that a transfer of one block was to read. */
interface Place {
  readonly address: number;
  readonly length: number;
}

/**
 * Adds the place to a failed read of the flash. `details` name the first `sector` of the block, so that it can be
 * erased without a read. A failure outside the flash is returned unchanged.
 */
export function failedRead(error: unknown, layout: MemoryLayout, { address, length }: Place): unknown {
  const [sector] = sectorsTouched(layout, address, length);
  if (!isBootctlError(error) || !sector) return error;
  return error.with({
    message: `Reading ${count(length, 'byte')} of the flash at ${address32(address)} failed: ${error.message}`,
    hint: error.code === 'readout-protected' ? error.hint : unreadHint,
    details: { sector: sector.address, address, length },
  });
}

/**
 * Tells readout protection, which covers all of the flash, from flash that cannot be read. A ROM may answer errVENDOR
 * to both. Reads in the last sector, or in the first if the last was refused. The client is in dfuIDLE.
 */
export async function canReadBeside(
  client: DfuSeClient,
  { layout: { sectors }, transferSize }: Pick<Bootloader, 'layout' | 'transferSize'>,
  { address, length }: Place,
): Promise<boolean> {
  const isBeside = (one: Sector) => address + length <= one.address || one.address + one.size <= address;
  const beside = [sectors.at(-1)!, sectors[0]!].find(isBeside);
  if (!beside) return false;
  try {
    await client.setAddressPointer(beside.address);
    await client.abort();
    await client.upload(firstDataBlock, Math.min(transferSize, beside.size));
    return true;
  } catch (error) {
    if (!isBootctlError(error, 'readout-protected') && !isBootctlError(error, 'dfu-status')) throw error;
    return false;
  }
}

const unreadHint =
  'A power cut during a write can leave flash with ECC that the ROM cannot read: enter the bootloader again and run `bootctl flash --full`, which erases without reading. Check power and cable as well.';

/**
 * The error of a job that only reads, if the same sector has failed before. Other failures are returned unchanged. The
 * ROM was entered anew between the two reads.
 */
export function failedAgain(error: unknown, unread: readonly number[] = []): unknown {
  if (!isBootctlError(error) || !unread.includes(Number(error.details.sector ?? Number.NaN))) return error;
  const { address, length, sector } = error.details;
  const [from, to] = [Number(address), Number(address) + Number(length) - 1];
  return new BootctlError(
    'flash-unreadable',
    `Two attempts to read the flash between ${address32(from)} and ${address32(to)} failed: ${error.message}`,
    { details: { sector: Number(sector), address: from, length: Number(length) }, cause: error },
  );
}
