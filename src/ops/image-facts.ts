import { crc32 } from 'node:zlib';
import { BootctlError } from '../base/errors.ts';
import type { Chip } from '../chips/chip.ts';
import { findChip, layoutsOf } from '../chips/find-chip.ts';
import { type KitSignature, kitsIn } from '../firmware/signature.ts';
import type { FirmwareImage, Segment } from '../image/firmware-image.ts';
import type { VectorTable } from '../image/vector-table.ts';
import { parseMemoryLayout, type Sector } from '../protocol/dfuse/memory-layout.ts';
import { coverageOf } from './engine/coverage.ts';
import { imageNotes, type NotedBoard, type SeenThrough, seenThrough } from './engine/image-notes.ts';
import { vectorsOf } from './engine/image-target.ts';
import { likelyLines } from './likely-chips.ts';

/** A layout of a flash, and the sectors that the image would erase there. */
export interface ImageErase {
  readonly layout: string;
  readonly all: readonly Sector[];
  readonly erased: readonly Sector[];
  /** Bytes of the erased sectors that are none of the image. */
  readonly besideBytes: number;
}

/** What `image info` shows of an image. */
export interface ImageFacts {
  readonly image: FirmwareImage;
  readonly crc32: string;
  /** The vector table, why it is none, or undefined where the image has nothing there. */
  readonly vectors: VectorTable | BootctlError | undefined;
  /** Where the reset vector points into another address of the flash. */
  readonly through?: SeenThrough;
  /** What a person should know of it, as sentences, beside the notes of its file. */
  readonly notes: readonly string[];
  readonly likely: readonly string[];
  /** Firmware kits in it: it can be asked into its bootloader. */
  readonly kits: readonly KitSignature[];
  readonly erase?: ImageErase;
}

/** @throws BootctlError `image-out-of-range`, `image-not-writable`, `dfu-malformed` for a layout that does not take the image */
export function imageFacts(image: FirmwareImage, board: NotedBoard, layout: string | undefined): ImageFacts {
  const chip = board.target && findChip(board.target.family);
  const sum = image.segments.reduce((crc, { data }) => crc32(data, crc), 0);
  const erase = image.bytes === 0 ? undefined : eraseOn(image, layout === undefined ? layoutsOf(chip) : [layout]);
  const through = seenThrough(image, chip);
  return {
    image,
    crc32: sum.toString(16).padStart(8, '0'),
    vectors: vectorsOrFault(image, chip),
    ...(through ? { through } : {}),
    notes: imageNotes(image, board),
    likely: likelyLines(image, chip),
    kits: kitsIn(image.segments),
    ...(erase ? { erase } : {}),
  };
}

function vectorsOrFault(image: FirmwareImage, chip: Chip | undefined): ImageFacts['vectors'] {
  try {
    return vectorsOf(image, chip);
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
}

/** On the first layout that takes the image; where none does, the refusal of the last. */
function eraseOn(image: FirmwareImage, layouts: readonly string[]): ImageErase | undefined {
  for (const [index, layout] of layouts.entries()) {
    const memory = parseMemoryLayout(layout);
    try {
      const { sectors: erased } = coverageOf(image, memory);
      const besideBytes = erased.reduce((sum, { size }) => sum + size, 0) - image.bytes;
      return { layout, all: memory.sectors, erased, besideBytes };
    } catch (error) {
      if (index === layouts.length - 1) throw error;
    }
  }
  return undefined;
}

/** Bytes of the segments, which do not overlap, from `address` on. */
export const bytesWithin = (segments: readonly Segment[], address: number, bytes: number): number =>
  segments.reduce((sum, { address: start, data }) => {
    const end = Math.min(start + data.length, address + bytes);
    return sum + Math.max(0, end - Math.max(start, address));
  }, 0);
