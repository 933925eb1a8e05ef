import type { ImageFormat, ParsedFile } from './firmware-image.ts';
import { parseDfuSe } from './formats/dfuse.ts';
import { parseElf } from './formats/elf.ts';
import { parseIntelHex } from './formats/intel-hex.ts';
import { parseSRecords } from './formats/s-record.ts';
import { parseUf2, type Uf2Options } from './formats/uf2.ts';
import { headOf, isText } from './known-texts.ts';

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

/** True for text that starts like a record, also where the text is damaged further on. */
const isRecords = (bytes: Uint8Array, firstRecord: RegExp, mark: RegExp): boolean => {
  const head = headOf(bytes);
  return firstRecord.test(head) || (mark.test(head) && isText(bytes));
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
    matches: (bytes) => isRecords(bytes, /^S[0-9][0-9A-Fa-f]{6}/, /^S[0-9]/),
    parse: parseSRecords,
  },
  {
    format: 'intel-hex',
    matches: (bytes) => isRecords(bytes, /^:[0-9A-Fa-f]{10}/, /^:/),
    parse: parseIntelHex,
  },
];

const unpack = 'Unpack it, then give bootctl the file inside.';
const program = 'Give bootctl the firmware of the target, not a program of the host.';

/** As a stack pointer, these magics too are unaligned or outside every RAM. */
export const refusedFormats: readonly RefusedFormat[] = [
  { name: 'a zip file', matches: (bytes) => startsWith(bytes, [...ascii('PK'), 3, 4]), instead: unpack }, // APPNOTE §4.3.7
  { name: 'an xz file', matches: (bytes) => startsWith(bytes, [0xfd, ...ascii('7zXZ'), 0]), instead: unpack }, // xz-file-format §2.1.1.1
  { name: 'a bzip2 file', matches: (bytes) => /^BZh[1-9]1AY&SY/.test(headOf(bytes)), instead: unpack },
  {
    name: 'a 7z file',
    matches: (bytes) => startsWith(bytes, [...ascii('7z'), 0xbc, 0xaf, 0x27, 0x1c]),
    instead: unpack,
  }, // 7zFormat.txt, "SignatureHeader"
  { name: 'a rar file', matches: (bytes) => startsWith(bytes, [...ascii('Rar!'), 0x1a, 7]), instead: unpack },
  { name: 'a zstd file', matches: (bytes) => startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd]), instead: unpack }, // RFC 8878 §3.1.1
  { name: 'a tar file', matches: (bytes) => startsWith(bytes, ascii('ustar'), 257), instead: unpack }, // POSIX.1-2017 pax, ustar magic
  {
    name: 'a library of object files', // System V ABI, chapter 7, ARMAG
    matches: (bytes) => startsWith(bytes, ascii('!<arch>\n')),
    instead: 'Link it: bootctl takes the executable that the linker writes.',
  },
  { name: 'a program for Windows', matches: isPortableExecutable, instead: program },
  { name: 'a program for macOS', matches: (bytes) => startsWith(bytes, [0xcf, 0xfa, 0xed, 0xfe]), instead: program }, // mach-o/loader.h, MH_MAGIC_64
  {
    name: 'UTF-16 text', // Unicode byte order mark, as `>` of Windows PowerShell writes it
    matches: (bytes) => startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]) || isUtf16(bytes),
    instead: 'Save it as ASCII; in PowerShell, let the tool write the file itself instead of `>`.',
  },
  {
    name: 'a UF2 file whose line ends were converted',
    matches: (bytes) => startsWith(bytes, ascii('UF2\r\n')),
    instead: 'Transfer it as a binary: in Git, `*.uf2 binary` in .gitattributes.',
  },
];

/** PE format, "MS-DOS Stub": e_lfanew at 0x3C says where the signature is. */
function isPortableExecutable(bytes: Uint8Array): boolean {
  if (bytes.length < 0x40 || !startsWith(bytes, ascii('MZ'))) return false;
  const at = new DataView(bytes.buffer, bytes.byteOffset, 0x40).getUint32(0x3c, true);
  return startsWith(bytes, [...ascii('PE'), 0, 0], at);
}

/** ASCII characters of 16 bits each, without a byte order mark. */
function isUtf16(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 64);
  if (head.length < 32) return false; // a short table of 16-bit numbers can look so
  const isPrintable = (byte: number) =>
    byte === 0x0a || byte === 0x0d || byte === 0x09 || (byte >= 0x20 && byte < 0x7f);
  const hasShape = (parity: number) =>
    head.every((byte, index) => (index % 2 === parity ? isPrintable(byte) : byte === 0));
  return hasShape(0) || hasShape(1);
}
