import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Of the process: who it is, where the system tells that at all. */
export type User = Pick<NodeJS.Process, 'platform'> & Partial<Pick<NodeJS.Process, 'geteuid'>>;

/** Permission bits of the group and of all others, and of those the right to write; the sticky bit (inode(7)). */
const ofOthers = 0o077;
const writableByOthers = 0o022;
const sticky = 0o1000;

/** Windows has neither owners by number nor modes: what lies below the user's own folders is the user's by its ACL. */
const uidOf = ({ platform, geteuid }: User): number | undefined => (platform === 'win32' ? undefined : geteuid?.());

/**
 * A folder of this user's, made where it is missing, with mode 0700. One that is looser is tightened. A link, and a folder
 * that belongs to another user, are refused: whoever owns a folder decides what lies in it. Returns its real path.
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
 * Makes the folders of a path that are missing. Node's own `recursive` never ends where the system answers ENOENT below a
 * folder that exists, as /proc does (seen with Node 22.23).
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
 * A folder from which code may be run: `ownFolder`, but one to which others could write is refused, because what they
 * have left there stays. No other user can replace it either: each folder above belongs to this user or root, and no other
 * user may write to it, or only as in /tmp, where the sticky bit keeps each from renaming what is another's.
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

/** Whether a file or folder is this user's own; a file that another user has put here is not ours to believe. */
export function isOwn(path: string, user: User): boolean {
  const uid = uidOf(user);
  return uid === undefined || lstatSync(path, { throwIfNoEntry: false })?.uid === uid;
}
