import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Finding } from './finding.ts';

/**
 * An erase may take more than the sector that it names. The sectors are therefore widened to whole pieces of `size`, so
 * that the rest of each piece is kept as well. Sectors that could not be written back are left out.
 */
export function widened(some: readonly Sector[], all: readonly Sector[], size: number | undefined): readonly Sector[] {
  if (size === undefined) return some;
  const pieces = new Set(some.map(pieceOf(size)));
  return all.filter((one) => some.includes(one) || (one.writable && one.erasable && pieces.has(pieceOf(size)(one))));
}

/** An erase of one sector of a piece may be one of all: they are written again together. */
export function erasedTogether(findings: readonly Finding[], size: number | undefined): readonly Finding[] {
  if (size === undefined) return findings;
  const pieces = new Set(findings.filter(({ fate }) => fate === 'erased').map(({ sector }) => pieceOf(size)(sector)));
  return findings.map((one) =>
    one.fate !== 'erased' && pieces.has(pieceOf(size)(one.sector)) ? { ...one, fate: 'erased', missing: [] } : one,
  );
}

/** Pieces are aligned to the flash, which begins at a multiple of every piece size. */
const pieceOf =
  (size: number) =>
  ({ address }: Sector): number =>
    Math.floor(address / size);
