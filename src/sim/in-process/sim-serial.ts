import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { sleep } from '../../bench/clock.ts';
import type {
  CharacterFormat,
  LineMove,
  ModemLines,
  PortInfo,
  SerialLink,
  SerialPorts,
} from '../../bench/serial-link.ts';
import { idleLines } from '../../board/circuit/wiring.ts';
import type { AdapterWires } from '../board/target-program.ts';
import { hasOddOnes } from '../chip/odd-ones.ts';
import { LineNoise } from './line-noise.ts';

/** Behaviour of an adapter, and its faults. */
export interface AdapterBehaviour {
  /**
   * Duration of one `setLines`, evaluated for each call. The lines change half-way. About 2 ms on a full-speed adapter.
   */
  readonly latency?: () => Milliseconds;
  /** How long Linux holds both lines asserted inside `open()`. 0 if the driver does not. */
  readonly openGlitch?: Milliseconds;
  /** RTS moves in a separate call before DTR, so that for a moment only RTS has its new state. */
  readonly movesRtsFirst?: boolean;
  readonly refusesOpen?: 'adapter-busy' | 'adapter-denied';
  readonly linesUnsupported?: boolean;
  /** Highest baud rate that its wires carry without a fault. */
  readonly noisyAbove?: number;
  /** It sends and expects no parity bit, whatever is asked: its driver says so when it is asked back, or does not. */
  readonly noParity?: 'refused' | 'ignored';
  /** Asked after each change of the lines: true pulls the adapter out of its USB port. */
  readonly losesItself?: (lines: ModemLines) => boolean;
}

const both = { rts: 'asserted', dtr: 'asserted' } as const satisfies ModemLines;
const callLatency: Milliseconds = 2;
const openGlitch: Milliseconds = 8;

const refusals = {
  'adapter-busy': 'is held by another program',
  'adapter-denied': 'may not be opened by this user',
} as const;

/** Bits on the wire for one character: start, 8 data, stop, and parity. */
const characterTime = ({ baudRate, parity }: CharacterFormat): Milliseconds =>
  ((parity === 'even' ? 11 : 10) / baudRate) * 1e3;

/** A simulated USB-serial adapter at the end of a board's wires. */
export class SimAdapter {
  readonly info: PortInfo;
  readonly noise: LineNoise;
  readonly #clock: Clock;
  readonly #wires: AdapterWires;
  readonly #behaviour: AdapterBehaviour;
  #lost = new AbortController();
  #isOpen = false;
  #lines: ModemLines = idleLines;

  constructor(clock: Clock, info: PortInfo, wires: AdapterWires, behaviour: AdapterBehaviour = {}) {
    this.#clock = clock;
    this.info = info;
    this.#wires = wires;
    this.#behaviour = behaviour;
    this.noise = new LineNoise(behaviour.noisyAbove);
  }

