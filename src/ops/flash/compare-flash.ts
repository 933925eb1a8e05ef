import { BootctlError, isBootctlError } from '../../errors.ts';
import { address32, count } from '../../text.ts';
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
  /** Sectors that could not be read: they are erased unread. */
  readonly unread?: readonly number[] | undefined;
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
  { around, isFull = false, isGuarded = false, unread = [], tried, isCautious }: CompareOptions,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<FlashWork> {
  const reader = new FlashReader(target, signal);
  const { erased, programsAtOnce } = target.behaviour;
  const blank = { erased, unit: Math.min(programUnit, programsAtOnce) };
  const found: Finding[] = [];
  for (const part of partsOf(plan.sectors, plan.runs)) {
    const { address } = part.sector;
    const isUnread = unread.includes(address) && !tried.erased.has(address);
    const isTaken = isUnread || (isFull && !tried.erased.has(address));
    const compared = isTaken ? { ...toErase(part), isUnread } : await compareSector(reader, part, blank);
    if (isUnread) around?.giveBack(part);
    const isKnown = around && !isUnread;
    const finding = isKnown ? withLost(compared, await around.lostIn(reader, part, blank), around) : compared;
    const isMissing = outside(finding.missing, tried.waiting).length > 0;
    const isRefuted = finding.fate === 'filled' && isMissing && tried.refuted.has(address);
    found.push(isRefuted ? toErase(part) : finding);
    onBytes(bytesOf(part.runs));
  }
  const findings: Finding[] = [];
  for (const finding of isGuarded ? guarded(found) : found) {
    const isKept = around && finding.fate === 'erased';
    findings.push(isKept ? await withAround(target, reader, finding, around, signal) : finding);
  }
  const massErase = await judgeMassErase(target, reader, findings, { unread, isFull });
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
async function withAround(
  target: Bootloader,
  reader: FlashReader,
  finding: Finding,
  kept: KeptAround,
  signal: AbortSignal,
): Promise<Finding> {
  const { sector, runs } = finding;
  const known = kept.bySector.get(sector.address);
  if (known) return { ...finding, around: known };
  const around: Run[] = [];
  const { erased } = target.behaviour;
  const pieces = (from: number, to: number) =>
    finding.isUnread ? exactly(target, from, to, signal) : reader.pieces(from, to);
  let at = sector.address;
  for (const next of [...runs, { address: sector.address + sector.size, data: new Uint8Array(0) }]) {
    for await (const { address, data } of pieces(at, next.address)) {
      if (data.length === 0) throw nothingRead(address);
      if (!isBlank(data, erased)) around.push({ address, data: data.slice() });
    }
    at = endOf(next);
  }
  kept.bySector.set(sector.address, around);
  return { ...finding, around };
}

/**
 * These bytes and none beside them, because a block holds bytes of the image as well, which may be what cannot be read.
 * @throws BootctlError `flash-unreadable` where they cannot be read either; nothing has been erased then
 */
async function* exactly(target: Bootloader, from: number, to: number, signal: AbortSignal): AsyncGenerator<Run> {
  if (from === to) return;
  const data = await target
    .read(from, to - from, () => {}, signal)
    .catch((error) => {
      throw isBootctlError(error) && error.details.sector !== undefined ? notKept(from, to, error) : error;
    });
  if (data.length < to - from) throw nothingRead(from + data.length);
  yield { address: from, data };
}

const notKept = (from: number, to: number, error: BootctlError): BootctlError =>
  new BootctlError(
    'flash-unreadable',
    `What stands around the image, ${count(to - from, 'byte')} from ${address32(from)} to ${address32(to - 1)}, is to be kept and cannot be read, twice: ${error.message}`,
    {
      details: { address: from, length: to - from },
      hint: 'Nothing was changed. Flash with ECC that a power cut has torn cannot be read until it is erased: without `--keep`, `bootctl flash --full` gives up what stands there.',
      cause: error,
    },
  );
