import { BootctlError } from '../errors.ts';
import { address32 } from '../text.ts';
import type { Bootloader, OnBytes } from './bootloader.ts';
import { type FlashPlan, programUnit, type Run } from './flash-plan.ts';
import { FlashReader } from './flash-reader.ts';
import {
  type BlankUnit,
  comparePiece,
  type Finding,
  type FlashWork,
  guarded,
  partsOf,
  type SectorPart,
  workOf,
} from './flash-work.ts';
import type { KeptAround } from './keep-around.ts';
import { judgeMassErase } from './mass-erase.ts';
import { isBlank, joined, outside } from './runs.ts';

export interface CompareOptions {
  /** Bytes around the image that are to survive. */
  readonly around?: KeptAround | undefined;
  /** Take every sector for one that has to be erased. */
  readonly isFull?: boolean | undefined;
  /** The target might not be reached again if half an application started. */
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
    onBytes(part.runs.reduce((sum, { data }) => sum + data.length, 0));
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
  const missing: Run[] = [];
  for (const run of part.runs) {
    const end = run.address + run.data.length;
    for (let at = run.address; at < end; ) {
      const found = await reader.piece(at, end);
      if (found.length === 0) return toErase(part);
      const piece = { address: at, data: run.data.subarray(at - run.address, at - run.address + found.length) };
      const compared = comparePiece(piece, found, blank);
      if (compared.differsAt !== undefined) return { ...toErase(part), differsAt: compared.differsAt };
      missing.push(...compared.missing);
      at += found.length;
    }
  }
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
    while (at < next.address) {
      const data = await reader.piece(at, next.address);
      if (data.length === 0) throw new BootctlError('dfu-malformed', `Nothing could be read at ${address32(at)}`);
      if (!isBlank(data, erased)) around.push({ address: at, data: data.slice() });
      at += data.length;
    }
    at = next.address + next.data.length;
  }
  kept.bySector.set(sector.address, around);
  return { ...finding, around };
}
