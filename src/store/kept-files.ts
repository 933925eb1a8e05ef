import { readdirSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import { writeIntelHex } from '../image/formats/write-records.ts';
import { readImage } from '../image/load-image.ts';
import { makeImage } from '../image/make-image.ts';
import type { KeptFile, KeptFiles, KeptFrom } from '../ops/engine/keep-files.ts';
import { isOwn, ownFolder, type User } from './own-folder.ts';

/** Where kept files lie: in the user's state folder, or in the current folder if the system has none. */
export interface KeptPlace {
  readonly stateFolder?: string | undefined;
  readonly cwd: string;
}

/**
 * Intel HEX files, one for each interrupted job. A person can read them, and flash them like an image. They hold the
 * content of a flash, possibly keys, and restored bytes are executed. Only their owner may read and write them.
 */
export function keptFiles({ stateFolder, cwd }: KeptPlace, isSimulated: boolean, user: User = process): KeptFiles {
  const folder = stateFolder ?? cwd;
  // The current folder is the person's, with a mode of the person's choice.
  const place = { folder, prepare: () => void (stateFolder === undefined || ownFolder(stateFolder, user)) };
  const prefix = `kept-${isSimulated ? 'simulated-' : ''}`;
  return {
    find: async (from) => {
      const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
      const own = names.filter((name) => name.startsWith(prefix) && isOwn(join(folder, name), user));
      const files = await Promise.all(own.sort().map((name) => readKept(folder, name, prefix, from)));
      return files.flatMap((file) => file ?? []);
    },
    save: async (from, runs) => {
      const segments = runs.map(({ address, data }) => ({ address, data, origin: 'kept' }));
      return writeNew(place, prefix + stemOf(from), writeIntelHex(makeImage('kept', 'intel-hex', { segments })));
    },
    remove: async (path) => {
      const isOurs = dirname(path) === folder && basename(path).startsWith(prefix);
      if (isOurs) await rm(path, { force: true });
    },
  };
}

const stemOf = ({ uniqueId, ...from }: KeptFrom): string => {
  const place = placeOf(from);
  return uniqueId === undefined ? place : `${place}-id${uniqueId}`;
};
const placeOf = ({ profile, place, serialNumber = '' }: KeptFrom): string =>
  [profile, place, serialNumber].map((part) => part.replace(/[^\w.]+/g, '_')).join('-');

/**
 * `kept-rc-cap-1_2-STM32FxSTM32.hex`; before the ending follow the unique id of the board as `-id…`, if it is known,
 * and a number, if the name was taken. A file matches a request if the place or the unique id is the same. An
 * incomplete file belongs to a job that had erased nothing yet.
 */
async function readKept(folder: string, name: string, prefix: string, asked: KeptFrom): Promise<KeptFile | undefined> {
  const [, stem = '', uniqueId] = /^(.*?)(?:-id([0-9a-f]{24}))?(?:\.\d+)?\.hex$/.exec(name) ?? [];
  const isSamePlace = stem === prefix + placeOf(asked);
  const isSameId = uniqueId !== undefined && uniqueId === asked.uniqueId;
  if (!stem.startsWith(prefix) || !(isSamePlace || isSameId)) return undefined;
  const path = join(folder, name);
  // At another place only the unique id counts.
  const from = isSamePlace ? { ...asked, uniqueId } : { profile: asked.profile, place: '', uniqueId };
  return readImage(path).then(
    ({ segments }) => ({ path, from, runs: segments }),
    () => undefined,
  );
}

/** Where the files go. `prepare` makes it a folder of this user, or throws. */
interface Place {
  readonly folder: string;
  readonly prepare: () => void;
}

/** Resolves when the bytes are on the disk. @throws BootctlError `image-unwritable` */
async function writeNew({ folder, prepare }: Place, stem: string, bytes: Uint8Array): Promise<string> {
  try {
    prepare();
    for (let number = 1; ; number++) {
      const path = join(folder, `${stem}.${number === 1 ? '' : `${number}.`}hex`);
      const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      if (!file) continue;
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
      return path;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BootctlError('image-unwritable', `The bytes that --keep is to keep cannot be saved: ${why}`, {
      hint: `Nothing was erased. Make ${folder} your own and writable, or name another place by XDG_STATE_HOME (Windows: LOCALAPPDATA).`,
      cause,
    });
  }
}
