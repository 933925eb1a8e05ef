import { an3155Command, an3155Reply, syncByte } from '../protocol/an3155/constants.ts';
import { address32, count } from '../text.ts';
import { type Description, hexText } from './describe-control.ts';
import type { BenchEvent } from './trace-event.ts';

type CommandName = keyof typeof an3155Command;

/** Titles in AN3155 §3. */
const titles: Readonly<Record<CommandName, string>> = {
  get: 'Get',
  getVersion: 'Get Version',
  getId: 'Get ID',
  readMemory: 'Read Memory',
  go: 'Go',
  writeMemory: 'Write Memory',
  erase: 'Erase',
  extendedErase: 'Extended Erase',
  writeProtect: 'Write Protect',
  writeUnprotect: 'Write Unprotect',
  readoutProtect: 'Readout Protect',
  readoutUnprotect: 'Readout Unprotect',
};

/** What the next frame belongs to. */
interface Exchange {
  readonly command: CommandName | undefined;
  /** Frames since the command. */
  readonly frames: number;
  /** The first byte of an answer is ACK or NACK; bytes after it are data. */
  readonly awaitsAck: boolean;
}

const between: Exchange = { command: undefined, frames: 0, awaitsAck: false };

/**
 * Gives the bytes on one port their names in AN3155 as long as the character format is that of the ROM (8E1) and
 * the bytes leave no doubt; all others are shown as they are. One of these follows one port through a trace.
 */
export class SerialDescriber {
  #isRomFormat = false;
  #exchange: Exchange = between;

  format({ parity }: { readonly parity: 'none' | 'even' }): void {
    this.#isRomFormat = parity === 'even';
    this.#exchange = between;
  }

  sent({ data }: Extract<BenchEvent, { event: 'serial.out' }>): Description {
    const bytes = Buffer.from(data, 'hex');
    if (!this.#isRomFormat) return { text: `sent ${plainText(bytes)}`, kind: 'sent' };
    const { text, kind } = this.#frame(bytes);
    return { text: `sent ${text}`, kind: `sent ${kind}` };
  }

  received({ data, error }: Extract<BenchEvent, { event: 'serial.in' }>, waited: number): Description {
    const bytes = Buffer.from(data, 'hex');
    if (error) return { text: `receiving failed: ${error.message} [${error.code}]` };
    if (bytes.length === 0) return { text: `nothing received within ${waited.toFixed(0)} ms`, kind: 'nothing' };
    if (!this.#isRomFormat) return { text: `received ${plainText(bytes)}`, kind: 'received' };
    const [first] = bytes;
    const name = this.#exchange.awaitsAck ? replyName(first) : undefined;
    this.#exchange = { ...this.#exchange, awaitsAck: false };
    if (name === undefined)
      return { text: `received ${hexText(bytes)}`, kind: `received ${bytes.length}`, follows: true };
    const rest = bytes.subarray(1);
    const text = rest.length === 0 ? name : `${name}, then ${hexText(rest)}`;
    return { text: `received ${text}`, kind: `received ${name} ${rest.length}`, follows: true };
  }

  #frame(bytes: Buffer): { text: string; kind: string } {
    const { command, frames } = this.#exchange;
    const inside = command === undefined ? undefined : frameText(command, frames, bytes);
    if (inside !== undefined) {
      this.#exchange = { command, frames: frames + 1, awaitsAck: true };
      return { text: inside, kind: `${command} ${frames} ${bytes.length}` };
    }
    const name = commandOf(bytes);
    this.#exchange = { command: name, frames: 0, awaitsAck: true };
    if (name) return { text: `${titles[name]} (${hexText(bytes)})`, kind: name };
    const isSync = bytes.length === 1 && bytes[0] === syncByte;
    return isSync ? { text: 'sync (7F)', kind: 'sync' } : { text: hexText(bytes), kind: `${bytes.length}` };
  }
}

/** A frame that belongs to the command before it; undefined where it does not have that shape. */
function frameText(command: CommandName, frames: number, bytes: Buffer): string | undefined {
  const takesAddress = command === 'readMemory' || command === 'writeMemory' || command === 'go';
  if (takesAddress && frames === 0 && bytes.length === 5) return `address ${address32(bytes.readUInt32BE(0))}`;
  const [first = 0] = bytes;
  if (command === 'readMemory' && frames === 1 && bytes.length === 2) return `length: ${count(first + 1, 'byte')}`;
  if (command === 'writeMemory' && frames === 1 && bytes.length === first + 3) return count(first + 1, 'byte');
  const isErase = command === 'erase' || command === 'extendedErase';
  return isErase && frames === 0 ? `what to erase: ${hexText(bytes)}` : undefined;
}

/** A code with its complement (AN3155 §3). */
function commandOf(bytes: Buffer): CommandName | undefined {
  const [code = 0, complement] = bytes;
  if (bytes.length !== 2 || complement !== (code ^ 0xff)) return undefined;
  return (Object.keys(an3155Command) as CommandName[]).find((name) => an3155Command[name] === code);
}

const replyName = (byte: number | undefined): string | undefined =>
  (Object.keys(an3155Reply) as (keyof typeof an3155Reply)[]).find((name) => an3155Reply[name] === byte);

/** Text as a quoted string, everything else as hex. */
const plainText = (bytes: Buffer): string =>
  bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || [0x09, 0x0a, 0x0d].includes(byte))
    ? JSON.stringify(bytes.toString('latin1'))
    : hexText(bytes);
