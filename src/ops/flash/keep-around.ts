import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Job } from '../job.ts';
import { type BlankUnit, compareRuns } from './compare-runs.ts';
import type { SectorPart } from './finding.ts';
import type { FlashReader } from './flash-reader.ts';
import { partsOf } from './flash-work.ts';
import { endOf, outside, partOf, type Run } from './runs.ts';

/** Which target bytes were taken from: the best that is known, as no ROM tells its unique id. */
export interface KeptFrom {
  readonly profile: string;
  /** USB path, or port. */
  readonly place: string;
  readonly serialNumber?: string | undefined;
}

/** Bytes in a file that outlives this process. */
export interface KeptFile {
  readonly path: string;
  readonly runs: readonly Run[];
}

/** Where bytes wait while the flash does not hold them. */
export interface KeptFiles {
  /** What interrupted jobs have left of this target. */
  find(from: KeptFrom): Promise<readonly KeptFile[]>;
  /** Resolves with the path when they are on the disk; no file is overwritten. @throws BootctlError `image-unwritable` */
  save(from: KeptFrom, runs: readonly Run[]): Promise<string>;
  remove(path: string): Promise<void>;
}

/** A file of an interrupted job; `open` are the sectors of which it is not known yet that the flash will hold its bytes. */
interface Earlier extends KeptFile {
  readonly open: Map<number, readonly Run[]>;
}

/** What stands around the image in the sectors that it shares, and must survive their erase. */
export class KeptAround {
  /** What is to be written back, by the addresses of sectors; it outlives a bootloader that is lost. */
  readonly bySector = new Map<number, readonly Run[]>();
  readonly #report: Job['report'];
  readonly #files: KeptFiles | undefined;
  readonly #from: KeptFrom;
  #earlier: readonly Earlier[] = [];
  /** The file of this job, and how many sectors are in it. */
  #own: { readonly path: string; readonly sectors: number } | undefined;

  constructor(report: Job['report'], from: KeptFrom, files?: KeptFiles) {
    this.#report = report;
    this.#from = from;
    this.#files = files;
  }

  /** Looks for what interrupted jobs have left; `sectors` are all of the flash. */
  async open(sectors: readonly Sector[]): Promise<void> {
    const files = (await this.#files?.find(this.#from)) ?? [];
    this.#earlier = files.map((file) => {
      const parts = partsOf(sectors, file.runs).filter(({ runs }) => runs.length > 0);
      return { ...file, open: new Map(parts.map(({ sector, runs }) => [sector.address, runs])) };
    });
  }

  /**
   * The sector cannot be read, as an interrupted job leaves it: what that job has saved of it is put back.
   */
  giveBack({ sector: { address }, runs }: SectorPart): void {
    const earlier = this.bySector.has(address) ? undefined : this.#earlier.find(({ open }) => open.has(address));
    if (!earlier) return;
    this.#note(`${earlier.path} holds what stood around the image in a sector that cannot be read: it is put back`);
    this.bySector.set(address, outside(earlier.open.get(address)!, runs));
    earlier.open.delete(address);
  }

  /**
   * What the flash has lost of the bytes that are saved of this sector: the units that are blank, or `erase` where they
   * are half written. Of an interrupted job's bytes what stands there must be on its way from erased to them; anything
   * else is another content, and theirs no longer.
   */
  async lostIn(
    reader: FlashReader,
    { sector: { address }, runs }: SectorPart,
    blank: BlankUnit,
  ): Promise<readonly Run[] | 'erase'> {
    for (const { path, open } of this.bySector.has(address) ? [] : this.#earlier) {
      const saved = open.get(address);
      if (!saved) continue;
      const around = outside(saved, runs);
      const state = await stateOf(reader, around, blank.erased);
      if (state !== 'other') open.delete(address);
      if (state !== 'lost') continue;
      this.#note(`${path} holds what stood around the image before a job was interrupted: it is put back`);
      this.bySector.set(address, around);
    }
    const { missing } = await compareRuns(reader, this.bySector.get(address) ?? [], blank);
    return missing ?? 'erase';
  }

  /** To be called before anything is erased. @throws BootctlError `image-unwritable` where they cannot be saved */
  async save(): Promise<void> {
    const runs = [...this.bySector.values()].flat();
    if (runs.length === 0 || !this.#files || this.#own?.sectors === this.bySector.size) return;
    const path = await this.#files.save(this.#from, runs);
    const superseded = [...(this.#own ? [this.#own] : []), ...this.#earlier.filter(({ open }) => open.size === 0)];
    this.#own = { path, sectors: this.bySector.size };
    for (const { path } of superseded) await this.#files.remove(path);
    this.#note(`what stands around the image is saved in ${path} until the flash holds it again`);
  }

  /** The flash holds everything again: only what did not belong here stays. */
  async forget(): Promise<void> {
    if (this.#own) await this.#files?.remove(this.#own.path);
    for (const { path, open } of this.#earlier) {
      if (open.size === 0) await this.#files?.remove(path);
      else
        this.#note(
          `${path} stays: the flash does not hold all of its bytes, or something else instead; it can be flashed like an image`,
        );
    }
    this.#own = undefined;
    this.#earlier = [];
  }

  #note(message: string): void {
    this.#report({ event: 'note', message });
  }
}

/** Whether the flash holds these bytes, is on its way to them, or holds others. */
async function stateOf(
  reader: FlashReader,
  runs: readonly Run[],
  erased: number,
): Promise<'in-place' | 'lost' | 'other'> {
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
