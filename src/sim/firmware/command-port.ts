import type { Listener } from './firmware-port.ts';

/** One command, as the bytes that a host sends. */
export interface Command {
  readonly send: string;
  act(): void;
}

const endsLine = ({ send }: Command): boolean => /[\r\n]$/.test(send);

/** Firmware with commands: whole lines, or bytes without a line end. */
export class CommandPort implements Listener {
  readonly #keys: readonly Command[];
  readonly #lines: CommandLine;
  readonly #longestKey: number;
  #heard = '';

  constructor(commands: readonly Command[]) {
    this.#keys = commands.filter((command) => !endsLine(command));
    this.#longestKey = Math.max(0, ...this.#keys.map(({ send }) => send.length));
    const lines = commands.filter(endsLine);
    this.#lines = new CommandLine((line) => lines.find(({ send }) => send.trim() === line.trim())?.act());
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
    if (this.#keys.length === 0) return;
    for (const character of new TextDecoder('latin1').decode(bytes)) {
      this.#heard = `${this.#heard}${character}`.slice(-this.#longestKey);
      this.#keys.find(({ send }) => this.#heard.endsWith(send))?.act();
    }
  }
}

/** Collects received text into lines that end in CR or LF, and hands over each that is not empty. */
class CommandLine {
  readonly #onLine: (line: string) => void;
  #text = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#text + new TextDecoder('latin1').decode(bytes)).split(/[\r\n]/);
    this.#text = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.#onLine(line);
  }
}
