import type { Bootloader } from '../../../machines/bootloader.ts';
import { isBootctlError } from '../../base/errors.ts';
import { firstDataBlock } from '../../protocol/dfu/constants.ts';
import { DfuBootloader } from './dfu-bootloader.ts';
import { partOf, type Window, windowsAround } from './windows.ts';

/**
 * Bytes that are in no memory which the ROM lists over DFU. AN3156 leaves to the ROM which addresses it reads, and has errTARGET
 * for the others (§4.3): an F105 reads its system memory (AN2662 §4.4.1), an F40x takes the address and refuses the upload
 * (ST community, thread 0D50X00009XkYuISAV). A ROM that only ignores such an address would answer with what was read before, so the flash
 * is read first, and the same bytes are not taken. Undefined where the ROM refuses.
 */
export async function readUnlisted(
  bootloader: Bootloader,
  address: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!(bootloader instanceof DfuBootloader)) return undefined;
  const start = bootloader.layout.sectors[0]!.address;
  for (const window of windowsAround(address, length, [256])) {
    const flash = await upload(bootloader, { ...window, address: start }, signal);
    const found = await upload(bootloader, window, signal);
    const part = partOf(found, window, address, length);
    if (part && !(flash && Buffer.from(found!).equals(flash))) return part;
  }
  return undefined;
}

async function upload(
  bootloader: DfuBootloader,
  { address, length }: Window,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  await bootloader.settle(signal);
  const client = bootloader.session.client(signal);
  try {
    await client.setAddressPointer(address);
    await client.abort();
    const bytes = await client.upload(firstDataBlock, length);
    await client.toIdle();
    return bytes;
  } catch (error) {
    if (!isBootctlError(error) || error.row.answer !== 'refused') throw error;
    await client.toIdle();
    return undefined;
  }
}
