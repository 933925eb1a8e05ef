import type { CommandName } from '../protocol/an3155/commands.ts';
import { an3155Reply, syncByte } from '../protocol/an3155/constants.ts';
import { answerText, commandText, frameText } from './describe-an3155.ts';
import { type Description, hexText } from './describe-control.ts';
import type { BenchEvent } from './trace-event.ts';

/** The command or answer that the next frame belongs to. */
interface Exchange {
  readonly command: CommandName | undefined;
  /** Frames since the command. */
  readonly frames: number;
  /** The first byte of an answer is ACK or NACK; bytes after it are data. */
  readonly awaitsAck: boolean;
}

const between: Exchange = { command: undefined, frames: 0, awaitsAck: false };

/**
 * Names the bytes on one port as AN3155 does, as long as the character format is that of the ROM (8E1) and the bytes
 * are unambiguous. All other bytes are shown as they are. One object follows one port through a trace.
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
    // A refused frame ends its command. The next frame begins another one.
    this.#exchange = name === 'NACK' ? between : { ...this.#exchange, awaitsAck: false };
    if (name === undefined) {
      return { text: `received ${this.#data(bytes)}`, kind: `received ${bytes.length}`, follows: true };
    }
    const rest = bytes.subarray(1);
    const text = rest.length === 0 ? name : `${name}, then ${this.#data(rest)}`;
    return { text: `received ${text}`, kind: `received ${name} ${rest.length}`, follows: true };
  }

  #data(bytes: Buffer): string {
    return answerText(this.#exchange.command, bytes) ?? hexText(bytes);
  }

  #frame(bytes: Buffer): { text: string; kind: string } {
    const { command, frames } = this.#exchange;
    const inside = command === undefined ? undefined : frameText(command, frames, bytes);
    if (inside !== undefined) {
      this.#exchange = { command, frames: frames + 1, awaitsAck: true };
      // A row that reports a fault is not folded.
      const kind = inside.isWrong ? inside.text : `${command} ${frames} ${bytes.length}`;
      return { text: inside.text, kind };
    }
    const found = commandText(bytes);
    this.#exchange = { command: found?.name, frames: 0, awaitsAck: true };
    if (found) return { text: found.text, kind: found.name ?? found.text };
    const isSync = bytes.length === 1 && bytes[0] === syncByte;
    return isSync ? { text: 'sync (7F)', kind: 'sync' } : { text: hexText(bytes), kind: `${bytes.length}` };
  }
}

const replyName = (byte: number | undefined): string | undefined =>
  (Object.keys(an3155Reply) as (keyof typeof an3155Reply)[]).find((name) => an3155Reply[name] === byte);

/** Text as a quoted string, everything else as hex. */
const plainText = (bytes: Buffer): string =>
  bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || [0x09, 0x0a, 0x0d].includes(byte))
    ? JSON.stringify(bytes.toString('latin1'))
    : hexText(bytes);
