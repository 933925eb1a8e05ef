import { BootctlError } from '../base/errors.ts';
import { oneLine } from '../base/text.ts';
import { textLines } from './formats/hex-lines.ts';

/** A kind of text that people take for a firmware file, and what to do instead. */
interface TextKind {
  readonly name: string;
  /** Of the first 512 bytes, without byte order mark and leading blanks. */
  readonly pattern: RegExp;
  /** Of the last 16 bytes, where the beginning does not tell. */
  readonly end?: RegExp;
  readonly instead: string;
}

const srecCat = (format: string) => `Convert it: \`srec_cat FILE ${format} -o firmware.hex -intel\`.`;

/** The first that matches names the file. Formats of memory dumps as SRecord's reference manual describes them. */
const textKinds: readonly TextKind[] = [
  {
    name: 'a web page (HTML)',
    pattern: /^<(?:!doctype\s+html|html|head|body|script|meta|title)\b/i,
    instead: 'This is the page around the file: download the file itself, by its link "Raw" or "Download".',
  },
  { name: 'XML', pattern: /^<(?:\?xml|svg)\b/i, instead: 'Give bootctl the firmware file itself.' },
  {
    name: 'a pointer of Git LFS', // git-lfs/git-lfs, docs/spec.md, "The Pointer"
    pattern: /^version https?:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//,
    instead: 'The file itself is on the LFS server: run `git lfs pull` in the checkout.',
  },
  {
    name: 'JSON',
    pattern: /^(?:\{\s*["}]|\[\s*[[{"\]\d-])/,
    instead: 'Of JSON, bootctl reads the firmware packages of ArduPilot (.apj) and PX4 (.px4).',
  },
  {
    name: 'TI-TXT',
    pattern: /^@[0-9a-f]+\s*$/im,
    end: /[\r\n]q\s*$/i,
    instead: srecCat('-ti_txt'),
  },
  {
    name: 'a memory file with @ before addresses (Verilog, VMEM)',
    pattern: /^@[0-9a-f]+\s/im,
    instead: srecCat('-vmem'),
  },
  {
    name: 'S-records with a small s',
    pattern: /^s[0-9][0-9a-fA-F]{6}/m,
    instead: "Write the mark of each record as a capital: `sed 's/^s/S/' FILE > firmware.s19`.",
  },
  {
    name: 'S-records with symbols (symbolsrec)', // bfd/srec.c
    pattern: /^\$\$ /,
    instead: 'Write it without symbols: `objcopy -O srec`.',
  },
  { name: 'Tektronix hex', pattern: /^\/[0-9a-f]{8}/im, instead: srecCat('-tektronix') },
  {
    name: 'extended Tektronix hex',
    pattern: /^%[0-9a-f]{2}[368][0-9a-f]{2}/im,
    instead: srecCat('-tektronix_extended'),
  },
  { name: 'MOS Technology hex', pattern: /^;[0-9a-f]{10,}\s*$/im, instead: srecCat('-mos_technologies') },
  {
    name: 'a hex dump',
    pattern: /^(?:0x)?[0-9a-f]{4,8}[:\s]\s*(?:[0-9a-f]{2}){1,4}(?: +(?:[0-9a-f]{2}){1,4}){3,}/im,
    instead: 'Turn it back into bytes: `xxd -r FILE firmware.bin`.',
  },
  {
    name: 'a key or a certificate (PEM)', // RFC 7468 §2
    pattern: /^-----BEGIN [A-Z ]+-----/,
    instead: 'Give bootctl the firmware file itself.',
  },
  {
    name: 'C source',
    pattern: /^(?:#(?:include|define|if|pragma)\b|(?:static |const |unsigned )*(?:char|uint8_t) +\w+ *\[)/m,
    instead: 'Compile it, or convert its array into a binary.',
  },
];

/** Enough for a first record, and more than any vector table has of printable bytes. */
const headBytes = 512;
/** Fewer can be data by chance, and are too few for a vector table; with a line end they are text all the same. */
const fewestBytes = 8;
/** Comments before the first record are shorter than this. */
const searchedBytes = 1 << 20;

const byteOrderMark = /^\xef\xbb\xbf/;
/** Tabs, line ends and ESC belong to text, `^Z` ends it on DOS; all other controls tell a binary from it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells a binary from text
const controlByte = /[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]/g;
/** One control in 50 characters is a fault of a text; a zero is none, nor any control where a vector table would be. */
const mostControls = 1 / 50;
const vectorTableBytes = 8;

/** The first bytes as Latin-1, without byte order mark and leading blanks. */
export const headOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, headBytes)).toString('latin1').replace(byteOrderMark, '').trimStart();

