import type { ImageFormat, ParsedFile } from './firmware-image.ts';
import { parseDfuSe } from './formats/dfuse.ts';
import { parseElf } from './formats/elf.ts';
import { parseIntelHex } from './formats/intel-hex.ts';
import { parseSRecords } from './formats/s-record.ts';
import { parseUf2, type Uf2Options } from './formats/uf2.ts';

/** A format that carries its own addresses and is recognised by its content. */
export interface AddressedFormat {
  readonly format: Exclude<ImageFormat, 'binary'>;
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly parse: (bytes: Uint8Array, name: string, options: Uf2Options) => ParsedFile;
}

/** A file format that is recognised by its content and refused, with advice on what to do instead. */
export interface RefusedFormat {
  readonly name: string;
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly instead: string;
}

const startsWith = (bytes: Uint8Array, magic: readonly number[], at = 0) =>
  magic.every((byte, index) => bytes[at + index] === byte);
const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));

/** The first 512 bytes as Latin-1: enough for a magic and a first record. */
const head = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 512)).toString('latin1').replace(utf8Mark, '');
/** UTF-8 byte order mark, read as Latin-1; some editors put it before the first record. */
const utf8Mark = /^\xef\xbb\xbf/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells a binary from text
const binaryByte = /[\x00-\x08\x0e-\x1f\x7f-\xff]/;

/** True for text that starts like a record, also where the text is damaged further on. */
const isText = (bytes: Uint8Array, firstRecord: RegExp, mark: RegExp): boolean => {
  const text = head(bytes).trimStart();
  return firstRecord.test(text) || (mark.test(text) && !binaryByte.test(text));
};

/** None of these magics can start a vector table: as a stack pointer each is unaligned or outside every RAM. */
export const addressedFormats: readonly AddressedFormat[] = [
  {
    format: 'elf', // System V ABI, chapter 4, e_ident
    matches: (bytes) => startsWith(bytes, [0x7f, ...ascii('ELF')]),
    parse: parseElf,
  },
  {
    format: 'dfuse', // UM0391, DFU prefix
    matches: (bytes) => startsWith(bytes, ascii('DfuSe')),
    parse: parseDfuSe,
  },
  {
    format: 'uf2', // microsoft/uf2, README, magicStart0
    matches: (bytes) => startsWith(bytes, ascii('UF2\n')),
    parse: parseUf2,
  },
  {
    format: 's-record', // M68000PM/AD appendix C
    matches: (bytes) => isText(bytes, /^S[0-9][0-9A-Fa-f]{6}/, /^S[0-9]/),
    parse: parseSRecords,
  },
  {
    format: 'intel-hex',
    matches: (bytes) => isText(bytes, /^:[0-9A-Fa-f]{10}/, /^:/),
    parse: parseIntelHex,
  },
];

const unpack = 'Unpack it, then give bootctl the file inside.';

export const refusedFormats: readonly RefusedFormat[] = [
  { name: 'a zip file', matches: (bytes) => startsWith(bytes, [...ascii('PK'), 3, 4]), instead: unpack }, // APPNOTE §4.3.7
  { name: 'an xz file', matches: (bytes) => startsWith(bytes, [0xfd, ...ascii('7zXZ'), 0]), instead: unpack }, // xz-file-format §2.1.1.1
  { name: 'a bzip2 file', matches: (bytes) => /^BZh[1-9]1AY&SY/.test(head(bytes)), instead: unpack },
  {
    name: 'UTF-16 text', // Unicode byte order mark, as `>` of Windows PowerShell writes it
    matches: (bytes) => startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]),
    instead: 'Save it as ASCII; in PowerShell, let the tool write the file itself instead of `>`.',
  },
];
