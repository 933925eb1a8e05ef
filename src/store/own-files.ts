import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFile } from './new-file.ts';
import { isOwn, ownFolder, type User } from './own-folder.ts';
import { replaceFile } from './replace-file.ts';

/** Permission bits of the group and of all others (inode(7)). */
const ofOthers = 0o077;

/** Where a secret lies in the state folder: in a folder that is made here and that no other user can read. */
export const ownPlace = (stateFolder: string, folder: string, name: string, user: User = process): string =>
  join(ownFolder(join(stateFolder, folder), user), name);

/** Writes a secret that is not there yet. @throws an error with the code EEXIST where it is there */
export const newOwnFile = (path: string, text: string): Promise<void> => newFile(path, text, 0o600);

/** Writes a secret, or another one in its place. */
export async function setOwnFile(path: string, text: string): Promise<void> {
  await newOwnFile(path, text).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    return replaceFile(path, text);
  });
}

/** A secret; undefined where there is none. @throws an error where it is of another user, or others may read it */
export function readOwnFile(path: string, user: User = process): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!isOwn(path, user)) throw new Error(`${path} belongs to another user (uid ${found.uid})`);
  if (user.platform !== 'win32' && found.isFile() && (found.mode & ofOthers) !== 0)
    throw new Error(`others may read ${path}; \`chmod 600 ${path}\` ends that, if nobody has`);
  return readFileSync(path, 'utf8');
}
