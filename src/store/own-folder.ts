import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The user of the process, if the system has user ids. */
export type User = Pick<NodeJS.Process, 'platform'> & Partial<Pick<NodeJS.Process, 'geteuid'>>;

/** Permission bits of the group and of all others, and of those the right to write; the sticky bit (inode(7)). */
const ofOthers = 0o077;
const writableByOthers = 0o022;
const sticky = 0o1000;

/** Windows has neither numeric owners nor modes. Files below the user's own folders belong to the user by their ACL. */
const uidOf = ({ platform, geteuid }: User): number | undefined => (platform === 'win32' ? undefined : geteuid?.());

/**
 * A folder of this user with mode 0700, made if it is missing. A looser mode is tightened. A link and a folder of
 * another user are refused, because the owner of a folder decides what lies in it. Returns its real path.
 */
export function ownFolder(path: string, user: User): string {
  makeFolders(path);
  const uid = uidOf(user);
  if (uid === undefined) return path;
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`);
  if (found.uid !== uid) throw new Error(`${path} belongs to another user (uid ${found.uid})`);
  if ((found.mode & ofOthers) !== 0) chmodSync(path, 0o700);
  return join(realpathSync(dirname(path)), basename(path));
}

/**
 * Makes the folders of a path that are missing. Node's own `recursive` never ends where the system answers ENOENT below
 * a folder that exists, as /proc does (seen with Node 22.23).
 */
function makeFolders(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * A folder from which code may be run: `ownFolder`, but a folder to which others could write is refused, because their
 * files would stay in it. No other user can replace it either. Each folder above belongs to this user or root, and no
 * other user may write to it, unless the sticky bit protects the files of others, as in /tmp.
 */
export function ownCodeFolder(path: string, user: User): string {
  const uid = uidOf(user);
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (uid !== undefined && before && isWritableByOthers(before)) throw new Error(`others may write to ${path}`);
  const real = ownFolder(path, user);
  if (uid === undefined) return real;
  for (let above = dirname(real); ; above = dirname(above)) {
    const found = lstatSync(above);
    if (found.uid !== uid && found.uid !== 0) throw new Error(`${above} belongs to another user (uid ${found.uid})`);
    if (isWritableByOthers(found) && (found.mode & sticky) === 0) throw new Error(`others may write to ${above}`);
    if (above === dirname(above)) return real;
  }
}

const isWritableByOthers = ({ mode }: Stats): boolean => (mode & writableByOthers) !== 0;

/** Whether a file or folder belongs to this user. A file of another user must not be trusted. */
export function isOwn(path: string, user: User): boolean {
  const uid = uidOf(user);
  return uid === undefined || lstatSync(path, { throwIfNoEntry: false })?.uid === uid;
}
