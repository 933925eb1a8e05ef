import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import { characterText, decodePairs, hexByte, strayDigit, type TextLine, textLines } from './hex-lines.ts';

/** How the records of a text format are built: a mark, pairs of hexadecimal digits, a checksum at the end. */
export interface RecordSyntax {
  readonly mark: string;
  /** Characters before the first pair; the mark and, for S-records, the type. */
  readonly markLength: number;
  /** Fewest bytes of a record. */
  readonly shortest: number;
  /** Data bytes that the record's own length field announces. */
  readonly announced: (bytes: Uint8Array) => number;
  /** Bytes of a record that are not data. */
  readonly overhead: number;
  /** Of the sum of all bytes before it. */
  readonly checksum: (sum: number) => number;
}

export interface TextRecord {
  readonly line: number;
  /** The character before the first pair: `:`, or the type of an S-record. */
  readonly mark: number;
  /** All bytes of the record; overwritten by the next one. */
  readonly bytes: Uint8Array;
  /** Data bytes. */
  readonly length: number;
}

/** RECLEN and count have one byte each, so that no record is longer than this. */
const mostBytes = 260;

/** The records of Intel HEX or S-records, each with its length and checksum proved. */
export class RecordText {
  readonly #file: Uint8Array;
  readonly #name: string;
  readonly #syntax: RecordSyntax;
  #last = 0;

  constructor(file: Uint8Array, name: string, syntax: RecordSyntax) {
    this.#file = file;
    this.#name = name;
    this.#syntax = syntax;
  }

  /** Number of the last line with a record, as far as they have been read. */
  get lastLine(): number {
    return this.#last;
  }

  /** @throws BootctlError `image-malformed`, `image-crc`, and `image-truncated` where the file's last line was cut */
  *records(): Generator<TextRecord, void, undefined> {
    const bytes = new Uint8Array(mostBytes);
    for (const line of textLines(this.#file)) {
      this.#last = line.number;
      const length = this.#decode(line, bytes);
      yield { line: line.number, mark: this.#file[line.start + this.#syntax.markLength - 1]!, bytes, length };
    }
  }

  refuse(line: number, what: string, code: ErrorCode = 'image-malformed', hint?: string): never {
    throw new BootctlError(code, `${this.#name}, line ${line}: ${what}`, {
      details: { line },
      ...(hint ? { hint } : {}),
    });
  }

  /** Refuses a record behind the last one of a file, which stands in line `end` and is called `last`. */
  refuseMore(line: number, last: string, end: number): never {
    this.refuse(
      line,
      `there is more after the ${last} of line ${end}`,
      'image-malformed',
      'These may be two files behind each other (`cat a b`): give both, and bootctl merges them.',
    );
  }

  #decode({ number, start, end }: TextLine, bytes: Uint8Array): number {
    const { mark, markLength, shortest, announced, overhead, checksum } = this.#syntax;
    if (this.#file[start] !== mark.charCodeAt(0)) {
      this.refuse(number, `a record starts with '${mark}', this line with ${characterText(this.#file[start]!)}`);
    }
    const from = start + markLength;
    const digits = end - from;
    const isLast = end === this.#file.length;
    const cut = (what: string) => this.refuse(number, what, isLast ? 'image-truncated' : 'image-malformed');
    const count = digits / 2;
    const sum = digits % 2 === 0 && count <= mostBytes ? decodePairs(this.#file, from, count, bytes) : -1;
    if (sum < 0) this.#refuseStray(number, start, from, end);
    if (digits % 2 === 1) {
      const wanted = this.#announcedDigits(from, digits);
      if (wanted < digits)
        this.refuse(number, `the record announces ${wanted} digits; the line has ${digits}, too many`);
      cut(`${digits} hexadecimal digits are not whole bytes; the line was cut`);
    }
    if (count > mostBytes) this.refuse(number, `a record has at most ${mostBytes} bytes, this one ${count}`);
    if (count < shortest) cut(`a record has at least ${shortest} bytes, this one ${Math.max(count, 0)}`);

    const length = count - overhead;
    const wanted = announced(bytes);
    const disagree = `the record announces ${wanted} data bytes and holds ${length}`;
    if (wanted > length) cut(disagree);
    if (wanted !== length) this.refuse(number, disagree);
    const found = bytes[count - 1]!;
    const expected = checksum(sum - found);
    if (found !== expected) {
      this.refuse(number, `checksum ${hexByte(found)} should be ${hexByte(expected)}`, 'image-crc');
    }
    return length;
  }

  /** Digits of the record by its own length field; infinite where the line does not reach to the end of that. */
  #announcedDigits(from: number, digits: number): number {
    const head = new Uint8Array(1);
    if (digits < 2) return Number.POSITIVE_INFINITY;
    decodePairs(this.#file, from, 1, head);
    return 2 * (this.#syntax.announced(head) + this.#syntax.overhead);
  }

  #refuseStray(line: number, start: number, from: number, end: number): void {
    const stray = strayDigit(this.#file, from, end);
    if (stray < 0) return;
    const [byte, column] = [this.#file[stray]!, stray - start + 1];
    if (byte === this.#syntax.mark.charCodeAt(0)) {
      this.refuse(line, `another record starts in column ${column}; a line end is missing`);
    }
    this.refuse(line, `${characterText(byte)} in column ${column} is not a hexadecimal digit`);
  }
}
