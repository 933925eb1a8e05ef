import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { typicalErase, typicalProgram } from '../../chips/flash-times.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import { type FirmwareImage, originAt, type Segment } from '../../image/firmware-image.ts';
import { type MemoryLayout, type Sector, sectorsTouched } from '../../protocol/dfuse/memory-layout.ts';
import { padded } from './padding.ts';
import { bytesOf, firstIndex, joined, type Run, runsIn } from './runs.ts';

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
  const touched = touchedIn(layout);
  segments.forEach((segment, index) => {
    refuseOutside(segment, layout, touched(segment));
    refuseOverlap(segment, segments[index + 1]);
  });
  const sectors = layout.sectors.filter(({ address, size }) => runsIn(segments, address, address + size).length > 0);
  const runs = padded(segments, unit);
  return { sectors, image: joined(segments), runs, bytes: bytesOf(runs) };
}

/** From the typical times of the flash, if every covered sector has to be erased and written. */
export const worstTime = ({ sectors, bytes }: Coverage): Milliseconds =>
  sectors.reduce((sum, { size }) => sum + typicalErase(size), 0) + typicalProgram(bytes, sectors[0]?.size ?? 0);

/** The sectors with a byte of a segment; in a layout as nearly all are, they are not sought from its start each time. */
function touchedIn(layout: MemoryLayout): (segment: Segment) => readonly Sector[] {
  const { sectors } = layout;
  const isRising = sectors.every(
    ({ address, size }, index) => address + size <= (sectors[index + 1]?.address ?? Number.POSITIVE_INFINITY),
  );
  if (!isRising) return ({ address, data }) => sectorsTouched(layout, address, data.length);
  return ({ address, data }) =>
    sectors.slice(
      firstIndex(sectors, (one) => one.address + one.size > address),
      firstIndex(sectors, (one) => one.address >= address + data.length),
    );
}

function refuseOutside(segment: Segment, { name }: MemoryLayout, sectors: readonly Sector[]): void {
  const { address, data } = segment;
  let next = address;
  let blocked: Sector | undefined;
  for (const sector of sectors) {
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
    ? new BootctlError('image-not-writable', `${run}, where "${name}" is not erasable and writable`, {
        details: { address: next },
      })
    : new BootctlError('image-out-of-range', `${run}, where "${name}" has no flash`, {
        details: { address: next },
      });
}

function refuseOverlap(segment: Segment, next: Segment | undefined): void {
  if (!next || segment.address + segment.data.length <= next.address) return;
  const what = `The image's runs at ${address32(segment.address)} and ${address32(next.address)} overlap`;
  throw new BootctlError('image-overlap', what, { details: { address: next.address } });
}
