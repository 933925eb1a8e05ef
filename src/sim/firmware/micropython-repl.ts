import type { Listener } from './firmware-port.ts';

const control = { a: '\x01', b: '\x02', c: '\x03', d: '\x04' } as const;
const banner = 'MicroPython v1.22.0 on 2023-12-27; PYBv1.1 with STM32F405RG\r\nType "help()" for more information.\r\n';
const prompt = '>>> ';
const bootloaderCall = /\b(?:machine|pyb)\.bootloader\(\s*\d*\s*\)/;

export interface ReplOptions {
  /** A main.py runs: nothing is answered before Ctrl-C. */
  readonly busy?: boolean;
  /** Neither module has a `bootloader`. */
  readonly withoutCall?: boolean;
  send(text: string): void;
  toRom(): void;
}

/** Error of a call that no module has. */
const attributeError =
  'Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\n' +
  "AttributeError: 'module' object has no attribute 'bootloader'\r\n";

/** As much of MicroPython's REPL as host tools need: friendly and raw mode, and the two calls that enter the ROM. */
export class MicropythonRepl implements Listener {
  readonly #options: ReplOptions;
  #mode: 'busy' | 'friendly' | 'raw';
  #line = '';

  constructor(options: ReplOptions) {
    this.#options = options;
    this.#mode = options.busy ? 'busy' : 'friendly';
  }

  push(bytes: Uint8Array): void {
    for (const character of new TextDecoder('latin1').decode(bytes)) this.#type(character);
  }

  #type(character: string): void {
    if (this.#mode === 'busy') {
      if (character === control.c) this.#interrupt();
      return;
    }
    if (character === control.a) this.#enterRaw();
    else if (character === control.b) this.#enterFriendly(`\r\n${banner}`);
    else if (character === control.c) this.#cancelLine();
    else if (character === control.d) this.#endOfInput();
    else if (this.#mode === 'friendly') this.#typeFriendly(character);
    else this.#line += character;
  }

  #interrupt(): void {
    const trace =
      'Traceback (most recent call last):\r\n  File "main.py", line 1, in <module>\r\nKeyboardInterrupt: \r\n';
    this.#enterFriendly(trace + banner);
  }

  #enterRaw(): void {
    this.#mode = 'raw';
    this.#line = '';
    this.#options.send('raw REPL; CTRL-B to exit\r\n>');
  }

  #enterFriendly(text: string): void {
    this.#mode = 'friendly';
    this.#line = '';
    this.#options.send(text + prompt);
  }

  #cancelLine(): void {
    this.#line = '';
    if (this.#mode === 'friendly') this.#options.send(`\r\n${prompt}`);
  }

  /** Ctrl-D: runs the text in raw mode; on an empty friendly line a soft reset, otherwise nothing. */
  #endOfInput(): void {
    const text = this.#line;
    if (this.#mode === 'friendly') {
      if (text === '') this.#enterFriendly(`\r\nMPY: soft reboot\r\n${banner}`);
      return;
    }
    this.#line = '';
    this.#options.send('OK');
    const printed = this.#run(text);
    if (printed !== undefined) this.#options.send(`\x04${printed}\x04>`);
  }

  #typeFriendly(character: string): void {
    if (character !== '\r') {
      this.#line += character;
      this.#options.send(character);
      return;
    }
    const text = this.#line;
    this.#line = '';
    this.#options.send('\r\n');
    const printed = this.#run(text);
    if (printed !== undefined) this.#options.send(printed + prompt);
  }

  /** The output of the text. Undefined if it does not return. */
  #run(text: string): string | undefined {
    if (!bootloaderCall.test(text)) return '';
    if (this.#options.withoutCall) return attributeError;
    this.#options.toRom();
    return undefined;
  }
}
