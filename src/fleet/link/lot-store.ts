import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { type Jig, readJig } from '../../jig/plan/read-jig.ts';
import { type FleetLot, fleetLots, keepFleetLots } from '../../records/fleet-state.ts';
import type { OpenRecords } from '../../records/open-records.ts';
import { ownFolder } from '../../store/own-folder.ts';
import { type LotDefinition, mergedJig, type Signer, verifiedDefinition } from '../lot/definition.ts';
import type { LotRow } from './centre-talk.ts';

/** Where the lots of a station lie, and what they are joined with. */
export interface LotPlace {
  /** Of this station alone; definitions, images and programs of its lots lie in it. */
  readonly folder: string;
  /** Whose lots are run. */
  readonly signers: readonly Signer[];
  /** The station's own jig.yaml, parsed, and the folder that it lies in. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly ownFolder: string;
}

export interface LotStoreSpec extends LotPlace {
  readonly records: OpenRecords;
}

/** The lots of a station: what the centre has said of them, and their files. What cannot be verified is never run. */
export class LotStore {
  /** How often the lots have been fetched. */
  fetched = 0;
  readonly #spec: LotStoreSpec;

  constructor(spec: LotStoreSpec) {
    this.#spec = spec;
  }

  /** In the order in which they are made. */
  get lots(): readonly FleetLot[] {
    return this.#spec.records.transaction(fleetLots);
  }

  /** The state of each is kept first, so that a lot that was stopped stops also where files cannot be fetched. */
  async keep(rows: readonly LotRow[], fetchImage: (sha256: string) => Promise<Uint8Array>): Promise<void> {
    const lots = rows.map(lotOf);
    this.#spec.records.transaction((sqlite) => keepFleetLots(sqlite, lots));
    for (const lot of lots) if (lot.state !== 'closed') await this.#fetch(lot, fetchImage);
    this.fetched++;
  }

  /** @throws BootctlError as `jigOfLot` */
  jigOf(lot: FleetLot): Promise<Jig> {
    return jigOfLot(lot, this.#spec);
  }

  /** What cannot be verified is not fetched; that it cannot is said when it is to be made. */
  async #fetch(lot: FleetLot, fetchImage: (sha256: string) => Promise<Uint8Array>): Promise<void> {
    const files = this.#filesOf(lot);
    const folder = folderOf(lot, this.#spec);
    for (const file of files) {
      if (sha256Of(join(folder, file.name)) === file.sha256) continue;
      const content = await fetchImage(file.sha256).catch(noneThere);
      if (content && sha256Hex(content) === file.sha256) put(join(folder, file.name), content);
    }
  }

  #filesOf(lot: FleetLot): readonly LotFile[] {
    try {
      return filesOf(verified(lot, this.#spec));
    } catch (error) {
      if (isBootctlError(error)) return [];
      throw error;
    }
  }
}

/**
 * What the station makes of this lot, from the files here.
 * @throws BootctlError `lot-unverified`, `lot-incomplete`, `fleet-newer`; `jig-invalid` where the station's own jig.yaml does not fit it
 */
export async function jigOfLot(lot: FleetLot, place: LotPlace): Promise<Jig> {
  const definition = verified(lot, place);
  const folder = folderOf(lot, place);
  for (const file of filesOf(definition)) refuseOther(lot.id, file, sha256Of(join(folder, file.name)));
  const text = mergedJig(place.own, definition, place.ownFolder);
  const path = join(folder, 'jig.yaml');
  writeFileSync(join(folder, `${definition.profile.name}.yaml`), definition.profile.text);
  writeFileSync(path, text);
  for (const { name } of definition.programs) chmodSync(join(folder, name), 0o700);
  return readJig(text, path);
}

const verified = ({ id, definition, signature, signer }: FleetLot, { signers }: LotPlace): LotDefinition =>
  verifiedDefinition(id, { text: definition, signature, signer }, signers);

/** A definition never changes: each has its own. */
const folderOf = ({ definition }: FleetLot, { folder }: LotPlace): string =>
  ownFolder(join(folder, sha256Hex(definition).slice(0, 32)), process);

/** A file that the centre does not have is no reason to send it no records: the lot is not whole, and that is said. */
function noneThere(error: unknown): undefined {
  if (!isBootctlError(error, 'lot-unknown')) throw error;
}

interface LotFile {
  readonly name: string;
  readonly sha256: string;
}

const filesOf = ({ images, programs }: LotDefinition): readonly LotFile[] => [...images, ...programs];

function refuseOther(lot: string, { name, sha256 }: LotFile, found: string | undefined): void {
  if (found === undefined) throw new BootctlError('lot-incomplete', `Lot ${lot} is not whole here: ${name} is missing`);
  if (found !== sha256)
    throw new BootctlError('lot-unverified', `Lot ${lot} is not run: ${name} is not the file that was signed`);
}

/** Undefined where there is none. */
function sha256Of(path: string): string | undefined {
  try {
    return sha256Hex(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: the disk may be full. */
function put(path: string, content: Uint8Array): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const lotOf = ({ lease_seconds, held_by, ...row }: LotRow): FleetLot => ({
  ...{ id: row.id, definition: row.definition, signature: row.signature, signer: row.signer, state: row.state },
  ...{ lease: lease_seconds * 1000, heldBy: held_by },
});
