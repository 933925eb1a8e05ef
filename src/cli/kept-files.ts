import { readdirSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BootctlError } from '../errors.ts';
import { readImage } from '../image/load-image.ts';
import { makeImage } from '../image/make-image.ts';
import { writeIntelHex } from '../image/write-records.ts';
import type { KeptFile, KeptFiles, KeptFrom } from '../ops/flash/keep-around.ts';
import type { CliContext } from './context.ts';
import { isOwn, ownFolder, type User } from './own-folder.ts';

/**
 * Intel HEX files, one for each interrupted job: a person can look into them, and flash them like an image. They hold what
 * a flash held, keys as well, and what is put back from them is run: they are read and written by their owner alone.
 */
export function keptFiles(
  { stateFolder, cwd }: Pick<CliContext, 'stateFolder' | 'cwd'>,
  isSimulated: boolean,
  user: User = process,
): KeptFiles {
  const folder = stateFolder ?? cwd;
  // The current folder is the person's, with a mode of the person's choice.
  const place = { folder, prepare: () => void (stateFolder === undefined || ownFolder(stateFolder, user)) };
  const prefix = `kept-${isSimulated ? 'simulated-' : ''}`;
  return {
    find: async (from) => {
      const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
      const own = names.filter((name) => isOf(name, prefix + stemOf(from)) && isOwn(join(folder, name), user)).sort();
      const files = await Promise.all(own.map((name) => readKept(join(folder, name))));
      return files.flatMap((file) => file ?? []);
    },
    save: async (from, runs) => {
      const segments = runs.map(({ address, data }) => ({ address, data, origin: 'kept' }));
      return writeNew(place, prefix + stemOf(from), writeIntelHex(makeImage('kept', 'intel-hex', { segments })));
    },
    remove: (path) => rm(path, { force: true }),
  };
}

const stemOf = ({ profile, place, serialNumber = '' }: KeptFrom): string =>
  [profile, place, serialNumber].map((part) => part.replace(/[^\w.]+/g, '_')).join('-');

/** `kept-rc-cap-1_2-STM32FxSTM32.hex`, and with a number where there is one already. */
const isOf = (name: string, stem: string): boolean =>
  name.startsWith(`${stem}.`) && /^(\d+\.)?hex$/.test(name.slice(stem.length + 1));

/** A file that was cut while it was written belongs to a job that had erased nothing yet. */
function readKept(path: string): Promise<KeptFile | undefined> {
  return readImage(path).then(
    ({ segments }) => ({ path, runs: segments }),
    () => undefined,
  );
}

/** Where the files go; `prepare` makes it a folder of this user's own, or throws. */
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
    throw new BootctlError('image-unwritable', `What --keep keeps cannot be saved: ${why}`, {
      hint: `Nothing was erased. Make ${folder} your own and writable, or name another place by XDG_STATE_HOME (Windows: LOCALAPPDATA).`,
      cause,
    });
  }
}
