import { BootctlError } from '../../errors.ts';
import { type FirmwareImage, originAt, type Segment } from '../../image/firmware-image.ts';
import { type MemoryLayout, type Sector, sectorsTouched } from '../../protocol/dfuse/memory-layout.ts';
import { typicalErase, typicalProgram } from '../../targets/flash-times.ts';
import { address32 } from '../../text.ts';
import type { Milliseconds } from '../../units.ts';
import { bytesOf, type Run } from './runs.ts';

export interface FlashPlan {
  /** The sectors that hold a byte of the image, in rising order; nothing else is erased. */
  readonly sectors: readonly Sector[];
  readonly runs: readonly Run[];
  /** Bytes that go over the wire. */
  readonly bytes: number;
}

/** Largest flash program unit of the families: 32 bytes on STM32H7 (RM0433 §4.3.9); smaller ones divide it. */
export const programUnit = 32;

/**
 * What to erase and program so that `image` stands in a flash with this layout.
 * @throws BootctlError `image-out-of-range` where a byte has no sector, `image-not-writable` where it is not writable and
 *   erasable, `image-overlap` where two segments want the same byte
 */
export function planFlash(image: FirmwareImage, layout: MemoryLayout): FlashPlan {
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
  const runs = segments.map(padded).reduce(joinOverlapping, []);
  return { sectors, runs, bytes: bytesOf(runs) };
}

/** By the typical times of the flash, where every sector of the plan has to be erased and written. */
export const worstTime = ({ sectors, bytes }: FlashPlan): Milliseconds =>
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
    ? new BootctlError('image-not-writable', `${run}, which "${layout.name}" lets nobody erase and write`, {
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

function padded({ address, data }: Run): Run {
  const start = address - (address % programUnit);
  const end = Math.ceil((address + data.length) / programUnit) * programUnit;
  const bytes = new Uint8Array(end - start).fill(0xff);
  bytes.set(data, address - start);
  return { address: start, data: bytes };
}

/** Two segments may share a program unit once padded: it is then programmed once, with the bytes of both. */
function joinOverlapping(runs: readonly Run[], run: Run): readonly Run[] {
  const last = runs.at(-1);
  if (!last || last.address + last.data.length < run.address) return [...runs, run];
  const offset = run.address - last.address;
  const joined = new Uint8Array(offset + run.data.length).fill(0xff);
  joined.set(last.data);
  run.data.forEach((byte, index) => {
    joined[offset + index]! &= byte;
  });
  return [...runs.slice(0, -1), { address: last.address, data: joined }];
}
