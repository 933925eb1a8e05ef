/** Collects received text into lines that end in CR or LF, and hands over each that is not empty. */
export class CommandLine {
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
