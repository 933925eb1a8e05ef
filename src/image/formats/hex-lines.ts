/** A line of text that holds something: from `start` up to `end` in the file, white space at its end left out. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

const newline = 0x0a;
const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The lines of an ASCII file without its byte order mark, blank ones left out; nothing is copied. */
export function* textLines(bytes: Uint8Array): Generator<TextLine, void, undefined> {
  let start = byteOrderMark.every((byte, index) => bytes[index] === byte) ? byteOrderMark.length : 0;
  for (let number = 1; start < bytes.length; number++) {
    const found = bytes.indexOf(newline, start);
    const stop = found < 0 ? bytes.length : found;
    let end = stop;
    while (end > start && isBlank(bytes[end - 1]!)) end--;
    if (end > start) yield { number, start, end };
    start = stop + 1;
  }
}

const noDigit = 0xff;
/** Value of each ASCII character as a hexadecimal digit. */
const digitValues = Uint8Array.from({ length: 256 }, (_, code) => {
  const text = String.fromCharCode(code);
  return /[0-9A-Fa-f]/.test(text) ? Number.parseInt(text, 16) : noDigit;
});

/** Position of the first byte from `start` up to `end` that is not a hexadecimal digit; -1 where all are. */
export function strayDigit(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (digitValues[bytes[at]!] === noDigit) return at;
  return -1;
}

/**
 * Decodes `count` pairs of digits from `start` on and returns the sum of their values, or -1 where there is a stray
 * digit.
 */
export function decodePairs(bytes: Uint8Array, start: number, count: number, into: Uint8Array): number {
  let sum = 0;
  let seen = 0;
  for (let index = 0; index < count; index++) {
    const at = start + index * 2;
    const [high, low] = [digitValues[bytes[at]!]!, digitValues[bytes[at + 1]!]!];
    seen |= high | low;
    const value = (high * 16 + low) & 0xff;
    into[index] = value;
    sum += value;
  }
  return seen === (seen & 0x0f) ? sum : -1;
}

/** `0x0A`. */
export const hexByte = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;

/** `'x'`; what is no printable ASCII as its number, `0x1B`. */
export const characterText = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : hexByte(byte);
