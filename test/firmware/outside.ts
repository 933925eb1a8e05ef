/** What the host sends: bytes of a serial line, or the states of a USB serial port. */
export interface Input {
  readonly bytes?: string;
  readonly states?: readonly { readonly baudRate: number; readonly dtr: boolean }[];
}

interface OutsideOptions {
  /** See app.c. */
  readonly manner?: number;
  /** Milliseconds that have gone by between two looks at the clock. */
  readonly tick?: number;
  /** The application looks so often for bytes in vain before it counts as running. */
  readonly patience?: number;
}

const base = 0x4fff0000;

/** What the application of app.c reads and tells at its test addresses. */
export class Outside {
  now = 0;
  /** When it has told that it was asked. */
  askedAt = 0;
  /** 1 running, 2 asked, 3 could not enter. */
  told: number[] = [];
  onIdle: () => void = () => {};
  readonly #options: OutsideOptions;
  readonly #clockControl: number;
  #bytes: number[] = [];
  #states: number[] = [];
  #idle = 0;

  constructor(options: OutsideOptions, clockControl: number) {
    this.#options = options;
    this.#clockControl = clockControl;
  }

  has(address: number): boolean {
    return address >= base && address < base + 32;
  }

  send({ bytes = '', states = [] }: Input): void {
    this.#bytes = [...bytes].map((character) => character.charCodeAt(0));
    this.#states = states.map(({ baudRate, dtr }) => (baudRate | (dtr ? 2 ** 31 : 0)) >>> 0);
    this.told = [];
  }

  restart(): void {
    this.#idle = 0;
  }

  read(address: number): number {
    if (address === base + 4) {
      this.now += this.#options.tick ?? 20;
      return this.now;
    }
    if (address === base + 8) return this.#states.shift() ?? 0;
    if (address === base + 12) return this.#options.manner ?? 0;
    if (address === base + 20) return this.#clockControl;
    const byte = this.#bytes.shift();
    if (byte === undefined) this.#idle += 1;
    if (this.#idle > (this.#options.patience ?? 60)) this.onIdle();
    return byte ?? 0xffff;
  }

  write(value: number): void {
    this.told.push(value);
    if (value === 2) this.askedAt = this.now;
  }
}
