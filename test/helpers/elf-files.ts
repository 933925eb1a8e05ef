import type { Runs } from './image-tools.ts';

const u16 = (value: number) => [value & 0xff, value >>> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

/** A program header, and where its bytes stand in the file. */
export interface LinkedSegment {
  readonly offset: number;
  readonly physical: number;
  /** The physical address without it. */
  readonly virtual?: number;
  /** Bytes in the file. */
  readonly size: number;
  /** Bytes in memory; as in the file without it. */
  readonly memory?: number;
}

export interface LinkedSection {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  readonly data?: readonly number[];
  /** Without data. */
  readonly size?: number;
  /** SHT_PROGBITS without it. */
  readonly type?: number;
  /** SHF_ALLOC without it. */
  readonly flags?: number;
}

export interface LinkedElf {
  readonly segments: readonly LinkedSegment[];
  readonly sections: readonly LinkedSection[];
  /** Bytes that are in no section, by offset. */
  readonly loose?: Readonly<Record<number, readonly number[]>>;
  readonly hasSectionTable?: boolean;
  /** Where the program headers stand; behind the ELF header without it. */
  readonly programHeaders?: number;
}

/**
 * An executable with program and section headers, field by field (System V ABI, chapters 4 and 5). Segments and sections
 * stand where the caller says, so that a segment may map the file's own headers as linkers do.
 */
export function linkedElf(elf: LinkedElf): Uint8Array {
  const { segments, sections, loose = {}, hasSectionTable = true, programHeaders = 52 } = elf;
  const names = ['', ...sections.map(({ name }) => name), '.shstrtab'];
  const nameTable = [...Buffer.from(`${names.join('\0')}\0`, 'latin1')];
  const nameAt = (index: number) => names.slice(0, index).join('\0').length + (index > 0 ? 1 : 0);
  const ends = [
    ...sections.map(({ offset, data = [] }) => offset + data.length),
    ...segments.map(({ offset, size }) => offset + size),
    programHeaders + 32 * segments.length,
  ];
  const namesAt = Math.max(...ends);
  const tableAt = namesAt + nameTable.length;
  const rows = [
    Array<number>(10).fill(0),
    ...sections.map(({ address, offset, data = [], size = data.length, type = 1, flags = 2 }, index) => [
      ...[nameAt(index + 1), type, flags, address, offset, size],
      ...[0, 0, 1, 0],
    ]),
    [nameAt(names.length - 1), 3, 0, 0, namesAt, nameTable.length, 0, 0, 1, 0],
  ];
  const file = new Uint8Array(hasSectionTable ? tableAt + 40 * rows.length : namesAt);
  const ident = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, ...Array<number>(9).fill(0)];
  const places = [0x0800_0001, programHeaders, hasSectionTable ? tableAt : 0, 0x0500_0200].flatMap(u32);
  const sizes = [52, 32, segments.length, 40, ...(hasSectionTable ? [rows.length, rows.length - 1] : [0, 0])];
  file.set([...ident, ...u16(2), ...u16(40), ...u32(1), ...places, ...sizes.flatMap(u16)]);
  const headers = segments.map(({ offset, physical, virtual = physical, size, memory = size }) => [
    ...[1, offset, virtual, physical, size, memory],
    ...[5, 4],
  ]);
  file.set(headers.flat().flatMap(u32), programHeaders);
  for (const { offset, data = [] } of sections) file.set(data, offset);
  for (const [offset, data] of Object.entries(loose)) file.set(data, Number(offset));
  if (hasSectionTable) file.set([...nameTable, ...rows.flat().flatMap(u32)], namesAt);
  return file;
}

const code = [1, 2, 3, 4];
const text = (address: number, offset = 0x1000) => ({ name: '.text', address, offset, data: code });
/** The ELF header and two program headers. */
const headers = 52 + 2 * 32;

