import { join } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import { ownPlace, readOwnFile, setOwnFile } from '../store/own-files.ts';
import type { Login } from './join.ts';

/** What `bootctl fleet join --worker` leaves at a computer with boards. */
export interface WorkerLogin extends Login {
  /** Address without user and password. */
  readonly database: string;
}

/** Undefined where the worker has not joined from here. @throws BootctlError `fleet-refused` where others may read its file */
export function readWorkerLogin(stateFolder: string, worker: string): WorkerLogin | undefined {
  try {
    const text = readOwnFile(placeOf(stateFolder, worker));
    return text === undefined ? undefined : (JSON.parse(text) as WorkerLogin);
  } catch (cause) {
    throw new BootctlError('fleet-refused', `The login of worker ${worker}: ${(cause as Error).message}`, { cause });
  }
}

/** Returns its path. @throws BootctlError `output-unwritable` */
export async function writeWorkerLogin(stateFolder: string, worker: string, login: WorkerLogin): Promise<string> {
  const path = placeOf(stateFolder, worker);
  await setOwnFile(path, `${JSON.stringify(login, null, 2)}\n`).catch((cause: Error) => {
    throw new BootctlError('output-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
  });
  return path;
}

/** Beside the stations, which may have the same names. */
const placeOf = (stateFolder: string, worker: string): string =>
  ownPlace(stateFolder, join('fleet', 'workers'), `${worker}.json`);
