import { isBootctlError } from '../../base/errors.ts';
import type { An3155Client } from '../../protocol/an3155/client.ts';

/**
 * Undefined if the ROM refuses: memory that it does not allow, or readout protection, which `probe` reports. An L1 ends
 * a read outside its memory without an answer (AN2606 T155). It is then synchronised again.
 */
export async function readIfAllowed(
  rom: An3155Client,
  address: number,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    return await rom.read(address, length);
  } catch (error) {
    if (!isBootctlError(error) || !error.row.answer) throw error;
    if (error.row.answer === 'none') await rom.recall();
    return undefined;
  }
}
