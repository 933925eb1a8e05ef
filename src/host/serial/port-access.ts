import { access, constants } from 'node:fs/promises';
import type { BootctlError } from '../../base/errors.ts';
import { findHolders, nameHolders } from '../system/file-holder.ts';
import { explainBusy, explainOpening } from './explain.ts';
import { nodeSerialPorts } from './node-serial.ts';

/**
 * Why the port would not open, judged by its permissions and its present holders. Undefined if no reason was found. The
 * port is not opened for this, because opening moves both lines and may reset a board.
 */
export async function portTrouble(path: string): Promise<BootctlError | undefined> {
  if (process.platform === 'win32') return undefined; // COM ports have neither a mode nor a list of holders
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    return explainOpening(path, error, nodeSerialPorts().list);
  }
  const holders = nameHolders(await findHolders(path));
  return holders === undefined ? undefined : explainBusy({ path, holders, heldByUs: false, modemManager: false });
}
