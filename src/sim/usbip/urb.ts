import type { SetupPacket } from '../board/usb-function.ts';

/** Commands of the URB phase (Linux Documentation/usb/usbip_protocol.rst). */
export const usbipCommand = { submit: 1, unlink: 2, submitReply: 3, unlinkReply: 4 } as const;

/** Negative errno values that stand in a status field (Linux Documentation/driver-api/usb/error-codes.rst). */
export const urbStatus = { ok: 0, noDevice: -19, stall: -32, protocol: -71, connectionReset: -104 } as const;

/** Every message starts with 48 bytes, big-endian but for the setup packet. */
export const headerLength = 48;

/** USBIP_CMD_SUBMIT: one URB of the host. `data` is sent to the device; `length` is the most bytes from it. */
export interface Submit {
  readonly command: 'submit';
  readonly seqnum: number;
  readonly direction: 'in' | 'out';
  readonly endpoint: number;
  readonly length: number;
  readonly setup: SetupPacket;
  readonly data: Uint8Array;
}

/** USBIP_CMD_UNLINK: the host no longer waits for `victim`. */
export interface Unlink {
  readonly command: 'unlink';
  readonly seqnum: number;
  readonly victim: number;
}

export type UsbipRequest = Submit | Unlink;

/**
 * Reads one message from the start of the received bytes. Undefined until it is complete.
 * @throws Error for a command that no host sends
 */
export function parseRequest(bytes: Uint8Array): { request: UsbipRequest; size: number } | undefined {
  if (bytes.length < headerLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const command = view.getUint32(0);
  const seqnum = view.getUint32(4);
  if (command === usbipCommand.unlink) {
    return { request: { command: 'unlink', seqnum, victim: view.getUint32(20) }, size: headerLength };
  }
  if (command !== usbipCommand.submit) throw new Error(`USB/IP command ${command} is not one of a host`);
  const direction = view.getUint32(12) === 1 ? 'in' : 'out';
  const length = view.getUint32(24);
  const size = direction === 'out' ? headerLength + length : headerLength;
  if (bytes.length < size) return undefined;
  const data = bytes.slice(headerLength, size);
  const setup = parseSetup(bytes.subarray(40, 48));
  return {
    request: { command: 'submit', seqnum, direction, endpoint: view.getUint32(16), length, setup, data },
    size,
  };
}

/** The setup packet keeps the byte order of the bus (USB 2.0 §9.3). */
export function parseSetup(bytes: Uint8Array): SetupPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    requestType: view.getUint8(0),
    request: view.getUint8(1),
    value: view.getUint16(2, true),
    index: view.getUint16(4, true),
    length: view.getUint16(6, true),
  };
}

/** USBIP_RET_SUBMIT: `actualLength` counts the bytes moved either way; `data` follows only for IN. */
export function submitReply(seqnum: number, status: number, actualLength: number, data?: Uint8Array): Uint8Array {
  const reply = replyHeader(usbipCommand.submitReply, seqnum, status, data?.length ?? 0);
  reply.view.setUint32(24, actualLength);
  if (data) reply.bytes.set(data, headerLength);
  return reply.bytes;
}

/** USBIP_RET_UNLINK: −104 if the URB was still pending, 0 if its answer is already on its way. */
export function unlinkReply(seqnum: number, status: number): Uint8Array {
  return replyHeader(usbipCommand.unlinkReply, seqnum, status, 0).bytes;
}

function replyHeader(command: number, seqnum: number, status: number, dataLength: number) {
  const bytes = new Uint8Array(headerLength + dataLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, command);
  view.setUint32(4, seqnum);
  view.setInt32(20, status);
  return { bytes, view };
}
