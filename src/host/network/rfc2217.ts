import type { CharacterFormat, ModemLines } from '../../bench/serial-link.ts';
import { subnegotiation } from './telnet.ts';

/** COM-PORT-OPTION (RFC 2217 §1), TRANSMIT-BINARY (RFC 856), SUPPRESS-GO-AHEAD (RFC 858). */
export const comPort = 44;
export const binary = 0;
export const suppressGoAhead = 3;

/** Commands to the server; its answer has 100 more (RFC 2217 §2, §3). */
const commands = {
  'SET-BAUDRATE': 1,
  'SET-DATASIZE': 2,
  'SET-PARITY': 3,
  'SET-STOPSIZE': 4,
  'SET-CONTROL': 5,
  'PURGE-DATA': 12,
} as const;
type Command = keyof typeof commands;
const toClient = 100;

/** Values of SET-PARITY and of SET-STOPSIZE (RFC 2217 §2). */
const parities = { none: 1, even: 3 } as const;
/** What a server answers that has left the parity out. */
export const withoutParity = 'parity none';
const parityNames: Readonly<Record<number, string>> = { 1: 'none', 2: 'odd', 3: 'even', 4: 'mark', 5: 'space' };
const oneStopBit = 1;
/** Values of SET-CONTROL (RFC 2217 §3). */
const lineValues = {
  dtr: { ask: 7, asserted: 8, released: 9 },
  rts: { ask: 10, asserted: 11, released: 12 },
} as const;
/** Value of PURGE-DATA: what the server has received and not yet sent on. */
const receiveBuffer = 1;
/** The rate that a driver reports may be the nearest that its clock makes (linux drivers/tty/tty_baudrate.c: 1/50). */
const nearRate = 50;

/** One question to the server. */
export interface Request {
  readonly bytes: Uint8Array;
  /** In words: `RTS released`. */
  readonly wish: string;
  /** Code of the answer. */
  readonly code: number;
  /** Whether an answer of this code belongs to this question. */
  readonly isMeant: (payload: Uint8Array) => boolean;
  /** What the server says instead; undefined where it does as it was asked. */
  readonly otherwise: (payload: Uint8Array) => string | undefined;
}

function request(
  command: Command,
  values: readonly number[],
  wish: string,
  { isMeant = () => true, otherwise }: Partial<Pick<Request, 'isMeant' | 'otherwise'>> = {},
): Request {
  const code = commands[command];
  return {
    bytes: subnegotiation(comPort, [code, ...values]),
    wish,
    code: code + toClient,
    isMeant,
    otherwise:
      otherwise ?? (([value]) => (value === values[0] ? undefined : `${command} ${value ?? 'without a value'}`)),
  };
}

/** Most significant byte first (RFC 2217 §2, "network standard byte order"). */
const bytesOf = (rate: number): readonly number[] => [24, 16, 8, 0].map((shift) => (rate >>> shift) & 0xff);

const rateOf = (payload: Uint8Array): number | undefined =>
  payload.length === 4 ? new DataView(payload.buffer, payload.byteOffset).getUint32(0) : undefined;

function otherRate(wanted: number, payload: Uint8Array): string | undefined {
  const rate = rateOf(payload);
  if (rate === undefined) return `a baud rate in ${payload.length} bytes`;
  return Math.abs(rate - wanted) <= wanted / nearRate ? undefined : `${rate} baud`;
}

/** A whole character format, in one piece. */
export const formatRequests = ({ baudRate, parity }: CharacterFormat): readonly Request[] => [
  request('SET-BAUDRATE', bytesOf(baudRate), `${baudRate} baud`, { otherwise: (found) => otherRate(baudRate, found) }),
  request('SET-DATASIZE', [8], '8 data bits', {
    otherwise: ([value]) => (value === 8 ? undefined : `${value} data bits`),
  }),
  request('SET-PARITY', [parities[parity]], `parity ${parity}`, {
    otherwise: ([value = 0]) => (value === parities[parity] ? undefined : `parity ${parityNames[value] ?? value}`),
  }),
  request('SET-STOPSIZE', [oneStopBit], '1 stop bit'),
];

/** Both lines, in one piece: what the server does first it does right before the other. */
export const lineRequests = (lines: ModemLines): readonly Request[] =>
  (['dtr', 'rts'] as const).map((line) => {
    const { ask, asserted, released } = lineValues[line];
    return request('SET-CONTROL', [lineValues[line][lines[line]]], `${line.toUpperCase()} ${lines[line]}`, {
      isMeant: ([value]) => value === ask || value === asserted || value === released,
    });
  });

/** Where the answer is `ask` itself, the server does not know how its line stands. */
export const presenceRequest = (): Request =>
  request('SET-CONTROL', [lineValues.dtr.ask], 'an answer', {
    isMeant: ([value]) => value !== undefined && value >= lineValues.dtr.ask && value <= lineValues.dtr.released,
    otherwise: () => undefined,
  });

export const purgeRequest = (): Request =>
  request('PURGE-DATA', [receiveBuffer], 'discard input', { otherwise: () => undefined });

/** Text of a list of wishes: `RTS released, DTR released`. */
export const wishesOf = (requests: readonly Request[]): string => requests.map(({ wish }) => wish).join(', ');
