import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { FlashCondition, KeptReason, KeptReport } from '../job/events.ts';
import type { Job } from '../job/job.ts';
import type { SectorPart } from './finding.ts';
import { partsOf } from './flash-plan.ts';
import type { FlashReader } from './flash-reader.ts';
import type { KeptFile, KeptFiles, KeptFrom } from './keep-files.ts';
import { bytesOf, endOf, isBlank, outside, partOf, type Run } from './runs.ts';
import { isProvable, type SameBoard, sameBoard } from './same-board.ts';

/** A file of an interrupted job. `open`: the sectors whose bytes were not seen in the flash yet. */
interface Earlier extends KeptFile {
  readonly open: Map<number, readonly Run[]>;
  /** Why they were not put back, by the addresses of sectors that were looked at. */
  readonly reasons: Map<number, KeptReason>;
}

/** Reader of the flash, and the value of blank flash. */
export interface KeptLook {
  readonly reader: Pick<FlashReader, 'pieces'>;
  readonly erased: number;
  /** A part of the flash is unreadable, as after a power cut. A new board's flash is not. */
  readonly isTorn: boolean;
}

/**
 * Bytes around the image in the sectors that it shares. They must survive the erase of these sectors. They are kept if
 * the bootloader is lost during the job. A file keeps them in case the job does not finish.
 */
export class KeptAround {
  /** Bytes outside the image before the erase, without blank ones, by the addresses of sectors. */
  readonly bySector = new Map<number, readonly Run[]>();
  readonly #report: Job['report'];
  readonly #files: KeptFiles | undefined;
  readonly #from: KeptFrom;
  readonly #told = new Set<string>();
  /** Sectors whose bytes are in a file. */
  readonly #saved = new Set<number>();
  #earlier: readonly Earlier[] = [];
  /** The files of this job. */
  #own: readonly Omit<KeptReport, 'reason'>[] = [];
  #sectors: readonly Sector[] = [];

  constructor(report: Job['report'], from: KeptFrom, files?: KeptFiles) {
    this.#report = report;
    this.#from = from;
    this.#files = files;
  }

