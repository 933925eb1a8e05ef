import type { Bootloader } from '../../../machines/bootloader.ts';
import { findChip } from '../../chips/find-chip.ts';
import { readBeside } from './dfu-memories.ts';

/** 96 bits (RM0090 §39.1, and in every family since). */
export const uniqueIdBytes = 12;

/**
 * The unique id of a part as hex digits, if its USART bootloader or a memory of its DFU shows it. `family` is the row
 * of hardware/targets, if the profile names it.
 */
export async function uniqueIdOf(
  bootloader: Bootloader,
  family: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const bytes = bootloader.readUniqueId
    ? await bootloader.readUniqueId(signal)
    : await byMemory(bootloader, family, signal);
  // Twelve equal bytes are not an id.
  if (bytes?.length !== uniqueIdBytes || bytes.every((byte) => byte === bytes[0])) return undefined;
  return Buffer.from(bytes).toString('hex');
}

async function byMemory(bootloader: Bootloader, family: string | undefined, signal: AbortSignal) {
  const address = family === undefined ? undefined : findChip(family)?.uniqueId;
  return address === undefined ? undefined : readBeside(bootloader, address, uniqueIdBytes, signal);
}
