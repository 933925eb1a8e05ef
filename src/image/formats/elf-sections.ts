/** System V ABI, chapter 4, section header. */
const section = {
  headerSize: 40,
  null: 0, // SHT_NULL
  noBits: 8, // SHT_NOBITS
  alloc: 2, // SHF_ALLOC
} as const;

/** Offsets of a file, from `start` up to and not including `end`. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/** The parts of an ELF file that are the content of sections which are loaded. */
export class SectionContents {
  /** Rising. */
  readonly #starts: readonly number[];
  /** The furthest end of a section up to and including this one, so that a range is found without a search through all. */
  readonly #ends: readonly number[];

  constructor(ranges: readonly FileRange[]) {
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    let furthest = 0;
    this.#starts = sorted.map(({ start }) => start);
    this.#ends = sorted.map(({ end }) => {
      furthest = Math.max(furthest, end);
      return furthest;
    });
  }

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** From the first to the last byte of a section in the range; undefined where no section has a byte there. */
  within({ start, end }: FileRange): FileRange | undefined {
    const [first, behind] = [this.#countBelow(start), this.#countBelow(end)];
    const reachesIn = (this.#ends[first - 1] ?? 0) > start;
    if (!reachesIn && first === behind) return undefined;
    return { start: reachesIn ? start : this.#starts[first]!, end: Math.min(end, this.#ends[behind - 1]!) };
  }

  /** Number of sections that start below `offset`. */
  #countBelow(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#starts[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The sections that are loaded and have bytes in the file; none where there is no section table. */
export function sectionContents(view: DataView): SectionContents {
  const { offset, each, count } = sectionTable(view);
  if (each !== section.headerSize || offset + each * count > view.byteLength) return new SectionContents([]);
  const ranges: FileRange[] = [];
  for (let index = 1; index < count; index++) {
    const word = (field: number) => view.getUint32(offset + index * each + field, true);
    const [type, flags, start, size] = [word(4), word(8), word(16), word(20)];
    const isLoaded = type !== section.null && type !== section.noBits && (flags & section.alloc) !== 0;
    if (isLoaded && size > 0) ranges.push({ start, end: start + size });
  }
  return new SectionContents(ranges);
}

/** e_shoff, e_shentsize and e_shnum; a table of 65,280 sections and more has its number in sh_size of section 0. */
function sectionTable(view: DataView): { offset: number; each: number; count: number } {
  const table = { offset: view.getUint32(32, true), each: view.getUint16(46, true), count: view.getUint16(48, true) };
  const hasMany = table.count === 0 && table.offset > 0 && table.offset + section.headerSize <= view.byteLength;
  return hasMany ? { ...table, count: view.getUint32(table.offset + 20, true) } : table;
}
