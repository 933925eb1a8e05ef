import type { MemoryLayout, Sector } from '../protocol/dfuse/memory-layout.ts';
import { typicalErase, typicalMassErase, typicalProgram } from '../targets/flash-times.ts';
import type { Milliseconds } from '../units.ts';
import { programUnit, type Run } from './flash-plan.ts';

/** A sector of the plan with what the image has in it. */
export interface SectorPart {
  readonly sector: Sector;
  readonly runs: readonly Run[];
}

/** What a sector was found to need: nothing, programming of blank units, or an erase first. */
export interface Finding extends SectorPart {
  readonly fate: 'kept' | 'filled' | 'erased';
  /** Of a filled one: the blank units that the image wants. */
  readonly missing: readonly Run[];
  /** Of an erased one: where it holds something else. */
  readonly differsAt?: number;
  /** Of an erased one: bytes around the image that are to be put back. */
  readonly around?: readonly Run[];
}

/** The least that has to be done. */
export interface FlashWork {
  readonly findings: readonly Finding[];
  /** The vector table's sector first, so that a job that is cut leaves no half application that starts. */
  readonly erase: readonly Finding[];
  readonly isMassErase: boolean;
  /** The vector table's sector last, its first block at the very end. */
  readonly write: readonly Run[];
  /** What was erased or programmed, and one block of each neighbour that was left alone. */
  readonly verify: readonly Run[];
  readonly writeBytes: number;
  readonly verifyBytes: number;
  /** By the typical times of the flash alone. */
  readonly estimate: Milliseconds;
}

const bytesOf = (runs: readonly Run[]): number => runs.reduce((sum, { data }) => sum + data.length, 0);
const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0xff);
const partOf = ({ address, data }: Run, from: number, to: number): Run => ({
  address: from,
  data: data.subarray(from - address, to - address),
});

/** Runs cut at the borders of sectors. */
export function partsOf(sectors: readonly Sector[], runs: readonly Run[]): readonly SectorPart[] {
  return sectors.map((sector) => {
    const end = sector.address + sector.size;
    const inside = runs
      .filter(({ address, data }) => address < end && sector.address < address + data.length)
      .map((run) => partOf(run, Math.max(run.address, sector.address), Math.min(run.address + run.data.length, end)));
    return { sector, runs: inside };
  });
}

/** Compares a piece of a run, unit by unit: the blank units that are missing, or where something else stands. */
export function comparePiece(
  { address, data }: Run,
  found: Uint8Array,
): { missing: readonly Run[]; differsAt?: number } {
  const missing: Run[] = [];
  for (let offset = 0; offset < data.length; offset += programUnit) {
    const end = Math.min(offset + programUnit, data.length);
    const have = found.subarray(offset, end);
    const want = data.subarray(offset, end);
    if (Buffer.compare(have, want) === 0) continue;
    if (have.length < want.length || !isBlank(have)) return { missing: [], differsAt: address + offset };
    missing.push({ address: address + offset, data: want });
  }
  return { missing: joined(missing) };
}

/** Runs that touch become one. */
export function joined(runs: readonly Run[]): readonly Run[] {
  const result: { address: number; parts: Uint8Array[]; end: number }[] = [];
  for (const { address, data } of [...runs].sort((a, b) => a.address - b.address)) {
    const last = result.at(-1);
    if (last?.end === address) {
      last.parts.push(data);
      last.end += data.length;
    } else result.push({ address, parts: [data], end: address + data.length });
  }
  return result.map(({ address, parts }) => ({ address, data: parts.length === 1 ? parts[0]! : Buffer.concat(parts) }));
}

/** Without whole blocks of 0xFF, which the erase has left there already. */
function withoutBlank(run: Run, block: number): readonly Run[] {
  const pieces: Run[] = [];
  for (let offset = 0; offset < run.data.length; offset += block) {
    const data = run.data.subarray(offset, offset + block);
    if (!isBlank(data)) pieces.push({ address: run.address + offset, data });
  }
  return joined(pieces);
}

