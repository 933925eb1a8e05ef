import { BootctlError } from '../base/errors.ts';
import { ownPlace, readOwnFile, setOwnFile } from '../store/own-files.ts';
import type { Signer } from './lot/definition.ts';

/** What `bootctl fleet join` leaves at a station: how it logs in, and whose lots it runs. */
export interface StationLogin {
  /** Address without user and password. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Pinned: a lot that none of them has signed is not run. */
  readonly signers: readonly Signer[];
}

/** Undefined where the station has not joined. @throws BootctlError `fleet-refused` where others may read its file */
export function readStationLogin(stateFolder: string, station: string): StationLogin | undefined {
  try {
    const text = readOwnFile(placeOf(stateFolder, station));
    return text === undefined ? undefined : (JSON.parse(text) as StationLogin);
  } catch (cause) {
    throw new BootctlError('fleet-refused', `The login of station ${station}: ${(cause as Error).message}`, { cause });
  }
}

/** @throws BootctlError `output-unwritable` */
export async function writeStationLogin(stateFolder: string, station: string, login: StationLogin): Promise<string> {
  const path = placeOf(stateFolder, station);
  await setOwnFile(path, `${JSON.stringify(login, null, 2)}\n`).catch((cause: Error) => {
    throw new BootctlError('output-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
  });
  return path;
}

const placeOf = (stateFolder: string, station: string): string => ownPlace(stateFolder, 'fleet', `${station}.json`);