/** Kinds of files that linkers make, and the bytes that are firmware. Each agrees with objcopy (image-oracles.test.ts). */
export const elfKinds: Readonly<Record<string, { readonly elf: LinkedElf; readonly runs: Runs }>> = {
  'GNU ld: a PT_LOAD of the headers alone, in the range of another program': {
    elf: {
      segments: [
        { offset: 0, physical: 0x0800_0000, size: headers },
        { offset: 0x1000, physical: 0x0800_8000, size: 4 },
      ],
      sections: [text(0x0800_8000)],
    },
    runs: [[0x0800_8000, '01020304']],
  },
  'lld: a PT_LOAD of the headers alone at address 0': {
    elf: {
      segments: [
        { offset: 0, physical: 0, size: headers },
        { offset: 0x1000, physical: 0x0800_0000, size: 4 },
      ],
      sections: [text(0x0800_0000)],
    },
    runs: [[0x0800_0000, '01020304']],
  },
  'a NOLOAD section behind the headers': {
    elf: {
      segments: [
        { offset: 0, physical: 0x0800_0000, size: headers, memory: 0x800 },
        { offset: 0x1000, physical: 0x0800_8000, size: 4 },
      ],
      sections: [
        { name: '.keep', address: 0x0800_0100, offset: headers, size: 0x700, type: 8, flags: 3 },
        text(0x0800_8000),
      ],
    },
    runs: [[0x0800_8000, '01020304']],
  },
  'headers and code in one PT_LOAD': {
    elf: {
      segments: [{ offset: 0, physical: 0x0800_0000, size: 0x204 }],
      sections: [text(0x0800_0200, 0x200)],
    },
    runs: [[0x0800_0200, '01020304']],
  },
  'an empty section beside the headers is no content': {
    elf: {
      segments: [{ offset: 0, physical: 0x0800_0000, size: 0x204 }],
      sections: [{ name: '.empty', address: 0x0800_0060, offset: 0x60, data: [] }, text(0x0800_0200, 0x200)],
    },
    runs: [[0x0800_0200, '01020304']],
  },
  '.data at its load address, and .bss': {
    elf: {
      segments: [
        { offset: 0x1000, physical: 0x0800_0000, size: 4 },
        { offset: 0x2000, physical: 0x0800_0004, virtual: 0x2000_0000, size: 2, memory: 64 },
      ],
      sections: [
        text(0x0800_0000),
        { name: '.data', address: 0x2000_0000, offset: 0x2000, data: [0xd0, 0xd1], flags: 3 },
        { name: '.bss', address: 0x2000_0002, offset: 0x2002, size: 62, type: 8, flags: 3 },
      ],
    },
    runs: [[0x0800_0000, '01020304d0d1']],
  },
  'several regions of flash': {
    elf: {
      segments: [
        { offset: 0x1000, physical: 0x0800_0000, size: 4 },
        { offset: 0x1010, physical: 0x0810_0000, size: 4 },
        { offset: 0x1020, physical: 0x7000_0000, size: 1 },
      ],
      sections: [
        text(0x0800_0000),
        { ...text(0x0810_0000, 0x1010), name: '.bank2' },
        { name: '.qspi', address: 0x7000_0000, offset: 0x1020, data: [9] },
      ],
    },
    runs: [
      [0x0800_0000, '01020304'],
      [0x0810_0000, '01020304'],
      [0x7000_0000, '09'],
    ],
  },
  'program headers at the end of the file, in a PT_LOAD of their own': {
    elf: {
      programHeaders: 0x1100,
      segments: [
        { offset: 0x1000, physical: 0x0800_0000, size: 4 },
        { offset: 0x1100, physical: 0x0801_0000, size: 64 },
      ],
      sections: [text(0x0800_0000)],
    },
    runs: [[0x0800_0000, '01020304']],
  },
  'a section that was removed: its bytes are still there': {
    elf: {
      segments: [{ offset: 0x1000, physical: 0x0800_0000, size: 8 }],
      sections: [text(0x0800_0000)],
      loose: { 4100: [7, 7, 7, 7] },
    },
    runs: [[0x0800_0000, '01020304']],
  },
  'sections that are not loaded, inside and outside of a PT_LOAD': {
    elf: {
      segments: [{ offset: 0x1000, physical: 0x0800_0000, size: 8 }],
      sections: [
        text(0x0800_0000),
        { name: '.comment', address: 0, offset: 0x1004, data: [5, 5, 5, 5], flags: 0 },
        { name: '.debug', address: 0, offset: 0x1010, data: [6], flags: 0 },
      ],
    },
    runs: [[0x0800_0000, '01020304']],
  },
  'no physical address at all: the virtual ones': {
    elf: {
      segments: [
        { offset: 0x1000, physical: 0, virtual: 0x0800_0000, size: 4 },
        { offset: 0x1010, physical: 0, virtual: 0x0800_4000, size: 4 },
      ],
      sections: [text(0x0800_0000), { ...text(0x0800_4000, 0x1010), name: '.more' }],
    },
    runs: [
      [0x0800_0000, '01020304'],
      [0x0800_4000, '01020304'],
    ],
  },
};
