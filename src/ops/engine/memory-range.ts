import { BootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { findChip } from '../../chips/find-chip.ts';
import type { MemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import { imageTarget } from './image-target.ts';

/** A part of the flash, or of another memory. Without an address: all of it. Without a length: to its end. */
export interface Range {
  readonly address?: number | undefined;
  readonly length?: number | undefined;
}

/** A whole part of one memory. */
interface Bounds {
  readonly address: number;
  readonly length: number;
}

/**
 * Refuses a range outside the flash of the profile's target, before anything moves. Without a target in the profile it
 * refuses only a range that is outside any STM32's flash.
 * @throws BootctlError `image-out-of-range`
 */
export function checkRange(range: Range, { target }: Pick<BoardProfile, 'target'>): void {
  const known = target && findChip(target.family);
  const { flash, name } = imageTarget(known);
  const start = Math.min(...flash.map((region) => region.start));
  const end = Math.max(...flash.map((region) => region.end));
  if (flash.length > 0) within(range, start, end, `the flash of ${name}`);
  else if (range.length === 0) throw outside('No bytes at all are asked for');
}

/** The part that is meant, of a memory as the target names it. @throws BootctlError `image-out-of-range` */
export function boundsIn({ sectors, name }: Pick<MemoryLayout, 'sectors' | 'name'>, range: Range): Bounds {
  const last = sectors.at(-1)!;
  return within(range, sectors[0]!.address, last.address + last.size, `"${name}", which the target names as`);
}

function within({ address, length }: Range, start: number, end: number, what: string): Bounds {
  const from = address ?? start;
  const bytes = length ?? end - from;
  if (from >= start && from + bytes <= end && bytes > 0) return { address: from, length: bytes };
  const asked = length === undefined ? address32(from) : `${address32(from)} and ${count(length, 'byte')}`;
  throw outside(`${asked} do not lie within ${what} ${address32(start)} to ${address32(end - 1)}`);
}

const outside = (message: string): BootctlError =>
  new BootctlError('image-out-of-range', message, {
    hint: 'Give `--address` and `--length` within it; `bootctl info` lists the memories that `--alt` reaches.',
  });
