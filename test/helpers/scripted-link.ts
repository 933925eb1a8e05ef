import { BootctlError } from '../../src/base/errors.ts';
import { type Clock, sleep } from '../../src/bench/clock.ts';
import type { CharacterFormat, ModemLines, SerialLink } from '../../src/bench/serial-link.ts';

/** Answer to one write: bytes in hex, a pause before them (`'+120 79'`), text, the port's end, or silence. */
export type LinkAnswer = string | { readonly text: string } | 'lost' | undefined;

const lost = (path: string) => new BootctlError('adapter-lost', `${path} has gone`);

/** A link that answers each write from a list, in order, and remembers all that is done to it as text. */
export class ScriptedLink implements SerialLink {
  readonly path: string;
  /** `write 7f`, `lines rts asserted, dtr released`, `115200 even`, `drain`, `close`. */
  readonly calls: string[] = [];
  readonly #clock: Clock;
  readonly #answers: LinkAnswer[];
  readonly #chunks: Uint8Array[] = [];
  #wake: () => void = () => {};
  #isLost = false;

  constructor(clock: Clock, answers: readonly LinkAnswer[] = [], path = '/dev/ttyTEST') {
    this.path = path;
    this.#clock = clock;
    this.#answers = [...answers];
  }

  /** Only what was written, in hex. */
  get written(): readonly string[] {
    return this.calls.filter((call) => call.startsWith('write ')).map((call) => call.slice('write '.length));
  }

  async setLines({ rts, dtr }: ModemLines): Promise<void> {
    this.#note(`lines rts ${rts}, dtr ${dtr}`);
  }

  async configure({ baudRate, parity }: CharacterFormat): Promise<void> {
    this.#note(`${baudRate} ${parity}`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#note(`write ${Buffer.from(bytes).toString('hex')}`);
    const answer = this.#answers.shift();
    if (answer === 'lost') {
      this.#isLost = true;
      throw lost(this.path);
    }
    if (answer !== undefined) this.#answer(answer);
  }

  async receive(timeout: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (this.#chunks.length === 0 && !this.#isLost) {
      const arrived = new AbortController();
      this.#wake = () => arrived.abort();
      const stop = AbortSignal.any([arrived.signal, ...(signal ? [signal] : [])]);
      await sleep(this.#clock, timeout, stop).catch((reason) => {
        if (!arrived.signal.aborted) throw reason;
      });
    }
    if (this.#chunks.length === 0 && this.#isLost) throw lost(this.path);
    return this.#chunks.shift() ?? new Uint8Array(0);
  }

  async drainInput(): Promise<void> {
    this.#note('drain');
    this.#chunks.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calls.push('close');
  }

  /** The port goes away by itself. */
  lose(): void {
    this.#isLost = true;
    this.#wake();
  }

  #note(call: string): void {
    this.calls.push(call);
    if (this.#isLost) throw lost(this.path);
  }

  /** `'79 | 1f'` arrives in two pieces; `+120` waits that many ms; `lost` after a pause is the port's end. */
  #answer(answer: Exclude<LinkAnswer, undefined>): void {
    const pieces =
      typeof answer === 'string' ? answer.split('|') : [Buffer.from(answer.text, 'latin1').toString('hex')];
    let delay = 0;
    for (const piece of pieces) {
      const [, wait = '0', rest = ''] = /^\s*(?:\+(\d+))?\s*(.*?)\s*$/.exec(piece) ?? [];
      delay += Number(wait);
      const deliver = () => (rest === 'lost' ? this.lose() : this.#push(Buffer.from(rest.replaceAll(' ', ''), 'hex')));
      if (delay === 0) deliver();
      else this.#clock.setTimeout(deliver, delay);
    }
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(bytes));
    this.#wake();
  }
}
