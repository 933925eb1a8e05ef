import type { FlashReader } from './flash-reader.ts';
import { endOf, isBlank, joined, partOf, type Run } from './runs.ts';

/** Value of blank flash, and the smallest piece that the target can program. */
export interface BlankUnit {
  readonly erased: number;
  /** In bytes. A divisor of the unit to which runs are padded. */
  readonly unit: number;
}

/** Compares a piece of a run, unit by unit. Returns the blank units to program, or the place of other content. */
export function comparePiece(
  { address, data }: Run,
  found: Uint8Array,
  { erased, unit }: BlankUnit,
): { missing: readonly Run[]; differsAt?: number } {
  if (Buffer.compare(found, data) === 0) return { missing: [] }; // mostly
  const missing: Run[] = [];
  for (let offset = 0; offset < data.length; offset += unit) {
    const end = Math.min(offset + unit, data.length);
    const have = found.subarray(offset, end);
    const want = data.subarray(offset, end);
    if (Buffer.compare(have, want) === 0) continue;
    if (have.length < want.length || !isBlank(have, erased)) return { missing: [], differsAt: address + offset };
    missing.push({ address: address + offset, data: want });
  }
  return { missing: joined(missing) };
}

/** The blank units that these runs need. Without `missing` the flash has other content there, or cannot be read. */
export async function compareRuns(
  reader: FlashReader,
  runs: readonly Run[],
  blank: BlankUnit,
): Promise<{ readonly missing?: readonly Run[]; readonly differsAt?: number }> {
  const missing: Run[] = [];
  for (const run of runs) {
    for await (const { address, data } of reader.pieces(run.address, endOf(run))) {
      if (data.length === 0) return {};
      const compared = comparePiece(partOf(run, address, address + data.length), data, blank);
      if (compared.differsAt !== undefined) return { differsAt: compared.differsAt };
      missing.push(...compared.missing);
    }
  }
  return { missing };
}
