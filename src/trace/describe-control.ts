import { address32, count } from '../base/text.ts';
import { dfuRequest, dfuRequestType, dfuseCommand } from '../protocol/dfu/constants.ts';
import { parseStatus } from '../protocol/dfu/requests.ts';
import type { BenchEvent } from './trace-event.ts';

export type ControlEvent = Extract<BenchEvent, { readonly event: 'usb.control' }>;

/** The request, the reply, and a key that transfers of the same kind share. */
export interface Description {
  readonly text: string;
  /**
   * Equal for rows that differ only in a block number, an address or their data. Absent for rows that are never folded.
   */
  readonly kind?: string;
  /** Belongs to the row before it: no pattern of several rows begins here. */
  readonly follows?: boolean;
}

interface Setup {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

/** Descriptor types of USB 2.0 table 9-5 that an enumerated device is asked for. */
const descriptorTypes: Readonly<Record<number, string>> = { 1: 'device', 2: 'configuration', 3: 'string' };
const getDescriptor = { requestType: 0x80, request: 6 };

/** A control transfer in the words of DFU 1.1, AN3156 and USB 2.0. */
export function describeControl({ setup: setupHex, data, error }: ControlEvent): Description {
  const setup = parseSetup(Buffer.from(setupHex, 'hex'));
  const bytes = Buffer.from(data, 'hex');
  const { what, answer, kind } = dfuTransfer(setup, bytes) ?? standardTransfer(setup, bytes, setupHex);
  if (error) return { text: `${what} failed: ${error.message} [${error.code}]`, kind: `${kind} ${error.code}` };
  const follows = kind.startsWith('GETSTATUS');
  return { text: answer === undefined ? what : `${what} -> ${answer}`, kind, follows };
}

interface Decoded {
  readonly what: string;
  readonly answer?: string;
  readonly kind: string;
}

function parseSetup(setup: Buffer): Setup {
  return {
    requestType: setup.readUInt8(0),
    request: setup.readUInt8(1),
    value: setup.readUInt16LE(2),
    index: setup.readUInt16LE(4),
    length: setup.readUInt16LE(6),
  };
}

type DfuRequestName = keyof typeof dfuRequest;

function dfuTransfer({ requestType, request, value }: Setup, data: Buffer): Decoded | undefined {
  const isIn = requestType === dfuRequestType.in;
  if (!isIn && requestType !== dfuRequestType.out) return undefined;
  const name = (Object.keys(dfuRequest) as DfuRequestName[]).find((key) => dfuRequest[key] === request);
  if (!name || inRequests.has(name) !== isIn) return undefined;
  const decode = decoders[name];
  return decode ? decode(data, value) : { what: `DFU_${name}`, kind: name };
}

const inRequests: ReadonlySet<DfuRequestName> = new Set(['UPLOAD', 'GETSTATUS', 'GETSTATE']);

const decoders: { readonly [Name in DfuRequestName]?: (data: Buffer, value: number) => Decoded } = {
  DNLOAD: (data, block) => {
    const what = `DFU_DNLOAD block ${block}, ${data.length === 0 ? 'no data' : count(data.length, 'byte')}`;
    const command = block === 0 && data.length > 0 ? dfuseCommandText(data) : undefined;
    if (command !== undefined) return { what: `${what}: ${command}`, kind: `DNLOAD command ${data[0]}` };
    return { what, kind: `DNLOAD ${data.length}` };
  },
  UPLOAD: (data, block) => ({
    what: `DFU_UPLOAD block ${block}`,
    answer: count(data.length, 'byte'),
    kind: `UPLOAD ${data.length}`,
  }),
  GETSTATUS: (data) => ({ what: 'DFU_GETSTATUS', answer: statusText(data), kind: `GETSTATUS ${statusText(data)}` }),
  GETSTATE: (data) => ({ what: 'DFU_GETSTATE', answer: `${data[0] ?? 'nothing'}`, kind: 'GETSTATE' }),
};

/** The commands of AN3156 §4. Undefined for other bytes. */
function dfuseCommandText(data: Buffer): string | undefined {
  const address = data.length === 5 ? ` ${address32(data.readUInt32LE(1))}` : '';
  switch (data[0]) {
    case dfuseCommand.getCommands:
      return 'Get';
    case dfuseCommand.setAddressPointer:
      return `Set Address Pointer${address}`;
    case dfuseCommand.erase:
      return data.length === 1 ? 'Erase, the whole memory' : `Erase${address}`;
    case dfuseCommand.readUnprotect:
      return 'Read Unprotect';
    default:
      return undefined;
  }
}

/** `dfuDNBUSY, OK, poll 100 ms`, or the bytes if they are not a status. */
function statusText(data: Buffer): string {
  try {
    const { state, status, pollTimeout } = parseStatus(data);
    const poll = pollTimeout > 0 ? `, poll ${pollTimeout} ms` : '';
    return `${state.replaceAll('_', '-')}, ${status}${poll}`;
  } catch {
    return hexText(data);
  }
}

function standardTransfer({ requestType, request, value }: Setup, data: Buffer, setupHex: string): Decoded {
  const type = descriptorTypes[value >> 8];
  if (requestType === getDescriptor.requestType && request === getDescriptor.request && type) {
    const what = `GET_DESCRIPTOR ${type} ${value & 0xff}`;
    return { what, answer: count(data.length, 'byte'), kind: what };
  }
  const what = `setup ${hexText(Buffer.from(setupHex, 'hex'))}`;
  const isIn = requestType >= 0x80;
  if (isIn) return { what, answer: hexText(data), kind: what };
  return { what: data.length > 0 ? `${what}, data ${hexText(data)}` : what, kind: what };
}

const mostBytes = 16;

/** `79 1F`. Of many bytes only the first ones and the count. */
export function hexText(bytes: Uint8Array): string {
  const text = [...bytes.subarray(0, mostBytes)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  if (bytes.length === 0) return 'nothing';
  return `${text.join(' ')}${bytes.length > mostBytes ? ` … (${bytes.length} bytes)` : ''}`;
}
