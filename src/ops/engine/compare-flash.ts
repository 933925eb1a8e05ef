import type { Bootloader, OnBytes } from '../../../machines/bootloader.ts';
import { type BlankUnit, compareRuns } from './compare-runs.ts';
import { type Coverage, unitOf } from './coverage.ts';
import { ExactReader } from './exact-reader.ts';
import type { Finding, SectorPart } from './finding.ts';
import { type FlashPlan, guarded, partsOf, planFlash } from './flash-plan.ts';
import { FlashReader } from './flash-reader.ts';
import type { KeptAround } from './keep-around.ts';
import { besideIn, completed, type Keeping, takeAround } from './keep-sector.ts';
import { judgeMassErase } from './mass-erase.ts';
import { bytesOf, joined, outside, type Run } from './runs.ts';
import { erasedTogether, widened } from './wide-erase.ts';

export interface CompareOptions {
  /** Keeps the bytes around the image in its sectors, even if the bootloader is lost in between. */
  readonly around?: KeptAround | undefined;
  /** Erase and write every sector of the image, even an equal one. */
  readonly full?: boolean | undefined;
  /** Sectors that could not be read: they are erased unread. */
  readonly unread?: readonly number[] | undefined;
  readonly tried: Tried;
  /** Rely on no guess that may be wrong. */
  readonly isCautious?: boolean | undefined;
}

/** Work of a job's first try, by the addresses of sectors. */
export interface Tried {
  /** The erase was sent. The present content decides what is left to do, even in a full job. */
  readonly erased: Set<number>;
  /**
   * Blank units were programmed, and did not take it: they had been programmed with 0xFF before, or the flash is weak.
   */
  readonly refuted: Set<number>;
  /** Runs that were held back. They do not describe the state of their sector. */
  waiting: readonly Run[];
}

/** Finds out what each sector of the plan needs. The comparison of a sector ends at its first difference. */
export async function compareFlash(
  bootloader: Bootloader,
  coverage: Coverage,
  { around, full = false, unread = [], tried, isCautious }: CompareOptions,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<FlashPlan> {
  const reader = new FlashReader(bootloader, signal);
  const { erased, programsAtOnce } = bootloader.behaviour;
  const blank = { erased, unit: programsAtOnce };
  const unit = unitOf(bootloader.behaviour);
  const keeping = around && {
    around,
    look: { reader: new FlashReader(bootloader, signal, { isChecked: true }), erased, unit, isTorn: unread.length > 0 },
  };
  const found: Finding[] = [];
  const mayErase = keeping && bootloader.behaviour.mayErase;
  const sectors = widened(coverage.sectors, bootloader.layout.sectors, mayErase);
  for (const own of partsOf(sectors, keeping ? coverage.image : coverage.runs)) {
    const { address } = own.sector;
    const isUnread = unread.includes(address) && !tried.erased.has(address);
    const isTaken = isUnread || (full && !tried.erased.has(address));
    if (isUnread) around?.giveBack(own);
    const known = isUnread ? undefined : keeping;
    const part = known ? await completed(known, own) : own;
    const compared = isTaken ? { ...toErase(part), isUnread } : await compareSector(reader, part, blank);
    const finding = known ? await withLost(compared, known, reader, blank) : compared;
    const isMissing = outside(finding.missing, tried.waiting).length > 0;
    found.push(isMissing && tried.refuted.has(address) ? toErase(part) : finding);
    onBytes(bytesOf(part.runs));
  }
  const findings: Finding[] = [];
  for (const finding of erasedTogether(guarded(found), mayErase)) {
    const isKept = keeping && finding.fate === 'erased';
    findings.push(isKept ? await withAround(bootloader, finding, keeping, coverage, signal) : finding);
  }
  const massErase = await judgeMassErase(bootloader, reader, findings, { unread, full });
  const lastPiece = isCautious ? unit : programsAtOnce;
  const { layout, transferSize: block } = bootloader;
  return planFlash(findings, { layout, block, erased, massErase, lastPiece });
}

const toErase = ({ sector, runs }: SectorPart): Finding => ({ sector, runs, fate: 'erased', missing: [] });

/** Together with the bytes around it that the flash has lost. */
async function withLost(
  finding: Finding,
  { around }: Keeping,
  reader: FlashReader,
  blank: BlankUnit,
): Promise<Finding> {
  if (finding.fate === 'erased') return finding;
  const beside = besideIn(around, finding);
  const { missing: lost } = await compareRuns(reader, beside, blank);
  if (!lost) return toErase(finding);
  if (lost.length === 0) return finding;
  return { ...finding, fate: 'filled', missing: joined([...finding.missing, ...lost]), around: beside };
}

/** A sector that will be erased, with the bytes around the image in it. */
async function withAround(
  bootloader: Bootloader,
  finding: Finding,
  { around, look }: Keeping,
  { image }: Coverage,
  signal: AbortSignal,
): Promise<Finding> {
  const [own] = partsOf([finding.sector], image);
  const reader = finding.isUnread ? new ExactReader(bootloader, signal) : look.reader;
  const keeping = { around, look: { ...look, reader } };
  await takeAround(keeping, own!);
  const { runs } = await completed(keeping, own!);
  return { ...finding, runs, around: besideIn(around, { ...finding, runs }) };
}

async function compareSector(reader: FlashReader, part: SectorPart, blank: BlankUnit): Promise<Finding> {
  const { missing, differsAt } = await compareRuns(reader, part.runs, blank);
  if (!missing) return { ...toErase(part), ...(differsAt === undefined ? {} : { differsAt }) };
  return { ...part, fate: missing.length > 0 ? 'filled' : 'kept', missing };
}
