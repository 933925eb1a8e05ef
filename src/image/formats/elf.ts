import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import { address32, amount } from '../../base/text.ts';
import type { ParsedFile } from '../firmware-image.ts';
import { type FileRange, type SectionContents, sectionContents } from './elf-sections.ts';
import { RecordList } from './record-list.ts';

/** System V ABI, chapters 4 and 5, and ELF for the Arm Architecture (IHI 0044). */
const elf = {
  class32: 1,
  littleEndian: 1,
  machineArm: 40, // EM_ARM
  executable: 2, // ET_EXEC
  headerSize: 52,
  programHeaderSize: 32,
  load: 1, // PT_LOAD
} as const;

const machines: Readonly<Record<number, string>> = {
  3: 'x86',
  62: 'x86-64',
  94: 'Xtensa',
  183: 'AArch64',
  243: 'RISC-V',
};
const types: Readonly<Record<number, string>> = { 1: 'an object file', 3: 'a shared object', 4: 'a core file' };

/** A PT_LOAD. */
interface Part {
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
}

/**
 * Reads the PT_LOAD segments of a linked 32-bit little-endian Arm ELF file by physical address (p_paddr: where a
 * flasher puts the bytes, also of `.data`). Of a segment only what lies between its first and its last section with
 * content is firmware, as it is for objcopy: linkers map the file's own headers too, at any address.
 * @throws BootctlError `image-wrong-machine`, `image-truncated`, `image-malformed`, `image-overlap`
 */
export function parseElf(file: Uint8Array, name: string): ParsedFile {
  const refuse: Refuse = (code, what) => {
    throw new BootctlError(code, `${name}: ${what}`);
  };
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const headers = readHeader(view, refuse);
  const records = new RecordList(name, 'offset');
  const contents = sectionContents(view);
  const notes: string[] = [];
  let claimed = 0;
  for (const part of loadedParts(view, headers, refuse)) {
    const end = part.offset + part.size;
    if (end > file.length) refuse('image-truncated', `a segment ends at offset ${end}, the file at ${file.length}`);
    claimed += part.size;
    // Segments that share bytes of the file would make a small file a large image.
    if (claimed > file.length) {
      refuse('image-malformed', `its segments claim ${claimed} bytes and more; the file has ${file.length}`);
    }
    const kept = firmwareIn(part, headers, contents);
    records.add(part.address + kept.start - part.offset, file, kept.start, kept.end, kept.start);
    notes.push(...leftOut(file, part, headers, kept));
  }
  const entry = view.getUint32(24, true);
  return { segments: records.segments(), ...(entry === 0 ? {} : { entry }), ...(notes.length > 0 ? { notes } : {}) };
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

/**
 * The PT_LOAD segments with bytes in the file. Where the file has several and no physical address at all, they go to
 * their virtual ones: the linker left p_paddr empty, and objcopy reads such a file so (bfd/elf.c,
 * _bfd_elf_make_section_from_shdr).
 */
function loadedParts(view: DataView, table: Table, refuse: Refuse): readonly Part[] {
  const end = tableEnd(table);
  if (end > view.byteLength) {
    refuse('image-truncated', `the program headers end at offset ${end}, the file at ${view.byteLength}`);
  }
  const headers = Array.from({ length: table.count }, (_, index) => {
    const word = (field: number) => view.getUint32(table.offset + index * table.each + field, true);
    return { type: word(0), offset: word(4), virtual: word(8), physical: word(12), size: word(16), memory: word(20) };
  });
  const loads = headers.filter(({ type }) => type === elf.load);
  const isPhysicalEmpty =
    headers.every(({ physical }) => physical === 0) && loads.filter(({ memory }) => memory > 0).length > 1;
  return loads
    .filter(({ size }) => size > 0)
    .map(({ offset, virtual, physical, size }) => ({ offset, address: isPhysicalEmpty ? virtual : physical, size }));
}

const tableEnd = ({ offset, each, count }: Table): number => offset + each * count;

/** The firmware in a segment; empty where it has none. */
function firmwareIn({ offset, size }: Part, headers: Table, contents: SectionContents): FileRange {
  const all = { start: offset, end: offset + size };
  if (!contents.isEmpty) return contents.within(all) ?? { start: all.end, end: all.end };
  return { ...all, start: Math.min(all.end, behindHeaders(offset, headers)) };
}

/** Without a section table the file's own headers are all that is known to be none of the firmware. */
function behindHeaders(offset: number, headers: Table): number {
  const start = Math.max(offset, elf.headerSize);
  return headers.offset <= start && start < tableEnd(headers) ? tableEnd(headers) : start;
}

/** A note where a segment has bytes before or behind its sections that are neither headers nor zeros. */
function leftOut(
  file: Uint8Array,
  { offset, address, size }: Part,
  headers: Table,
  kept: FileRange,
): readonly string[] {
  const end = offset + size;
  const sides = [
    { start: Math.min(kept.start, behindHeaders(offset, headers)), end: kept.start },
    { start: Math.max(kept.end, behindHeaders(kept.end, headers)), end },
  ];
  return sides.flatMap(({ start, end: stop }) => {
    if (start >= stop || file.subarray(start, stop).every((byte) => byte === 0)) return [];
    const what = `${amount(stop - start, 'bytes')} for ${address32(address + start - offset)} (offset 0x${start.toString(16)})`;
    return [`left out: ${what}, which are in no section`];
  });
}
