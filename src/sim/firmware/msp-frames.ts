import { xor } from '../chip/xor.ts';

/** `$M<`, a frame to the flight controller (Betaflight src/main/msp/msp_serial.c). */
const header = [0x24, 0x4d, 0x3c] as const;

/** One request: the command's number and its payload. */
export type OnRequest = (command: number, payload: readonly number[]) => void;

/** MSP v1 as a flight controller receives it: a frame whose checksum is wrong is dropped without an answer. */
export class MspFrames {
  readonly #onRequest: OnRequest;
  #frame: number[] = [];

  constructor(onRequest: OnRequest) {
    this.#onRequest = onRequest;
  }

  /** False for a byte that belongs to no frame. */
  push(byte: number): boolean {
    const at = this.#frame.length;
    if (at < header.length && byte !== header[at]) {
      this.#frame = [];
      return at > 0;
    }
    this.#frame.push(byte);
    // Header, size, command, payload, checksum.
    if (at > header.length && at === header.length + 2 + this.#frame[header.length]!) this.#finish();
    return true;
  }

  #finish(): void {
    const [, command, ...payload] = this.#frame.slice(header.length, -1);
    // From the size on, the checksum itself included, everything cancels out.
    const isIntact = xor(this.#frame.slice(header.length)) === 0;
    this.#frame = [];
    if (isIntact) this.#onRequest(command!, payload);
  }
}

/** The frame that goes back: `$M>`, or `$M!` for an error. */
export function mspReply(command: number, payload: readonly number[], isError = false): Uint8Array {
  const body = [payload.length, command, ...payload];
  return Uint8Array.of(0x24, 0x4d, isError ? 0x21 : 0x3e, ...body, xor(body));
}
