import type { Bootloader, OnBytes } from '../bootloader/bootloader.ts';
import { type BlankUnit, compareRuns } from './compare-runs.ts';
import type { Finding, SectorPart } from './finding.ts';
import { type FlashPlan, programUnit } from './flash-plan.ts';
import { FlashReader, nothingRead } from './flash-reader.ts';
import { type FlashWork, guarded, partsOf, workOf } from './flash-work.ts';
import type { KeptAround } from './keep-around.ts';
import { judgeMassErase } from './mass-erase.ts';
import { bytesOf, endOf, isBlank, joined, outside, type Run } from './runs.ts';

export interface CompareOptions {
  /** Keeps the bytes around the image in its sectors; it outlives a bootloader that is lost, and holds them meanwhile. */
  readonly around?: KeptAround | undefined;
  /** Erase and write every sector of the image, whatever it holds. */
  readonly isFull?: boolean | undefined;
  /** The target might not be reached again if half an application started: nothing may start until all else is written. */
  readonly isGuarded?: boolean | undefined;
  readonly tried: Tried;
  /** Nothing that might be a wrong guess is built on. */
  readonly isCautious?: boolean | undefined;
}

/** What the first try of a job has done, by the addresses of sectors. */
export interface Tried {
  /** The erase was sent: what is found there now is what has to be done, also for a full one. */
  readonly erased: Set<number>;
  /** Blank units were programmed, and did not take it: they had been programmed with 0xFF before, or the flash is weak. */
  readonly refuted: Set<number>;
  /** Has been held back, and says nothing about its sector. */
  waiting: readonly Run[];
}

/** Finds out what each sector of the plan needs: a sector that differs is left at its first difference. */
export async function compareFlash(
  target: Bootloader,
  plan: FlashPlan,
  { around, isFull = false, isGuarded = false, tried, isCautious }: CompareOptions,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<FlashWork> {
  const reader = new FlashReader(target, signal);
  const { erased, programsAtOnce } = target.behaviour;
  const blank = { erased, unit: Math.min(programUnit, programsAtOnce) };
  const found: Finding[] = [];
  for (const part of partsOf(plan.sectors, plan.runs)) {
    const { address } = part.sector;
    const isTaken = isFull && !tried.erased.has(address);
    const compared = isTaken ? toErase(part) : await compareSector(reader, part, blank);
    const finding = around ? withLost(compared, await around.lostIn(reader, part, blank), around) : compared;
    const isMissing = outside(finding.missing, tried.waiting).length > 0;
    const isRefuted = finding.fate === 'filled' && isMissing && tried.refuted.has(address);
    found.push(isRefuted ? toErase(part) : finding);
    onBytes(bytesOf(part.runs));
  }
  const findings: Finding[] = [];
  for (const finding of isGuarded ? guarded(found) : found) {
    const isKept = around && finding.fate === 'erased';
    findings.push(isKept ? await withAround(reader, finding, around, erased) : finding);
  }
  const massErase = await judgeMassErase(target, reader, findings);
  const lastPiece = isCautious ? Math.max(programsAtOnce, programUnit) : programsAtOnce;
  const { layout, transferSize: block } = target;
  return workOf(findings, { layout, block, erased, massErase, isGuarded, lastPiece });
}

const toErase = ({ sector, runs }: SectorPart): Finding => ({ sector, runs, fate: 'erased', missing: [] });

/** Together with the bytes around it that the flash has lost. */
function withLost(finding: Finding, lost: readonly Run[] | 'erase', { bySector }: KeptAround): Finding {
  if (finding.fate === 'erased' || lost.length === 0) return finding;
  if (lost === 'erase') return toErase(finding);
  const missing = joined([...finding.missing, ...lost]);
  return { ...finding, fate: 'filled', missing, around: bySector.get(finding.sector.address) ?? [] };
}

async function compareSector(reader: FlashReader, part: SectorPart, blank: BlankUnit): Promise<Finding> {
  const { missing, differsAt } = await compareRuns(reader, part.runs, blank);
  if (!missing) return { ...toErase(part), ...(differsAt === undefined ? {} : { differsAt }) };
  return { ...part, fate: missing.length > 0 ? 'filled' : 'kept', missing };
}

/** What stands around the image in a sector that will be erased, without what is blank. */
async function withAround(reader: FlashReader, finding: Finding, kept: KeptAround, erased: number): Promise<Finding> {
  const { sector, runs } = finding;
  const known = kept.bySector.get(sector.address);
  if (known) return { ...finding, around: known };
  const around: Run[] = [];
  let at = sector.address;
  for (const next of [...runs, { address: sector.address + sector.size, data: new Uint8Array(0) }]) {
    for await (const { address, data } of reader.pieces(at, next.address)) {
      if (data.length === 0) throw nothingRead(address);
      if (!isBlank(data, erased)) around.push({ address, data: data.slice() });
    }
    at = endOf(next);
  }
  kept.bySector.set(sector.address, around);
  return { ...finding, around };
}
