import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { typicalErase, typicalProgram } from '../../chips/flash-times.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import { type FirmwareImage, originAt, type Segment } from '../../image/firmware-image.ts';
import { type MemoryLayout, type Sector, sectorsTouched } from '../../protocol/dfuse/memory-layout.ts';
import { padded } from './padding.ts';
import { bytesOf, joined, type Run } from './runs.ts';

/** The part of the flash that an image covers. */
export interface Coverage {
  /** The sectors that hold a byte of the image, in rising order. No other sector is erased. */
  readonly sectors: readonly Sector[];
  /** The bytes of the image and nothing else, in rising order. */
  readonly image: readonly Run[];
  /** The same, padded with 0xFF to whole program units. */
  readonly runs: readonly Run[];
  /** Bytes that go over the wire. */
  readonly bytes: number;
}

/** Largest flash program unit of the families: 32 bytes on STM32H7 (RM0433 §4.3.9); smaller ones divide it. */
export const programUnit = 32;

/** Unit for padding: the largest one of the families, or more if this flash programs more in one operation. */
export const unitOf = ({ programsAtOnce }: Pick<RomBehaviour, 'programsAtOnce'>): number =>
  Math.max(programUnit, programsAtOnce);

/**
 * The part of a flash with this layout that `image` covers.
 * @throws BootctlError `image-out-of-range` if a byte has no sector, `image-not-writable` if it is not writable and
 *   erasable, `image-overlap` if two segments have the same byte
 */
export function coverageOf(image: FirmwareImage, layout: MemoryLayout, unit = programUnit): Coverage {
  const segments = [...image.segments].sort((a, b) => a.address - b.address);
  segments.forEach((segment, index) => {
    refuseOutside(segment, layout);
    refuseOverlap(segment, segments[index + 1]);
  });
  const sectors = layout.sectors.filter((sector) =>
    segments.some(
      ({ address, data }) => address < sector.address + sector.size && sector.address < address + data.length,
    ),
  );
  const runs = padded(segments, unit);
  return { sectors, image: joined(segments), runs, bytes: bytesOf(runs) };
}

/** From the typical times of the flash, if every covered sector has to be erased and written. */
export const worstTime = ({ sectors, bytes }: Coverage): Milliseconds =>
  sectors.reduce((sum, { size }) => sum + typicalErase(size), 0) + typicalProgram(bytes, sectors[0]?.size ?? 0);

function refuseOutside(segment: Segment, layout: MemoryLayout): void {
  const { address, data } = segment;
  let next = address;
  let blocked: Sector | undefined;
  for (const sector of sectorsTouched(layout, address, data.length)) {
    if (sector.address > next) break;
    if (!sector.writable || !sector.erasable) {
      blocked = sector;
      break;
    }
    next = sector.address + sector.size;
  }
  if (next >= address + data.length) return;
  const run = `The image's run at ${address32(address)} (${originAt(segment, next)}) reaches ${address32(next)}`;
  throw blocked
    ? new BootctlError('image-not-writable', `${run}, where "${layout.name}" is not erasable and writable`, {
        details: { address: next },
      })
    : new BootctlError('image-out-of-range', `${run}, where "${layout.name}" has no flash`, {
        details: { address: next },
      });
}

function refuseOverlap(segment: Segment, next: Segment | undefined): void {
  if (!next || segment.address + segment.data.length <= next.address) return;
  const what = `The image's runs at ${address32(segment.address)} and ${address32(next.address)} overlap`;
  throw new BootctlError('image-overlap', what, { details: { address: next.address } });
}