/**
 * True where the first bytes can be read as text: ASCII, UTF-8, or mostly ASCII in an older code. No firmware starts so: the
 * initial stack pointer and the reset vector have bytes that are no text (PM0214 §2.3.4).
 */
export function isText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, headBytes);
  const latin1 = Buffer.from(head).toString('latin1');
  const controls = [...latin1.matchAll(controlByte)];
  const isBinary = controls.some(({ index }) => index < vectorTableBytes || latin1[index] === '\0');
  if (isBinary || controls.length > head.length * mostControls) return false;
  if (head.length < fewestBytes && !/\S[\r\n]+$/.test(latin1)) return false;
  const beyondAscii = head.reduce((count, byte) => count + (byte >= 0x80 ? 1 : 0), 0);
  return beyondAscii * 8 < head.length || isUtf8(head);
}

/** U+FFFD in UTF-8: what a program that reads bytes as text leaves of those that are none. */
const replacement = Buffer.from([0xef, 0xbf, 0xbd]);
const convertedBytes = 1 << 16;

/**
 * A binary that a transfer or an editor has read as UTF-8 and written again: each byte that is no UTF-8 is lost. Three are more
 * than chance leaves in bytes that are UTF-8 from end to end.
 */
export function conversionRefusal(bytes: Uint8Array, name: string): BootctlError | undefined {
  const part = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, convertedBytes));
  let lost = 0;
  for (let at = part.indexOf(replacement); at >= 0; at = part.indexOf(replacement, at + 3)) lost++;
  if (lost < 3 || isText(bytes) || !isUtf8(part)) return undefined;
  const more = part.length < bytes.length ? 'or more ' : '';
  return new BootctlError(
    'image-malformed',
    `${name} is a binary that was converted as text: ${lost} ${more}of its bytes have become EF BF BD`,
    {
      hint: 'Fetch or build it again, and transfer it as a binary; in Git, `*.dfu binary` in .gitattributes does that.',
    },
  );
}

/** A character that the end of `bytes` cuts is no fault. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Why a text that no reader takes is no firmware; undefined for a binary. */
export function textRefusal(bytes: Uint8Array, name: string): BootctlError | undefined {
  if (!isText(bytes)) return undefined;
  const [head, tail] = [headOf(bytes), Buffer.from(bytes.subarray(-16)).toString('latin1')];
  const kind = textKinds.find(({ pattern, end }) => pattern.test(head) && (end?.test(tail) ?? true));
  if (kind) return unsupported(`${name} is ${kind.name}, not firmware`, kind.instead);
  const lines = firstLines(bytes);
  if (lines.record) {
    const { format, number } = lines.record;
    return unsupported(
      `${name}, line ${lines.first.number}: ${quoted(lines.first.text)} is no record; the first ${format} is in line ${number}`,
      'Delete the lines that are no records; comments are none.',
    );
  }
  return unsupported(
    `${name} is text, not firmware: it starts with ${quoted(lines.first.text)}`,
    'Give bootctl the firmware file itself. Text that belongs into the flash goes there with `--patch ADDRESS=text:…`.',
  );
}

const unsupported = (message: string, hint: string) => new BootctlError('image-unsupported', message, { hint });

const quoted = (text: string): string => `"${oneLine(text.length > 60 ? `${text.slice(0, 59)}…` : text)}"`;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The first line that holds something, and the first that starts like a record. */
function firstLines(bytes: Uint8Array): { first: Line; record?: { format: string; number: number } } {
  let first: Line | undefined;
  for (const { number, start, end } of textLines(bytes.subarray(0, searchedBytes))) {
    const text = Buffer.from(bytes.subarray(start, Math.min(end, start + headBytes)))
      .toString('utf8')
      .trim();
    first ??= { number, text };
    if (/^:[0-9a-f]{10}/i.test(text)) return { first, record: { format: 'record of Intel HEX', number } };
    if (/^S[0-9][0-9a-f]{6}/i.test(text)) return { first, record: { format: 'S-record', number } };
  }
  return { first: first ?? { number: 1, text: '' } };
}