  /** Aborted with `adapter-lost` once the adapter is out of its USB port. */
  get noParity(): AdapterBehaviour['noParity'] {
    return this.#behaviour.noParity;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Unplugs the adapter. It moves no line any more, and its pins have no supply. Every pending and later call fails.
   */
  unplug(): void {
    this.#wires.setLines(idleLines);
    this.#wires.setPower?.(false);
    this.#lost.abort(new BootctlError('adapter-lost', `${this.info.path} has gone: the adapter left its USB port`));
  }

  /** Plugs it in again as a new device with both lines released. Links that were opened before stay lost. */
  plugIn(): void {
    if (!this.lost.aborted) return;
    this.#wires.setPower?.(true);
    this.#isOpen = false;
    this.#lost = new AbortController();
  }

  async open(format: CharacterFormat): Promise<SerialLink> {
    const { refusesOpen, linesUnsupported } = this.#behaviour;
    const refusal = refusesOpen ?? (this.#isOpen ? 'adapter-busy' : undefined);
    await sleep(this.#clock, callLatency);
    if (refusal) throw new BootctlError(refusal, `${this.info.path} ${refusals[refusal]}`);
    this.#isOpen = true;
    const glitch = linesUnsupported ? 0 : (this.#behaviour.openGlitch ?? openGlitch);
    if (glitch > 0) {
      this.#wires.setLines(both);
      await this.#wait(glitch);
      this.#wires.setLines(idleLines);
    }
    return new SimLink(this, this.#clock, this.#wires, format);
  }

  async setLines(lines: ModemLines): Promise<void> {
    const half = (this.#behaviour.latency?.() ?? callLatency) / 2;
    await this.#wait(half);
    if (this.#behaviour.linesUnsupported) {
      throw new BootctlError('adapter-lines-unsupported', `${this.info.path} has no modem lines (ENOTTY)`);
    }
    if (this.#behaviour.movesRtsFirst) {
      this.#wires.setLines({ ...this.#lines, rts: lines.rts });
      await this.#wait(half);
    }
    this.#lines = lines;
    this.#wires.setLines(lines);
    if (this.#behaviour.losesItself?.(lines)) this.unplug();
    await this.#wait(half);
  }

  /** Both lines are released by the operating system when the last holder closes the port. */
  close(): void {
    this.#isOpen = false;
    this.#lines = idleLines;
    if (!this.lost.aborted) this.#wires.setLines(idleLines);
  }

  #wait(span: Milliseconds): Promise<void> {
    return sleep(this.#clock, span, this.lost);
  }
}

class SimLink implements SerialLink {
  readonly path: string;
  readonly #adapter: SimAdapter;
  readonly #lost: AbortSignal;
  readonly #clock: Clock;
  readonly #wires: AdapterWires;
  readonly #unsubscribe: () => void;
  #format: CharacterFormat;
  #asked: CharacterFormat;
  #input: Uint8Array = new Uint8Array(0);
  #wake: () => void = () => {};
  #closed = false;

  constructor(adapter: SimAdapter, clock: Clock, wires: AdapterWires, format: CharacterFormat) {
    this.path = adapter.info.path;
    this.#adapter = adapter;
    this.#lost = adapter.lost;
    this.#clock = clock;
    this.#wires = wires;
    this.#format = format;
    this.#asked = format;
    this.#unsubscribe = wires.onReceive((bytes, sent) => this.#arrived(bytes, sent));
  }

  get lacksParity(): boolean {
    return this.#adapter.noParity === 'refused' && this.#asked.parity !== this.#format.parity;
  }

  async setLines(lines: ModemLines): Promise<void> {
    this.#checkOpen();
    await this.#adapter.setLines(lines);
  }

  async pulseLines(first: ModemLines, hold: Milliseconds, second: ModemLines) {
    const opened = await this.#timed(first);
    await sleep(this.#clock, hold);
    return [opened, await this.#timed(second)] as const;
  }

  async #timed(lines: ModemLines): Promise<LineMove> {
    const from = this.#clock.now();
    await this.setLines(lines);
    return { from, to: this.#clock.now() };
  }

  async configure(format: CharacterFormat): Promise<void> {
    this.#checkOpen();
    await sleep(this.#clock, callLatency, this.#lost);
    this.#asked = format;
    this.#format = this.#adapter.noParity ? { ...format, parity: 'none' } : format;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const format = this.#format;
    await sleep(this.#clock, callLatency / 2 + bytes.length * characterTime(format), this.#lost);
    this.#wires.transmit(this.#adapter.noise.on(bytes.slice(), format), format);
  }

  async receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array> {
    this.#checkOpen();
    if (this.#input.length === 0) {
      const arrived = new AbortController();
      this.#wake = () => arrived.abort();
      const stop = AbortSignal.any([arrived.signal, this.#lost, ...(signal ? [signal] : [])]);
      await sleep(this.#clock, timeout, stop).catch((reason) => {
        if (!arrived.signal.aborted) throw reason;
      });
    }
    const received = this.#input;
    this.#input = new Uint8Array(0);
    return received;
  }

  async drainInput(): Promise<void> {
    this.#checkOpen();
    await sleep(this.#clock, callLatency / 2, this.#lost);
    this.#input = new Uint8Array(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    if (!this.#lost.aborted) this.#adapter.close();
  }

  #arrived(bytes: Uint8Array, sent: CharacterFormat): void {
    const { baudRate, parity } = this.#format;
    // termios: a character with a framing or parity error is read as NUL unless IGNPAR or PARMRK is set.
    const inRate = sent.baudRate === baudRate;
    const read = (byte: number) => (sent.parity === parity || hasOddOnes(byte) ? byte : 0);
    this.#input = Uint8Array.of(
      ...this.#input,
      ...(inRate ? this.#adapter.noise.on(bytes, sent).map(read) : bytes.map(() => 0)),
    );
    this.#wake();
  }

  #checkOpen(): void {
    this.#lost.throwIfAborted();
    if (this.#closed) throw new BootctlError('adapter-failed', `${this.path} has been closed`);
  }
}

/** The serial ports of a simulated host. */
export function simSerialPorts(adapters: readonly SimAdapter[]): SerialPorts {
  const present = () => adapters.filter(({ lost }) => !lost.aborted);
  return {
    list: async () => present().map(({ info }) => info),
    open: async (path, format) => {
      const adapter = present().find(({ info }) => info.path === path);
      if (!adapter) throw new BootctlError('adapter-missing', `There is no serial port ${path}`);
      return adapter.open(format);
    },
  };
}

/** A port of several is named by its interface as well: `1-1:1.1`. */
export const placeOf = (place: string): Pick<PortInfo, 'usbPath' | 'usbInterface'> => {
  const [usbPath = '', usbInterface] = place.split(':');
  return { usbPath, ...(usbInterface === undefined ? {} : { usbInterface }) };
};
