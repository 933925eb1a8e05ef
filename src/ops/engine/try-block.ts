import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { type Chip, quirksThatExplain } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import { chipMemory } from '../../chips/memories.ts';
import { DfuBootloader } from '../bootloader/dfu-bootloader.ts';
import type { Job } from '../job/job.ts';

/**
 * Sends one whole block before anything is erased, if the chip is known for blocks that break off behind some
 * high-speed host controllers. The block is addressed to RAM and aborted: the ROM would carry it out only with the next
 * DFU_GETSTATUS (AN3156 §4), and a DFU_ABORT comes before that.
 * @throws BootctlError `usb-blocks-break-off`; the flash is unchanged
 */
export async function tryBlock(
  { profile }: Pick<Job, 'profile'>,
  bootloader: Bootloader,
  signal: AbortSignal,
): Promise<void> {
  const family = profile.target?.family;
  const known = family === undefined ? undefined : findChip(family);
  const [reason] = quirksThatExplain(known, 'blocks-break-off');
  if (!reason || !(bootloader instanceof DfuBootloader)) return;
  try {
    await bootloader.sendInVain(topOfRam(known!), signal);
  } catch (error) {
    if (!isBootctlError(error) || !error.row.brokenTransfer) throw error;
    throw new BootctlError(
      'usb-blocks-break-off',
      `A test block of ${bootloader.transferSize} bytes broke off, before anything was erased: ${error.message}`,
      { hint: `Nothing was changed. Known of ${reason}.`, cause: error },
    );
  }
}

/**
 * As far as possible from the RAM that ROMs use, which is at the bottom (AN2606, bootloader memory of each product).
 */
function topOfRam({ key }: Chip): number {
  const [first] = chipMemory(key)?.ram ?? [];
  return first ? first.start + first.bytes : startOfRam;
}
const startOfRam = 0x2000_0000;

/** Explains a loss while blocks are sent, if the chip is known for that. */
export function explainLoss(
  error: unknown,
  { profile }: Pick<Job, 'profile'>,
  { kind }: Pick<Bootloader, 'kind'>,
): unknown {
  const family = profile.target?.family;
  const [reason] = quirksThatExplain(family === undefined ? undefined : findChip(family), 'blocks-break-off');
  if (kind !== 'dfu' || !reason || !isBootctlError(error, 'target-lost')) return error;
  return error.withHint(`${error.hint} Known of ${reason}.`);
}
