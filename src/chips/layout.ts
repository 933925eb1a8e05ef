import { hex32 } from '../base/text.ts';
import type { Chip } from './chip.ts';

/** `4*16K,1*64K,*128K`: runs of equal sectors; the last may have no count and then fills the flash. */
export const sectorPattern = /^(\d+\*\d+[BK],)*\d*\*\d+[BK]$/;

/** Sectors of one size in a row. */
interface Run {
  readonly count: number;
  /** As in a layout string: `16K`. */
  readonly text: string;
  readonly size: number;
}

const runsOf = (sectors: string): readonly Run[] =>
  sectors.split(',').map((run) => {
    const [, count, text, number, unit] = /^(\d*)\*((\d+)([BK]))$/.exec(run)!;
    return {
      count: count ? Number(count) : Number.POSITIVE_INFINITY,
      text: text!,
      size: Number(number) * (unit === 'K' ? 1024 : 1),
    };
  });

/** Runs that fill exactly `bytes`, or undefined where a sector would stick out. */
function fill(runs: readonly Run[], bytes: number): readonly Run[] | undefined {
  let left = bytes;
  const filled: Run[] = [];
  for (const run of runs) {
    const count = Math.min(run.count, Math.floor(left / run.size));
    if (count > 0) filled.push({ ...run, count });
    left -= count * run.size;
    if (count < run.count) break;
  }
  return left === 0 && filled.length > 0 ? filled : undefined;
}

/** The runs below `bytes` and those above it; a sector across the border is above. */
function cut(runs: readonly Run[], bytes: number): readonly [readonly Run[], readonly Run[]] {
  let left = bytes;
  const below: Run[] = [];
  const above: Run[] = [];
  for (const run of runs) {
    const count = Math.min(run.count, Math.floor(left / run.size));
    left = count < run.count ? 0 : left - count * run.size;
    if (count > 0) below.push({ ...run, count });
    if (count < run.count) above.push({ ...run, count: run.count - count });
  }
  return [below, above];
}

const segments = (runs: readonly Run[], type: string): readonly string[] =>
  runs.map(({ count, text }) => `${count}*${text}${type}`);

/**
 * The memory layout of a chip's flash of `flashBytes`, in the form that ROMs name it (UM0424 §10.3.2), for
 * `parseMemoryLayout`. Undefined where the chip's sectors are not known, or do not fill this size.
 */
export function layoutFor(chip: Chip, flashBytes: number): string | undefined {
  const runs = chip.sectors === undefined ? undefined : fill(runsOf(chip.sectors), flashBytes);
  return runs && textOf('Internal Flash', chip, segments(runs, 'g'));
}

/**
 * As `layoutFor`, with those sectors read-only (`a`) whose numbers for AN3155 Erase are not known: those of a second
 * bank.
 */
export function usartLayoutFor(chip: Chip, flashBytes: number): string | undefined {
  const runs = chip.sectors === undefined ? undefined : fill(runsOf(chip.sectors), flashBytes);
  if (!runs || chip.eraseNumbers !== 'lower-half') return layoutFor(chip, flashBytes);
  const [below, above] = cut(runs, flashBytes / 2);
  return textOf('Internal Flash, second bank read-only by USART', chip, [
    ...segments(below, 'g'),
    ...segments(above, 'a'),
  ]);
}

const textOf = (name: string, { flashBase }: Chip, list: readonly string[]): string =>
  `@${name} /${hex32(flashBase)}/${list.join(',')}`;

/** If no source gives a chip's sectors, its pages are assumed equal and at most this large (our choice). */
const largestPage = 8 * 1024;

/** Whether a flash of these sector sizes, from its start on, could be one of this chip's. */
export function couldHave({ sectors, largestFlash }: Chip, sizes: readonly number[]): boolean {
  if (sectors === undefined) return sizes.every((size) => size === sizes[0] && size <= largestPage);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (largestFlash !== undefined && bytes > largestFlash) return false;
  const own = fill(runsOf(sectors), bytes)?.flatMap(({ count, size }) => Array<number>(count).fill(size));
  return own !== undefined && own.length === sizes.length && own.every((size, index) => size === sizes[index]);
}

/** Layouts of a line by their size, that of the largest flash last. None without a chip. */
export function layoutsOf(chip: Chip | undefined): readonly string[] {
  if (!chip) return [];
  const seen = [...chip.layouts].sort((a, b) => a.bytes - b.bytes).map(({ string }) => string);
  const largest = chip.largestFlash === undefined ? undefined : layoutFor(chip, chip.largestFlash);
  return largest === undefined ? seen : [...seen, largest];
}
