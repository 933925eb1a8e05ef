import { BootctlError } from '../base/errors.ts';
import { ownPlace, readOwnFile, setOwnFile } from '../store/own-files.ts';

/** Files of logins in the state folder, for this user alone. `folder`: below it. */
export class LoginFiles<Content> {
  readonly #kind: 'station' | 'worker';
  readonly #folder: string;

  constructor(kind: 'station' | 'worker', folder: string) {
    this.#kind = kind;
    this.#folder = folder;
  }

  /** Undefined where this name has not joined from here. @throws BootctlError `fleet-refused` where others may read its file */
  read(stateFolder: string, name: string): Content | undefined {
    try {
      const text = readOwnFile(this.#placeOf(stateFolder, name));
      return text === undefined ? undefined : (JSON.parse(text) as Content);
    } catch (cause) {
      throw new BootctlError('fleet-refused', `The login of ${this.#kind} ${name}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Returns its path. @throws BootctlError `output-unwritable` */
  async write(stateFolder: string, name: string, login: Content): Promise<string> {
    const path = this.#placeOf(stateFolder, name);
    await setOwnFile(path, `${JSON.stringify(login, null, 2)}\n`).catch((cause: Error) => {
      throw new BootctlError('output-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
    });
    return path;
  }

  #placeOf(stateFolder: string, name: string): string {
    return ownPlace(stateFolder, this.#folder, `${name}.json`);
  }
}
