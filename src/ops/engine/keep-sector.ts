import type { SectorPart } from './finding.ts';
import { nothingRead } from './flash-reader.ts';
import type { KeptAround, KeptLook } from './keep-around.ts';
import { fillerOf, padded } from './padding.ts';
import { isBlank, joined, outside, type Run } from './runs.ts';

/** The store for the bytes around the image, and the reader that finds them. */
export interface Keeping {
  readonly around: KeptAround;
  /** Its reader reads twice, because the bytes are put back and nothing else checks them. */
  readonly look: KeptLook & {
    /** Bytes of a program unit. */
    readonly unit: number;
  };
}

/** The image's part of a sector, grown to whole program units with the bytes that are kept beside it. */
export async function completed(keeping: Keeping, part: SectorPart): Promise<SectorPart> {
  const { around, look } = keeping;
  const { sector, runs } = part;
  await recall(keeping, part);
  const beside = outside(padded(runs, look.unit), runs);
  const kept = around.bySector.get(sector.address) ?? (await readRuns(look, beside));
  return { sector, runs: padded(runs, look.unit, fillerOf(kept, look.erased)) };
}

/** Kept bytes of a sector outside these runs. */
export const besideIn = (around: KeptAround, { sector, runs }: SectorPart): readonly Run[] =>
  outside(around.bySector.get(sector.address) ?? [], runs);

/** Keeps the bytes outside the image in a sector that is going to be erased. */
export async function takeAround({ around, look }: Keeping, { sector, runs }: SectorPart): Promise<void> {
  if (!around.bySector.has(sector.address)) around.keep(sector, await readOutside(look, sector, runs));
}

/** Bytes of the sector from a file of an interrupted job. Other bytes that are there now are kept with them. */
async function recall({ around, look }: Keeping, { sector, runs }: SectorPart): Promise<void> {
  if (!(await around.recall({ sector, runs }, look))) return;
  const saved = around.bySector.get(sector.address) ?? [];
  const more = await readOutside(look, sector, joined([...runs, ...saved]));
  if (more.length > 0) around.keep(sector, joined([...saved, ...more]));
}

/** Bytes of a sector outside these runs, without blank ones. */
async function readOutside(look: KeptLook, { address, size }: SectorPart['sector'], runs: readonly Run[]) {
  const found = await readRuns(look, outside([{ address, data: new Uint8Array(size) }], runs));
  return found.filter(({ data }) => !isBlank(data, look.erased));
}

/** Bytes of the flash at the places of these runs. */
async function readRuns({ reader }: KeptLook, places: readonly Run[]): Promise<readonly Run[]> {
  const found: Run[] = [];
  for (const place of places) {
    for await (const { address, data } of reader.pieces(place.address, place.address + place.data.length)) {
      if (data.length === 0) throw nothingRead(address);
      found.push({ address, data: data.slice() });
    }
  }
  return found;
}
