import type { Milliseconds } from '../../base/units.ts';
import { typicalProgram } from '../../chips/flash-times.ts';
import type { MemoryLayout, Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Finding, SectorPart } from './finding.ts';
import { eraseTimeOf, type MassEraseVerdict, massEraseTime } from './mass-erase.ts';
import { blocksIn, bytesOf, inside, isBlank, joined, outside, partOf, type Run, withoutBlank } from './runs.ts';

/** What is written, and then read back before the next step. */
export interface WriteStep {
  readonly write: readonly Run[];
  /** What was erased or programmed, and the nearest block of the image on either side that was left alone. */
  readonly verify: readonly Run[];
}

/** The least that has to be done. */
export interface FlashPlan extends MassEraseVerdict {
  readonly findings: readonly Finding[];
  /** The vector table's sector first, so that a job that is cut leaves no half application that starts. */
  readonly erase: readonly Finding[];
  /** The vector table's sector last, its first unit at the very end; see `stepsOf`. */
  readonly steps: readonly WriteStep[];
  readonly writeBytes: number;
  readonly verifyBytes: number;
  /** By the typical times of the flash alone. */
  readonly estimate: Milliseconds;
}

/** Runs cut at the borders of sectors. */
export function partsOf(sectors: readonly Sector[], runs: readonly Run[]): readonly SectorPart[] {
  return sectors.map((sector) => ({ sector, runs: inside(runs, sector.address, sector.address + sector.size) }));
}

export interface PlanOptions {
  readonly layout: MemoryLayout;
  /** Bytes of one transfer. */
  readonly block: number;
  /** What an erased byte reads as. */
  readonly erased: number;
  readonly massErase: MassEraseVerdict;
  /** What of the vector table is held back to the end, in bytes: what the flash programs in one operation. */
  readonly lastPiece: number;
}

/**
 * Half an application that starts might leave the target out of reach: the vector table's sector is erased also where it
 * holds the image already, as soon as another one is. Filling what is blank harms no application.
 */
export function guarded(findings: readonly Finding[]): readonly Finding[] {
  const vectors = findings.find(({ runs }) => runs.length > 0);
  if (!vectors || vectors.fate === 'erased' || findings.every(({ fate }) => fate !== 'erased')) return findings;
  const startsNothing = vectors.missing[0]?.address === vectors.runs[0]!.address;
  if (startsNothing) return findings;
  return findings.map((one) => (one === vectors ? { ...one, fate: 'erased', missing: [] } : one));
}

/** What to do about the findings, in which order. */
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

/** All else has been read back before the last piece makes an application of it: one that is wrong must not start. */
function stepsOf(write: readonly Run[], verify: readonly Run[], block: number): readonly WriteStep[] {
  const last = write.at(-1)!;
  const others = write.slice(0, -1);
  if (others.length === 0) return [{ write, verify }];
  return [
    { write: others, verify: outside(verify, [last]) },
    { write: [last], verify: inside(verify, last.address, last.address + block) },
  ];
}

/** The first block at the very end, and of it the first unit alone, which the flash programs in one operation. */
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
 * A ROM that names wrong sectors erases more than it was asked for, in one piece around what it was asked for: the
 * nearest block of the image on either side that was left alone and is not blank tells.
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

/** What was changed itself is read back anyway: the walk ends there. */
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
