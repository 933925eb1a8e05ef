import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import type { ParsedFile } from '../firmware-image.ts';
import { RecordList } from './record-list.ts';

/** System V ABI, chapters 4 and 5, and ELF for the Arm Architecture (IHI 0044). */
const elf = {
  class32: 1,
  littleEndian: 1,
  machineArm: 40, // EM_ARM
  executable: 2, // ET_EXEC
  headerSize: 52,
  programHeaderSize: 32,
  sectionHeaderSize: 40,
  load: 1, // PT_LOAD
  noBits: 8, // SHT_NOBITS
  alloc: 2, // SHF_ALLOC
} as const;

const machines: Readonly<Record<number, string>> = {
  3: 'x86',
  62: 'x86-64',
  94: 'Xtensa',
  183: 'AArch64',
  243: 'RISC-V',
};
const types: Readonly<Record<number, string>> = { 1: 'an object file', 3: 'a shared object', 4: 'a core file' };

interface Part {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads the PT_LOAD segments of a linked 32-bit little-endian Arm ELF file by physical address (p_paddr: where a
 * flasher puts the bytes, also of `.data`). A leading part that holds the file's own headers is left out, as objcopy
 * does.
 * @throws BootctlError `image-wrong-machine`, `image-truncated`, `image-malformed`, `image-overlap`
 */
export function parseElf(file: Uint8Array, name: string): ParsedFile {
  const refuse: Refuse = (code, what) => {
    throw new BootctlError(code, `${name}: ${what}`);
  };
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const headers = readHeader(view, refuse);
  const records = new RecordList(name, 'offset');
  const headersEnd = headers.offset + headers.count * headers.each;
  const contents = contentStarts(view);
  let claimed = 0;
  for (const part of programHeaders(view, headers, refuse)) {
    if (part.offset + part.size > file.length) {
      refuse('image-truncated', `a segment ends at offset ${part.offset + part.size}, the file at ${file.length}`);
    }
    claimed += part.size;
    // Segments that share bytes of the file would make a small file a large image.
    if (claimed > file.length) {
      refuse('image-malformed', `its segments claim ${claimed} bytes and more; the file has ${file.length}`);
    }
    const skip = part.offset < headersEnd ? headerBytes(contents, part) : 0;
    records.add(part.address + skip, file, part.offset + skip, part.offset + part.size, part.offset + skip);
  }
  const entry = view.getUint32(24, true);
  return { segments: records.segments(), ...(entry === 0 ? {} : { entry }) };
}

/** Checks that the file is an executable for 32-bit little-endian Arm. Returns where its program headers are. */
function readHeader(view: DataView, refuse: Refuse): Table {
  const cut = () => refuse('image-truncated', `an ELF file of ${view.byteLength} bytes ends inside its header`);
  if (view.byteLength < 16) cut();
  if (view.getUint8(4) !== elf.class32) refuse('image-wrong-machine', 'this ELF file is not a 32-bit one (EI_CLASS)');
  if (view.getUint8(5) !== elf.littleEndian) {
    refuse('image-wrong-machine', 'this ELF file is not little-endian (EI_DATA)');
  }
  if (view.byteLength < elf.headerSize) cut();
  const machine = view.getUint16(18, true);
  if (machine !== elf.machineArm) {
    refuse('image-wrong-machine', `this ELF file is for ${machines[machine] ?? `machine ${machine}`}, not for Arm`);
  }
  const type = view.getUint16(16, true);
  if (type !== elf.executable) {
    refuse('image-wrong-machine', `this ELF file is ${types[type] ?? `of type ${type}`}, not an executable`);
  }
  const headers = { offset: view.getUint32(28, true), each: view.getUint16(42, true), count: view.getUint16(44, true) };
  if (headers.count > 0 && headers.each !== elf.programHeaderSize) {
    refuse('image-malformed', `e_phentsize is ${headers.each}, not ${elf.programHeaderSize}`);
  }
  return headers;
}

type Refuse = (code: ErrorCode, what: string) => never;

interface Table {
  readonly offset: number;
  readonly each: number;
  readonly count: number;
}

function* programHeaders(view: DataView, { offset, each, count }: Table, refuse: Refuse): Generator<Part> {
  if (offset + each * count > view.byteLength) {
    refuse(
      'image-truncated',
      `the program headers end at offset ${offset + each * count}, the file at ${view.byteLength}`,
    );
  }
  for (let index = 0; index < count; index++) {
    const at = offset + index * each;
    const word = (field: number) => view.getUint32(at + field, true);
    const part = { type: word(0), offset: word(4), address: word(12), size: word(16) };
    if (part.type === elf.load && part.size > 0) yield part;
  }
}

/** Offsets of the sections that are loaded and have bytes in the file, rising; none without a section table. */
function contentStarts(view: DataView): readonly number[] {
  const table = { offset: view.getUint32(32, true), each: view.getUint16(46, true), count: view.getUint16(48, true) };
  if (table.each !== elf.sectionHeaderSize || table.offset + table.each * table.count > view.byteLength) return [];
  const starts: number[] = [];
  for (let index = 0; index < table.count; index++) {
    const at = table.offset + index * table.each;
    const [type, flags] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    if (type !== 0 && type !== elf.noBits && (flags & elf.alloc) !== 0) starts.push(view.getUint32(at + 16, true));
  }
  return starts.sort((a, b) => a - b);
}

/** Bytes before the first section in a segment that starts with the file's own headers; 0 where none is in it. */
function headerBytes(contents: readonly number[], { offset, size }: Part): number {
  let low = 0;
  let high = contents.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (contents[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  const first = contents[low] ?? Number.POSITIVE_INFINITY;
  return first < offset + size ? first - offset : 0;
}
