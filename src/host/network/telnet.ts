/** Commands of RFC 854 (TELNET COMMAND STRUCTURE) that a serial port behind a server needs. */
const SE = 240;
const SB = 250;
export const WILL = 251;
export const WONT = 252;
export const DO = 253;
export const DONT = 254;
const IAC = 255;

export type Verb = typeof WILL | typeof WONT | typeof DO | typeof DONT;

/** What a peer has sent, in its order. */
export type TelnetEvent =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'negotiation'; readonly verb: Verb; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly payload: Uint8Array };

/** Longer than any subnegotiation of RFC 2217; what a server sends beyond that is dropped (our choice). */
const longestSubnegotiation = 512;

const isVerb = (byte: number): byte is Verb => byte >= WILL && byte <= DONT;

/** Data as it goes over a telnet connection: 255 is sent twice (RFC 854). */
export function escapeData(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(IAC)) return bytes;
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

export const negotiation = (verb: Verb, option: number): Uint8Array => Uint8Array.of(IAC, verb, option);

/** A subnegotiation, whose payload is escaped like data (RFC 855). */
export const subnegotiation = (option: number, payload: readonly number[]): Uint8Array =>
  Uint8Array.from([IAC, SB, option, ...escapeData(Uint8Array.from(payload)), IAC, SE]);

type State = 'data' | 'command' | Verb | 'option' | 'payload' | 'payload command';

/** Takes a telnet stream apart, whatever pieces it arrives in. */
export class TelnetDecoder {
  #state: State = 'data';
  #option = 0;
  #payload: number[] = [];

  decode(chunk: Uint8Array): readonly TelnetEvent[] {
    const events: TelnetEvent[] = [];
    let data: number[] = [];
    const flush = () => {
      if (data.length > 0) events.push({ kind: 'data', bytes: Uint8Array.from(data) });
      data = [];
    };
    for (const byte of chunk) {
      const found = this.#take(byte);
      if (typeof found === 'number') data.push(found);
      else if (found) {
        flush();
        events.push(found);
      }
    }
    flush();
    return events;
  }

  /** A byte of data, an event that this byte completes, or nothing yet. */
  #take(byte: number): number | TelnetEvent | undefined {
    switch (this.#state) {
      case 'data':
        if (byte !== IAC) return byte;
        this.#state = 'command';
        return undefined;
      case 'command':
        return this.#takeCommand(byte);
      case 'option':
        this.#option = byte;
        this.#payload = [];
        this.#state = 'payload';
        return undefined;
      case 'payload':
      case 'payload command':
        return this.#takePayload(byte);
      default: {
        const verb = this.#state;
        this.#state = 'data';
        return { kind: 'negotiation', verb, option: byte };
      }
    }
  }

  /** Commands without an option, such as NOP, say nothing to a serial port. */
  #takeCommand(byte: number): number | undefined {
    this.#state = isVerb(byte) ? byte : byte === SB ? 'option' : 'data';
    return byte === IAC ? IAC : undefined;
  }

  #takePayload(byte: number): TelnetEvent | undefined {
    if (this.#state === 'payload' && byte === IAC) {
      this.#state = 'payload command';
      return undefined;
    }
    const isEnd = this.#state === 'payload command' && byte === SE;
    this.#state = isEnd ? 'data' : 'payload';
    if (isEnd) return { kind: 'subnegotiation', option: this.#option, payload: Uint8Array.from(this.#payload) };
    if (this.#payload.length < longestSubnegotiation) this.#payload.push(byte);
    return undefined;
  }
}

type Side = 'us' | 'them';
type OptionState = 'asked' | 'on' | 'off' | 'refused';

/** How a side is asked for an option, how it agrees, and how it refuses. */
const verbs = { us: { ask: WILL, refuse: WONT }, them: { ask: DO, refuse: DONT } } as const;

/**
 * The options of one connection. Each side answers a change and never an answer, so that no negotiation goes round in
 * circles (RFC 854, rule b; RFC 1143).
 */
export class TelnetOptions {
  readonly #states: Readonly<Record<Side, Map<number, OptionState>>>;

  /** `us`: what this side does; `them`: what the server is to do. All else is refused. */
  constructor(wanted: Readonly<Record<Side, readonly number[]>>) {
    const states = (options: readonly number[]) => new Map(options.map((option) => [option, 'asked' as OptionState]));
    this.#states = { us: states(wanted.us), them: states(wanted.them) };
  }

  /** Asks for everything at once. */
  request(): Uint8Array {
    const sides = ['us', 'them'] as const;
    return Uint8Array.from(
      sides.flatMap((side) =>
        [...this.#states[side].keys()].flatMap((option) => [...negotiation(verbs[side].ask, option)]),
      ),
    );
  }

  stateOf(side: Side, option: number): OptionState | undefined {
    return this.#states[side].get(option);
  }

  /** What is to be sent back, if anything. */
  answer(verb: Verb, option: number): Uint8Array | undefined {
    const side = verb === DO || verb === DONT ? 'us' : 'them';
    const states = this.#states[side];
    const state = states.get(option);
    const { ask, refuse } = verbs[side];
    if (verb === DO || verb === WILL) {
      if (state === undefined) return negotiation(refuse, option);
      states.set(option, 'on');
      return state === 'off' || state === 'refused' ? negotiation(ask, option) : undefined;
    }
    if (state === undefined || state === 'off' || state === 'refused') return undefined;
    states.set(option, state === 'asked' ? 'refused' : 'off');
    return state === 'on' ? negotiation(refuse, option) : undefined;
  }
}
