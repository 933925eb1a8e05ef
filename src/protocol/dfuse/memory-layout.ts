import { BootctlError } from '../../base/errors.ts';

/** One erasable unit of a memory, or one block of an option area. */
export interface Sector {
  readonly address: number;
  readonly size: number;
  readonly readable: boolean;
  readonly erasable: boolean;
  readonly writable: boolean;
}

/** The memory that the name of an alternate setting describes (UM0424 §10.3.2). */
export interface MemoryLayout {
  readonly name: string;
  /** The alternate setting's name as it came. */
  readonly text: string;
  readonly sectors: readonly Sector[];
}

const layoutPattern = /^@\s*([^/]*?)\s*\/(.+)/s;
const addressPattern = /^0x([0-9a-f]+)$/i;
/** `count*size`, an optional multiplier and the type letter. Real ROMs put blanks or a dot before it, garbage after. */
const segmentPattern = /^\s*(\d+)\s*\*\s*(\d+)\s*([BKM]?)[\s.]*([a-g])(?!\w)/i;
/** More than any STM32 has (L07x: 1536). Limits the memory that a garbled string can make us allocate. */
const mostSectors = 16_384;
const multipliers: Readonly<Record<string, number>> = { '': 1, B: 1, K: 1024, M: 1024 * 1024 };

/**
 * Parses `@Name /0xADDR/count*sizeMt,…[/0xADDR/…]`. The type letter is a bit mask: 1 readable,
 * 2 erasable, 4 writable (`a` = 1 … `g` = 7). ROMs write blanks, leading zeros, no multiplier
 * (L07x `1536*128g`), a stray dot (U083 `01*1024.e`) and garbage behind the list. An unreadable segment ends its
 * address group, because the addresses of the following segments are unknown. Other groups are kept.
 * @throws BootctlError `dfu-malformed` if no segment can be read
 */
export function parseMemoryLayout(text: string): MemoryLayout {
  const match = layoutPattern.exec(text);
  const sectors: Sector[] = [];
  const parts = match ? match[2]!.split('/') : [];
  for (let group = 0; group + 1 < parts.length; group += 2) {
    const address = addressPattern.exec(parts[group]!.trim());
    if (!address) break;
    sectors.push(...sectorsOf(Number.parseInt(address[1]!, 16), parts[group + 1]!));
  }
  if (!match || sectors.length === 0)
    throw new BootctlError('dfu-malformed', `Not a DfuSe memory layout: ${JSON.stringify(text)}`);
  return { name: match[1]!, text, sectors };
}

function sectorsOf(start: number, list: string): Sector[] {
  const sectors: Sector[] = [];
  let address = start;
  for (const text of list.split(',')) {
    const segment = segmentPattern.exec(text);
    if (!segment) break;
    const [, count, size, multiplier, letter] = segment as unknown as [string, string, string, string, string];
    const type = letter.charCodeAt(0) & 7;
    const bytes = Number(size) * multipliers[multiplier.toUpperCase()]!;
    for (let n = 0; n < Math.min(Number(count), mostSectors); n++, address += bytes) {
      sectors.push({ address, size: bytes, readable: !!(type & 1), erasable: !!(type & 2), writable: !!(type & 4) });
    }
  }
  return sectors;
}

/** The sectors that hold at least one byte of [`address`, `address` + `length`). */
export const sectorsTouched = (layout: MemoryLayout, address: number, length: number): readonly Sector[] =>
  layout.sectors.filter((sector) => sector.address < address + length && address < sector.address + sector.size);

/**
 * The same memories in sectors of `size` bytes, for a ROM that is known to report a wrong size. If the true sectors are
 * larger, their count is kept. If they are smaller, as many are used as fill the memory.
 */
export function resized(layout: MemoryLayout, size: number): MemoryLayout {
  const sectors: Sector[] = [];
  for (const sector of layout.sectors) {
    const last = sectors.at(-1);
    const next = last && last.address + last.size > sector.address ? last.address + last.size : sector.address;
    const parts = Math.max(1, Math.floor(sector.size / size));
    for (let part = 0; part < parts; part++) sectors.push({ ...sector, address: next + part * size, size });
  }
  return { ...layout, sectors };
}
