import type { Milliseconds } from '../../base/units.ts';
import { typicalProgram } from '../../chips/flash-times.ts';
import type { MemoryLayout, Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Finding, SectorPart } from './finding.ts';
import { eraseTimeOf, type MassEraseVerdict, massEraseTime } from './mass-erase.ts';
import { blocksIn, bytesOf, inside, isBlank, joined, outside, partOf, type Run, runsIn, withoutBlank } from './runs.ts';

/** Runs to write, and to read back before the next step. */
export interface WriteStep {
  readonly write: readonly Run[];
  /** The erased or programmed runs, and the nearest unchanged block of the image on either side. */
  readonly verify: readonly Run[];
}

/** The least work that is needed. */
export interface FlashPlan extends MassEraseVerdict {
  readonly findings: readonly Finding[];
  /** The vector table's sector first, so that an interrupted job leaves no half application that starts. */
  readonly erase: readonly Finding[];
  /** The vector table's sector last, its first unit at the very end; see `stepsOf`. */
  readonly steps: readonly WriteStep[];
  readonly writeBytes: number;
  readonly verifyBytes: number;
  /** By the typical times of the flash alone. */
  readonly estimate: Milliseconds;
}

/** Runs, in rising order and none over another, cut at the borders of sectors. */
export function partsOf(sectors: readonly Sector[], runs: readonly Run[]): readonly SectorPart[] {
  return sectors.map((sector) => {
    const { address: from, size } = sector;
    return { sector, runs: inside(runsIn(runs, from, from + size), from, from + size) };
  });
}

export interface PlanOptions {
  readonly layout: MemoryLayout;
  /** Bytes of one transfer. */
  readonly block: number;
  /** Value of an erased byte. */
  readonly erased: number;
  readonly massErase: MassEraseVerdict;
  /** Bytes of the vector table that are held back to the end: as many as the flash programs in one operation. */
  readonly lastPiece: number;
}

/**
 * Half an application that starts might make the target unreachable. The vector table's sector is therefore erased,
 * even if it already holds the image, as soon as any other sector is erased. Programming blank flash harms no
 * application.
 */
export function guarded(findings: readonly Finding[]): readonly Finding[] {
  const vectors = findings.find(({ runs }) => runs.length > 0);
  if (!vectors || vectors.fate === 'erased' || findings.every(({ fate }) => fate !== 'erased')) return findings;
  const startsNothing = vectors.missing[0]?.address === vectors.runs[0]!.address;
  if (startsNothing) return findings;
  return findings.map((one) => (one === vectors ? { ...one, fate: 'erased', missing: [] } : one));
}

/** The work that follows from the findings, in order. */
export function planFlash(findings: readonly Finding[], options: PlanOptions): FlashPlan {
  const { layout, block, erased, massErase, lastPiece } = options;
  const vectors = findings.find(({ runs }) => runs.length > 0)?.sector;
  const isVectors = ({ sector }: SectorPart) => sector === vectors;
  const erase = findings.filter(({ fate }) => fate === 'erased');
  const changed = findings.filter(({ fate }) => fate !== 'kept');
  const pieces = (some: readonly Finding[]) => wanted(some).flatMap((run) => withoutBlank(run, block, erased));
  const write = [
    ...pieces(changed.filter((one) => !isVectors(one))),
    ...vectorsLast(pieces(changed.filter(isVectors)), block, lastPiece),
  ];
  const verify = joined([
    ...changed.flatMap(({ runs, around = [] }) => [...runs, ...around]),
    ...neighbours(findings, block, erased),
  ]);
  // Without its beginning, nothing in the sector starts.
  const isHeldBack = changed.some((one) => isVectors(one) && startOf(one) === write.at(-1)?.address);
  const eraseTime = massErase.isMassErase ? massEraseTime(layout) : eraseTimeOf(erase);
  const sectorBytes = findings[0]?.sector.size ?? 0;
  return {
    findings,
    erase: [...erase.filter(isVectors), ...erase.filter((one) => !isVectors(one))],
    ...massErase,
    steps: isHeldBack ? stepsOf(write, verify, block) : [{ write, verify }],
    writeBytes: bytesOf(write),
    verifyBytes: bytesOf(verify),
    estimate: eraseTime + typicalProgram(bytesOf(write), sectorBytes),
  };
}

const wanted = (some: readonly Finding[]): readonly Run[] =>
  joined(some.flatMap((one) => (one.fate === 'filled' ? one.missing : [...one.runs, ...(one.around ?? [])])));

const startOf = ({ runs, around = [] }: Finding): number =>
  Math.min(...[...runs, ...around].map(({ address }) => address));

/**
 * All other bytes are read back before the last piece makes the application valid. A wrong application must not start.
 */
function stepsOf(write: readonly Run[], verify: readonly Run[], block: number): readonly WriteStep[] {
  const last = write.at(-1)!;
  const others = write.slice(0, -1);
  if (others.length === 0) return [{ write, verify }];
  return [
    { write: others, verify: outside(verify, [last]) },
    { write: [last], verify: inside(verify, last.address, last.address + block) },
  ];
}

/** The first block comes last, and its first unit last of all. The flash programs that unit in one operation. */
function vectorsLast(runs: readonly Run[], block: number, last: number): readonly Run[] {
  const [first, ...others] = runs;
  if (!first) return [];
  const { address } = first;
  const end = address + first.data.length;
  const afterBlock = Math.min(address + block, end);
  const afterVectors = Math.min(address - (address % last) + last, afterBlock);
  const part = (from: number, to: number) => (from < to ? [partOf(first, from, to)] : []);
  return [...part(afterBlock, end), ...others, ...part(afterVectors, afterBlock), ...part(address, afterVectors)];
}

/**
 * A ROM that reports wrong sectors erases more than requested, in one piece around the request. The nearest unchanged
 * block of the image on either side that is not blank shows this.
 */
function neighbours(findings: readonly Finding[], block: number, erased: number): readonly Run[] {
  const found = new Map<number, Run>();
  findings.forEach(({ fate }, index) => {
    if (fate !== 'erased') return;
    for (const step of [-1, 1] as const) {
      const run = nearest(findings, index, step, block, erased);
      if (run) found.set(run.address, run);
    }
  });
  return [...found.values()];
}

/** The search ends at a changed block, because that is read back anyway. */
function nearest(
  findings: readonly Finding[],
  from: number,
  step: -1 | 1,
  block: number,
  erased: number,
): Run | undefined {
  for (let at = from + step; findings[at]?.fate === 'kept'; at += step) {
    const blocks = findings[at]!.runs.flatMap((run) => blocksIn(run, block));
    const full = blocks.filter(({ data }) => !isBlank(data, erased));
    if (full.length > 0) return full.at(step === 1 ? 0 : -1);
  }
  return undefined;
}