  /** Looks for files of interrupted jobs, except the file that is `restored` anyway. `sectors` are all of the flash. */
  async open(sectors: readonly Sector[], restored?: string): Promise<void> {
    this.#sectors = sectors;
    const files = (await this.#files?.find(this.#from)) ?? [];
    const others = files.filter(({ path }) => path !== restored);
    this.#earlier = others.map((file) => {
      const parts = partsOf(sectors, file.runs).filter(({ runs }) => runs.length > 0);
      const open = new Map(parts.map(({ sector, runs }) => [sector.address, runs]));
      return { ...file, open, reasons: new Map() };
    });
  }

  /**
   * The sector cannot be read, as after an interrupted job. The bytes that this job saved are put back if the board is
   * proven to be the same. Unreadable flash is not that of a new board.
   */
  giveBack({ sector: { address }, runs }: SectorPart): void {
    const earlier = this.bySector.has(address) ? undefined : this.#earlier.find(({ open }) => open.has(address));
    if (!earlier) return;
    const verdict = sameBoard(earlier.from, this.#from);
    if (verdict === 'other' || verdict === 'unknown') {
      this.#noteUnproven(earlier, address, verdict);
      return;
    }
    this.#note(`${earlier.path} holds what stood around the image in a sector that cannot be read: it is put back`);
    this.bySector.set(address, outside(earlier.open.get(address)!, runs));
    this.#saved.add(address);
    earlier.open.delete(address);
  }

  /**
   * Keeps the bytes that an interrupted job saved of this sector, on two conditions. The board is proven to be the
   * same. The flash is in a state between erased and those bytes. Other content is not overwritten. `runs` are the
   * bytes of the image. Resolves with true if there were saved bytes.
   */
  async recall({ sector: { address }, runs }: SectorPart, look: KeptLook): Promise<boolean> {
    if (this.bySector.has(address)) return false;
    for (const file of this.#earlier) {
      const saved = file.open.get(address);
      if (!saved) continue;
      const around = outside(saved, runs);
      const state = await stateOf(look, around);
      if (state === 'other' || !(await this.#isProven(file, address, state, look))) continue;
      file.open.delete(address);
      if (state === 'in-place' || this.bySector.has(address)) continue;
      this.#note(`${file.path} holds what stood around the image before a job was interrupted: it is put back`);
      this.bySector.set(address, around);
      this.#saved.add(address);
    }
    return this.bySector.has(address);
  }

  /** Keeps these bytes of a sector from now on. */
  keep({ address }: Sector, runs: readonly Run[]): void {
    this.bySector.set(address, runs);
    this.#saved.delete(address);
  }

  /** Call it before anything is erased. @throws BootctlError `image-unwritable` if the bytes cannot be saved */
  async save(): Promise<void> {
    const unsaved = [...this.bySector].filter(([address]) => !this.#saved.has(address));
    const runs = unsaved.flatMap(([, one]) => one);
    if (runs.length > 0 && this.#files) {
      const path = await this.#files.save(this.#from, runs);
      const own = { path, bytes: bytesOf(runs), isProvable: isProvable(this.#from) };
      this.#own = [...this.#own, own];
      this.#note(`the bytes around the image are saved in ${path} until the flash holds it again`);
    }
    for (const [address] of unsaved) this.#saved.add(address);
  }

  /** The flash was read and holds all bytes of this job. Files with bytes that were not seen there stay. */
  async forget(): Promise<void> {
    for (const { path } of this.#own) await this.#files?.remove(path);
    for (const { path, open } of this.#earlier) {
      if (open.size === 0) await this.#files?.remove(path);
      else this.#note(`${path} stays: the flash does not hold all of its bytes, or not provably on the same board`);
    }
    this.#own = [];
    this.#earlier = this.#earlier.filter(({ open }) => open.size > 0);
    this.bySector.clear();
    this.#saved.clear();
  }

  /** Nothing was erased. The saved bytes of this job are still in the flash, and a later job must not find the file. */
  async discard(): Promise<void> {
    for (const { path } of this.#own) await this.#files?.remove(path);
    this.#own = [];
    this.#saved.clear();
  }

  /** The files with bytes that were not seen in the flash. */
  left(condition: FlashCondition): readonly KeptReport[] {
    const written: KeptReason = condition === 'written, not verified' ? 'not-read-back' : 'cut';
    const waiting = this.#earlier.map((file) => ({
      path: file.path,
      bytes: bytesOf(file.open.size > 0 ? [...file.open.values()].flat() : file.runs),
      reason: reasonOf(file) ?? written,
      isProvable: isProvable(this.#from),
    }));
    return [...this.#own.map((own) => ({ ...own, reason: written })), ...waiting];
  }

  async #isProven(file: Earlier, address: number, state: 'in-place' | 'lost', look: KeptLook): Promise<boolean> {
    const verdict = sameBoard(file.from, this.#from);
    if (verdict === 'same') return true;
    if (verdict === 'same-if-used' && !(await isWhollyBlank(look, this.#sectors))) return true;
    if (state === 'lost') this.#noteUnproven(file, address, verdict);
    else file.reasons.set(address, 'in-place');
    return false;
  }

  #noteUnproven(file: Earlier, address: number, verdict: SameBoard): void {
    const { path } = file;
    const isOther = verdict === 'other';
    file.reasons.set(address, isOther ? 'other-board' : 'not-proven');
    const why = isOther ? 'it was taken from another board' : 'nothing proves that this is the board it was taken from';
    this.#note(`${path} is not put back: ${why}; if it is, add --restore ${path}`);
  }

  /** Once a job. */
  #note(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#report({ event: 'note', message });
  }
}

/** The most informative reason of all sectors that are still open. */
function reasonOf({ open, reasons }: Earlier): KeptReason | undefined {
  const all = new Set([...open.keys()].map((address) => reasons.get(address) ?? 'other-content'));
  return mostTelling.find((reason) => all.has(reason));
}
const mostTelling: readonly KeptReason[] = ['other-board', 'not-proven', 'other-content', 'in-place'];

/** Whether the flash holds these bytes, is on its way to them, or holds others. */
async function stateOf({ reader, erased }: KeptLook, runs: readonly Run[]): Promise<'in-place' | 'lost' | 'other'> {
  let state: 'in-place' | 'lost' = 'in-place';
  for (const run of runs) {
    for await (const { address, data: found } of reader.pieces(run.address, endOf(run))) {
      const wanted = partOf(run, address, address + found.length).data;
      if (found.length === 0 || !found.every((byte, index) => mayBecome(byte, wanted[index]!, erased))) return 'other';
      if (Buffer.compare(found, wanted) !== 0) state = 'lost';
    }
  }
  return state;
}

/** Erasing and programming each move bits one way only. */
const mayBecome = (found: number, wanted: number, erased: number): boolean =>
  erased === 0xff ? (found & wanted) === wanted : (found | wanted) === wanted;

/** As a new board's flash is. */
async function isWhollyBlank({ reader, erased, isTorn }: KeptLook, sectors: readonly Sector[]): Promise<boolean> {
  if (isTorn) return false;
  for (const { address, size } of sectors) {
    for await (const { data } of reader.pieces(address, address + size)) {
      if (!isBlank(data, erased)) return false;
    }
  }
  return true;
}
