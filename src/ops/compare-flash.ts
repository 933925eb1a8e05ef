import { BootctlError } from '../errors.ts';
import type { Sector } from '../protocol/dfuse/memory-layout.ts';
import { address32 } from '../text.ts';
import type { Bootloader, OnBytes } from './bootloader.ts';
import type { FlashPlan, Run } from './flash-plan.ts';
import { FlashReader } from './flash-reader.ts';
import {
  comparePiece,
  type Finding,
  type FlashWork,
  isMassEraseThinkable,
  partsOf,
  type SectorPart,
  workOf,
} from './flash-work.ts';

export interface CompareOptions {
  /** Bytes around the image that are to survive, by sector; what an interrupted job has saved is in it already. */
  readonly around?: Map<number, readonly Run[]> | undefined;
  /** Take every sector for one that has to be erased. */
  readonly isFull?: boolean | undefined;
}

/** A rough figure for one control transfer with its data, ms: only to choose by. */
const transferTime = 1.5;

/** Finds out what each sector of the plan needs: a sector that differs is left at its first difference. */
export async function compareFlash(
  target: Bootloader,
  plan: FlashPlan,
  { around, isFull = false }: CompareOptions,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<FlashWork> {
  const reader = new FlashReader(target, signal);
  const findings: Finding[] = [];
  for (const part of partsOf(plan.sectors, plan.runs)) {
    const finding = isFull ? { ...part, fate: 'erased' as const, missing: [] } : await compareSector(reader, part);
    findings.push(around && finding.fate === 'erased' ? await withAround(reader, finding, around) : finding);
    onBytes(part.runs.reduce((sum, { data }) => sum + data.length, 0));
  }
  const { layout, transferSize: block } = target;
  return workOf(findings, { layout, block, mayMassErase: await mayMassErase(target, reader, findings) });
}

async function compareSector(reader: FlashReader, part: SectorPart): Promise<Finding> {
  const missing: Run[] = [];
  for (const run of part.runs) {
    const end = run.address + run.data.length;
    for (let at = run.address; at < end; ) {
      const found = await reader.piece(at, end);
      if (found.length === 0) return { ...part, fate: 'erased', missing: [] };
      const piece = { address: at, data: run.data.subarray(at - run.address, at - run.address + found.length) };
      const compared = comparePiece(piece, found);
      if (compared.differsAt !== undefined)
        return { ...part, fate: 'erased', missing: [], differsAt: compared.differsAt };
      missing.push(...compared.missing);
      at += found.length;
    }
  }
  return { ...part, fate: missing.length > 0 ? 'filled' : 'kept', missing };
}

/** What stands around the image in a sector that will be erased, without what is blank. */
async function withAround(reader: FlashReader, finding: Finding, saved: Map<number, readonly Run[]>): Promise<Finding> {
  const { sector, runs } = finding;
  const known = saved.get(sector.address);
  if (known) return { ...finding, around: known };
  const around: Run[] = [];
  let at = sector.address;
  for (const next of [...runs, { address: sector.address + sector.size, data: new Uint8Array(0) }]) {
    while (at < next.address) {
      const data = await reader.piece(at, next.address);
      if (data.length === 0) throw new BootctlError('dfu-malformed', `Nothing could be read at ${address32(at)}`);
      if (data.some((byte) => byte !== 0xff)) around.push({ address: at, data: data.slice() });
      at += data.length;
    }
    at = next.address + next.data.length;
  }
  saved.set(sector.address, around);
  return { ...finding, around };
}

/** Only where the flash holds nothing but what the image replaces; looked for only where it could pay. */
async function mayMassErase(target: Bootloader, reader: FlashReader, findings: readonly Finding[]): Promise<boolean> {
  const { layout, behaviour, readSize } = target;
  if (behaviour.massErase === 'never' || findings.some(({ around }) => around)) return false;
  const inPlan = new Set(findings.map(({ sector }) => sector));
  const others = layout.sectors.filter((sector) => !inPlan.has(sector));
  if (layout.sectors.some(({ erasable, writable }) => !erasable || !writable)) return false;
  const readTime = (others.reduce((sum, { size }) => sum + size, 0) / readSize) * transferTime;
  if (!isMassEraseThinkable(findings, layout, readTime)) return false;
  for (const sector of others) if (!(await isBlankSector(reader, sector))) return false;
  return true;
}

async function isBlankSector(reader: FlashReader, { address, size }: Sector): Promise<boolean> {
  for (let at = address; at < address + size; ) {
    const data = await reader.piece(at, address + size);
    if (data.length === 0 || data.some((byte) => byte !== 0xff)) return false;
    at += data.length;
  }
  return true;
}
