import { BootctlError } from '../../base/errors.ts';
import type { DfuStatusName, StatusReply } from '../dfu/requests.ts';

/** Meaning of a status on these ROMs (AN3156 §4, DFU 1.1 §6.1.2), if the name is not enough. */
const meanings: Partial<Record<DfuStatusName, string>> = {
  errTARGET: 'the address is not in a memory that this alternate setting reaches',
  errVENDOR: 'the flash is readout-protected',
  errWRITE: 'the memory could not be written',
  errERASE: 'the memory could not be erased',
  errPROG: 'programming failed',
  errSTALLEDPKT: 'a request came in the wrong state',
};

const describeStatus = ({ status, state }: StatusReply): string => {
  const meaning = meanings[status];
  return `${state.replaceAll('_', '-')}, ${status}${meaning ? `: ${meaning}` : ''}`;
};

/** The error that a refused operation stands for: errVENDOR is readout protection (AN3156 §4). */
export function statusError(what: string, reply: StatusReply): BootctlError {
  if (reply.status === 'errVENDOR') {
    return new BootctlError('readout-protected', `${what} was refused: ${describeStatus(reply)}`);
  }
  return new BootctlError('dfu-status', `${what} failed: ${describeStatus(reply)}`, {
    details: { status: reply.status, state: reply.state },
  });
}

/** The device does not leave its state. `reply` is its last reply. */
export const stuckError = (what: string, reply: StatusReply | undefined): BootctlError =>
  new BootctlError('dfu-state', `${what}${reply ? ` (${describeStatus(reply)})` : ''}`);
