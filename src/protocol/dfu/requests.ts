import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { ControlRequest } from '../../bench/usb-bus.ts';
import { dfuRequest, dfuRequestType, dfuState, dfuStatus } from './constants.ts';

export type DfuStateName = keyof typeof dfuState;
export type DfuStatusName = keyof typeof dfuStatus;

/** Answer to DFU_GETSTATUS (DFU 1.1 §6.1.2). */
export interface StatusReply {
  readonly status: DfuStatusName;
  /** bwPollTimeout: the least time to wait before the next DFU_GETSTATUS. */
  readonly pollTimeout: Milliseconds;
  readonly state: DfuStateName;
}

/** Setup packet of a class request to `interfaceNumber`; `value` is wBlockNum for DFU_DNLOAD and DFU_UPLOAD. */
export const setupOf = (request: keyof typeof dfuRequest, interfaceNumber: number, value = 0): ControlRequest => ({
  requestType: inRequests.has(request) ? dfuRequestType.in : dfuRequestType.out,
  request: dfuRequest[request],
  value,
  index: interfaceNumber,
});

const inRequests: ReadonlySet<keyof typeof dfuRequest> = new Set(['UPLOAD', 'GETSTATUS', 'GETSTATE']);

/** A DfuSe command with its address, little-endian (AN3156 §4). */
export const addressed = (command: number, address: number): Uint8Array =>
  Uint8Array.of(command, address & 0xff, (address >>> 8) & 0xff, (address >>> 16) & 0xff, address >>> 24);

/** `bStatus bwPollTimeout(3, little-endian) bState iString`. @throws BootctlError `dfu-malformed` */
export function parseStatus(bytes: Uint8Array): StatusReply {
  if (bytes.length < 6) throw new BootctlError('dfu-malformed', `DFU_GETSTATUS answered ${bytes.length} of 6 bytes`);
  const status = nameOf(dfuStatus, bytes[0]!);
  const state = nameOf(dfuState, bytes[4]!);
  if (!status || !state)
    throw new BootctlError('dfu-malformed', `DFU_GETSTATUS answered bStatus ${bytes[0]}, bState ${bytes[4]}`);
  return { status, pollTimeout: bytes[1]! | (bytes[2]! << 8) | (bytes[3]! << 16), state };
}

const nameOf = <T extends Record<string, number>>(table: T, value: number): keyof T | undefined =>
  Object.keys(table).find((name) => table[name] === value);
