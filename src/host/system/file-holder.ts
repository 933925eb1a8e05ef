import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that has a file open. */
export interface FileHolder {
  readonly pid: number;
  readonly name: string;
}

const quietly = <T>(promise: Promise<T>, otherwise: T): Promise<T> => promise.catch(() => otherwise);

async function holds(folder: string, file: string): Promise<boolean> {
  const descriptors = await quietly(readdir(join(folder, 'fd')), []);
  for (const descriptor of descriptors) {
    if ((await quietly(readlink(join(folder, 'fd', descriptor)), '')) === file) return true;
  }
  return false;
}

const processName = async (folder: string): Promise<string> =>
  (await quietly(readFile(join(folder, 'comm'), 'utf8'), '')).trim();

/**
 * Processes that have `path` open, as far as this user may see: without rights only the user's own (proc(5)).
 * Empty if there is no procfs.
 */
export async function findHolders(path: string, proc = '/proc'): Promise<readonly FileHolder[]> {
  const file = await quietly(realpath(path), path);
  const found: FileHolder[] = [];
  for (const entry of await quietly(readdir(proc), [])) {
    if (!/^\d+$/.test(entry)) continue;
    const folder = join(proc, entry);
    if (await holds(folder, file)) found.push({ pid: Number(entry), name: await processName(folder) });
  }
  return found;
}

/** Device number as the kernel prints it, `major:minor` in hex (linux/kdev_t.h, fs/locks.c). */
function deviceNumber(device: number): string {
  const parts = [(device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)];
  return parts.map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/**
 * The process that has an exclusive flock(2) on `path`, as serialport and many terminals take it. Every user may read
 * the lock list. The check comes before opening, which would assert both lines under the other program.
 */
export async function findLockHolder(path: string, proc = '/proc'): Promise<FileHolder | undefined> {
  const file = await quietly(stat(path), undefined);
  if (file === undefined) return undefined;
  const id = `${deviceNumber(file.dev)}:${file.ino}`;
  for (const line of (await quietly(readFile(join(proc, 'locks'), 'utf8'), '')).split('\n')) {
    // 1: FLOCK  ADVISORY  WRITE 812 00:05:395 0 EOF (proc_locks(5)); `1: -> FLOCK` only waits for one
    const [, pid, inode] = /^\d+: FLOCK +ADVISORY +WRITE +([1-9]\d*) +(\S+)/.exec(line) ?? [];
    if (inode === id) return { pid: Number(pid), name: await processName(join(proc, String(pid))) };
  }
  return undefined;
}

/** True when a process of this name runs; names are cut to 15 characters by the kernel (proc(5), comm). */
export async function isRunning(name: string, proc = '/proc'): Promise<boolean> {
  for (const entry of await quietly(readdir(proc), [])) {
    if (/^\d+$/.test(entry) && (await processName(join(proc, entry))) === name.slice(0, 15)) return true;
  }
  return false;
}

/** `minicom (pid 812)`, or several of them; undefined for none. */
export const nameHolders = (holders: readonly FileHolder[]): string | undefined =>
  holders.length === 0 ? undefined : holders.map(({ pid, name }) => `${name || 'a process'} (pid ${pid})`).join(', ');
