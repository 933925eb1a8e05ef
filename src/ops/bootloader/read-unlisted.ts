import type { Bootloader } from '../../../machines/bootloader.ts';
import { isBootctlError } from '../../base/errors.ts';
import { firstDataBlock } from '../../protocol/dfu/constants.ts';
import { DfuBootloader } from './dfu-bootloader.ts';
import { partOf, type Window, windowsAround } from './windows.ts';

/** A second read begins so much later. */
const shift = 4;

/**
 * Bytes that are in no memory which the ROM lists over DFU. AN3156 leaves to the ROM which addresses it reads, and has errTARGET
 * for the others (§4.3): an F105 reads its system memory (AN2662 §4.4.1), an F40x takes the address and refuses the upload (ST
 * community, thread 0D50X00009XkYuISAV). A ROM that only ignored such an address would answer with other memory, wherever a read is
 * to begin: so a second one begins later, and has to show the same bytes there. The flash is not read: a power cut may have
 * left it so that its ROM hangs. Undefined where the ROM refuses.
 */
export async function readUnlisted(
  bootloader: Bootloader,
  address: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!(bootloader instanceof DfuBootloader)) return undefined;
  for (const window of windowsAround(address, length, [256])) {
    const found = await upload(bootloader, window, signal);
    const part = partOf(found, window, address, length);
    if (!found || !part) continue;
    const later = { address: window.address + shift, length: window.length - shift };
    const again = await upload(bootloader, later, signal);
    if (again && Buffer.from(again).equals(found.subarray(shift))) return part;
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
