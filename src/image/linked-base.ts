import { address32, hex32 } from '../base/text.ts';
import type { FirmwareImage, Segment } from './firmware-image.ts';
import { usualFlash } from './usual-flash.ts';
import { type AddressRange, handlersAt } from './vector-table.ts';

/** `b .`, the endless loop that startup code of ST, GNU and Arm has as the handler of all interrupts that nobody uses. */
const endlessLoop = 0xe7fe;
/** Fewer entries that are equal say nothing: the smallest line, an F0, has 48. */
const fewestShared = 6;
/** Bootloaders end at the border of a page; no STM32 with a bootloader of a board has smaller ones that matter. */
const step = 1024;
/** The system part of a vector table (PM0214 §2.3.4): no handler is nearer to its start. */
const shortestTable = 64;
const mostWords = 256;

/** Two signs in a vector table that show which address it was linked for. */
export interface LinkedBase {
  /** The address that it seems made for, if it is not the one where it goes. */
  readonly elsewhere?: number;
  /** The shared handler is an endless loop where the image goes. */
  readonly fits: boolean;
  /** Entries of the table with one and the same handler. */
  readonly shared: number;
  /** The handler with the lowest address. */
  readonly lowest: number;
}

/**
 * What the vectors at `at` say of the address that the image was linked for. The handler that most of them share is an
 * endless loop in usual startup code: if it is none with the image at `at`, and one with the image elsewhere, the
 * image seems made for that place. Undefined if the table does not share a handler that lies in the flash.
 */
export function linkedBase(
  segment: Segment,
  at: number,
  flash: Pick<AddressRange, 'start' | 'end'> = usualFlash,
): LinkedBase | undefined {
  const inFlash = handlersAt(segment, at, mostWords).filter((address) => flash.start <= address && address < flash.end);
  // Words behind the table are code or data; what repeats in them is not followed by handlers of its own.
  const system = handlersAt(segment, at).filter((address) => flash.start <= address && address < flash.end);
  const [shared, handler] = mostFrequent(inFlash);
  if (handler === undefined || shared < fewestShared || system.length === 0) return undefined;
  const lowest = Math.min(...system, handler);
  const highest = Math.max(...system, handler);
  const table = { segment, at, flash, handler, lowest, highest };
  const fits = isLoop(segment, at, handler, at);
  const elsewhere = fits ? usualBaseOf(table) : nearestBaseOf(table);
  return { fits, shared, lowest, ...(elsewhere === undefined ? {} : { elsewhere }) };
}

interface Table {
  readonly segment: Segment;
  readonly at: number;
  readonly flash: Pick<AddressRange, 'start' | 'end'>;
  /** The shared one. */
  readonly handler: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The nearest start below all handlers with which the shared one is an endless loop, and all lie in the image. */
function nearestBaseOf({ segment, at, flash, handler, lowest, highest }: Table): number | undefined {
  const length = segment.address + segment.data.length - at;
  const nearest = Math.floor((lowest - shortestTable) / step) * step;
  for (let base = nearest; base >= flash.start && highest < base + length; base -= step) {
    if (base !== at && isLoop(segment, at, handler, base)) return base;
  }
  return undefined;
}

/**
 * Where bootloaders of boards end: the choices of Klipper3d/klipper, src/stm32/Kconfig, STM32_FLASH_START; 0x7000 and
 * 0xC000 are those of Marlin's boards.
 */
const usualStarts = [0x800, 0x1000, 0x2000, 0x4000, 0x5000, 0x7000, 0x8000, 0x8800, 0x9000, 0xc000, 0x1_0000, 0x2_0000];

/**
 * The shared handler is an endless loop where the image stands as well. What tells then: all handlers lie beyond code
 * that they leave out, and begin where the table of an image behind a usual bootloader would end.
 */
function usualBaseOf({ segment, at, flash, handler, lowest }: Table): number | undefined {
  const base = usualStarts.map((offset) => flash.start + offset).find((one) => one < lowest && lowest < one + step);
  if (base === undefined || base === at || lowest - base < shortestTable) return undefined;
  const between = segment.data.subarray(at - segment.address + step, lowest - segment.address);
  const isHole = between.every((byte) => byte === 0xff || byte === 0);
  return !isHole && isLoop(segment, at, handler, base) ? base : undefined;
}

/** Whether the code at `handler` is an endless loop if the image, which stands at `at`, stood at `base`. */
function isLoop({ address, data }: Segment, at: number, handler: number, base: number): boolean {
  const offset = at - address + (handler - base);
  if (offset < 0 || offset + 2 > data.length) return false;
  return data[offset]! + (data[offset + 1]! << 8) === endlessLoop;
}

function mostFrequent(values: readonly number[]): readonly [count: number, value: number | undefined] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: readonly [number, number | undefined] = [0, undefined];
  for (const [value, count] of counts) if (count > best[0]) best = [count, value];
  return best;
}

/** What to do with an image that was linked for another address; an address on the command line is for raw binaries. */
export function wrongBaseHint({ format }: Pick<FirmwareImage, 'format'>, elsewhere?: number): string {
  if (format !== 'binary') return 'Link it for the address where it goes.';
  return elsewhere === undefined
    ? 'Give the address that it was linked for with `--address`.'
    : `Its vectors seem made for ${address32(elsewhere)}: add \`--address ${hex32(elsewhere)}\`.`;
}

/** Where a raw binary goes, as far as the profile or its own vectors say. */
export function addressHint(bytes: Uint8Array, applicationStart?: number): string {
  const add = (address: number) => `A raw binary carries no address: add \`--address ${hex32(address)}\``;
  const { start } = usualFlash;
  if (applicationStart !== undefined)
    return `${add(applicationStart)}, where the profile says that applications start.`;
  const seen = linkedBase({ address: start, data: bytes, origin: '' }, start);
  if (seen?.elsewhere !== undefined) {
    return `${add(seen.elsewhere)}: its vectors seem made for that place, behind a bootloader of the board. At 0x08000000 it would overwrite that bootloader.`;
  }
  if (seen?.fits) {
    return `${add(start)}, which its vectors fit. Where the board keeps a bootloader of its own there, it would be overwritten.`;
  }
  const lowest = seen ? ` Its lowest handler is at ${address32(seen.lowest)}.` : '';
  return `${add(start)}, or, where the board keeps a bootloader of its own, the address behind it: at 0x08000000 it would be overwritten.${lowest}`;
}