export interface WorkOptions {
  readonly layout: MemoryLayout;
  /** Bytes of one transfer. */
  readonly block: number;
  /** Every sector outside the plan is known to be blank, and the ROM's mass erase works. */
  readonly mayMassErase: boolean;
}

/** What to do about the findings, in which order. */
export function workOf(findings: readonly Finding[], { layout, block, mayMassErase }: WorkOptions): FlashWork {
  const vectors = findings.find(({ runs }) => runs.length > 0)?.sector;
  const isVectors = ({ sector }: SectorPart) => sector === vectors;
  const erase = findings.filter(({ fate }) => fate === 'erased');
  const isMassErase = mayMassErase && isWorthMassErase(erase, findings, layout);
  const wanted = (some: readonly Finding[]) =>
    joined(some.flatMap((one) => (one.fate === 'filled' ? one.missing : [...one.runs, ...(one.around ?? [])])));
  const changed = findings.filter(({ fate }) => fate !== 'kept');
  const write = [
    ...wanted(changed.filter((one) => !isVectors(one))).flatMap((run) => withoutBlank(run, block)),
    ...firstBlockLast(
      wanted(changed.filter(isVectors)).flatMap((run) => withoutBlank(run, block)),
      block,
    ),
  ];
  const verify = joined([
    ...changed.flatMap(({ runs, around = [] }) => [...runs, ...around]),
    ...neighbours(findings, block),
  ]);
  const eraseTime = isMassErase ? massEraseTime(layout) : eraseTimeOf(erase);
  const sectorBytes = findings[0]?.sector.size ?? 0;
  return {
    findings,
    erase: [...erase.filter(isVectors), ...erase.filter((one) => !isVectors(one))],
    isMassErase,
    write,
    verify,
    writeBytes: bytesOf(write),
    verifyBytes: bytesOf(verify),
    estimate: eraseTime + typicalProgram(bytesOf(write), sectorBytes),
  };
}

function firstBlockLast(runs: readonly Run[], block: number): readonly Run[] {
  const [first, ...others] = runs;
  if (!first) return [];
  const end = first.address + first.data.length;
  const border = Math.min(first.address + block, end);
  const rest = border < end ? [partOf(first, border, end)] : [];
  return [...rest, ...others, partOf(first, first.address, border)];
}

/** A ROM that names wrong sectors erases more than it was asked for: one block of what was left alone beside it tells. */
function neighbours(findings: readonly Finding[], block: number): readonly Run[] {
  return findings.flatMap(({ fate, runs }, index) => {
    const isBeside = [findings[index - 1], findings[index + 1]].some((other) => other?.fate === 'erased');
    return fate === 'kept' && isBeside && runs[0] ? [{ ...runs[0], data: runs[0].data.subarray(0, block) }] : [];
  });
}

const eraseTimeOf = (some: readonly Finding[]): Milliseconds =>
  some.reduce((sum, { sector }) => sum + typicalErase(sector.size), 0);

const massEraseTime = ({ sectors }: MemoryLayout): Milliseconds =>
  typicalMassErase(
    sectors.reduce((sum, { size }) => sum + size, 0),
    Math.max(...sectors.map(({ size }) => size)),
  );

/** Not where a sector of the plan holds something that stays. */
function isWorthMassErase(erase: readonly Finding[], findings: readonly Finding[], layout: MemoryLayout): boolean {
  return erase.length > 1 && erase.length === findings.length && massEraseTime(layout) < 0.9 * eraseTimeOf(erase);
}

/** Whether it is worth looking if the rest of the flash is blank, which takes `readTime`. */
export function isMassEraseThinkable(
  findings: readonly Finding[],
  layout: MemoryLayout,
  readTime: Milliseconds,
): boolean {
  const erase = findings.filter(({ fate }) => fate === 'erased');
  return isWorthMassErase(erase, findings, layout) && massEraseTime(layout) + readTime < 0.9 * eraseTimeOf(erase);
}
